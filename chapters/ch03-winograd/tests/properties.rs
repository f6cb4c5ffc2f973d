//! Every F(m, r) against the referee, over random shapes.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch03_winograd::{ByTiles, OneTile, Winograd, cook_toom};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Error, Result, Tensor};

// ANCHOR: cases
/// What Winograd takes: any size, padding, batch and groups. Its error is larger than that of the plain sum, up to
/// `tolerance` times.
fn cases<const D: usize>(taps: [usize; D], tolerance: f64) -> Cases<D> {
    let cases = Cases::any().stride_one().no_dilation().kernel(taps);
    Cases { size: 1..=20, count: cases.count.div_ceil(2), exact: false, tolerance, ..cases }
}
// ANCHOR_END: cases

// ANCHOR: exact
/// Additions, subtractions and halves only: integers come out exactly, with `==`.
#[test]
fn f2_3_is_exact_on_integers() {
    Cases { exact: true, ..cases([3, 3], 4.0) }.assert_all(&Winograd::<2>, &Naive);
    Cases { exact: true, ..cases([3], 4.0) }.assert_all(&Winograd::<2>, &Naive);
}

#[test]
fn f4_3() {
    cases([3, 3], 16.0).assert_all(&Winograd::<4>, &Naive);
}
// ANCHOR_END: exact

#[test]
fn tile_by_tile() -> Result<()> {
    let some = |tolerance| Cases { count: 32, size: 1..=9, ..cases([3, 3], tolerance) };
    Cases { exact: true, ..some(4.0) }.assert_all(&ByTiles(OneTile::new(&cook_toom(2, 3)?)), &Naive);
    some(16.0).assert_all(&ByTiles(OneTile::new(&cook_toom(4, 3)?)), &Naive);
    Ok(())
}

#[test]
fn f6_3() {
    cases([3, 3], 64.0).assert_all(&Winograd::<6>, &Naive);
}

#[test]
fn f2_5() {
    cases([5, 5], 16.0).assert_all(&Winograd::<2>, &Naive);
}

#[test]
fn f4_5() {
    cases([5, 5], 64.0).assert_all(&Winograd::<4>, &Naive);
}

#[test]
fn one_dimension() {
    cases([3], 8.0).assert_all(&Winograd::<4>, &Naive);
    cases([3], 16.0).assert_all(&Winograd::<6>, &Naive);
    cases([5], 8.0).assert_all(&Winograd::<2>, &Naive);
    cases([5], 16.0).assert_all(&Winograd::<4>, &Naive);
}

/// Kernels that aren't square, and axes of one tap, which have no tiles.
#[test]
fn other_kernels() {
    cases([1, 3], 8.0).assert_all(&Winograd::<4>, &Naive);
    cases([3, 1], 8.0).assert_all(&Winograd::<4>, &Naive);
    cases([1, 1], 1.0).assert_all(&Winograd::<4>, &Naive);
    cases([2, 5], 16.0).assert_all(&Winograd::<4>, &Naive);
    cases([4, 2], 16.0).assert_all(&Winograd::<3>, &Naive);
}

/// Tiles at the edges: every size from 1 to 40, images smaller than a tile among them.
#[test]
fn every_size() -> Result<()> {
    fn check<const M: usize>(taps: usize, padding: [usize; 2], size: usize) -> Result<()> {
        let spec = ConvSpec { padding, ..ConvSpec::<2>::default() };
        let other = (size * 7) % 40 + 1;
        for input in [[size, size], [size, other], [other, size]] {
            if (0..2).any(|d| input[d] + 2 * padding[d] < taps) {
                continue;
            }
            let shape = spec.resolve(&[1, 2, input[0], input[1]], &[3, 2, taps, taps])?;
            let [x, w, dy] = Case { shape, seed: size as u64 }.integers::<f64>();
            let passes = |a: &dyn Convolution<Tensor<f64>, 2>| -> Result<[Tensor<f64>; 3]> {
                Ok([
                    a.forward(&spec, &x, &w)?,
                    a.grad_input(&spec, x.shape(), &w, &dy)?,
                    a.grad_weight(&spec, &x, w.shape(), &dy)?,
                ])
            };
            for (got, expected) in passes(&Winograd::<M>)?.into_iter().zip(passes(&Naive)?) {
                let error = got.zip(&expected, |a, b| (a - b).abs())?;
                assert!(error.data().iter().all(|&e| e < 1e-9), "F({M}, {taps}) of {input:?}, {padding:?}");
            }
        }
        Ok(())
    }
    for size in 1..=40 {
        check::<2>(3, [1, 1], size)?;
        check::<4>(3, [0, 2], size)?;
        check::<6>(3, [1, 0], size)?;
        check::<2>(5, [2, 2], size)?;
        check::<4>(5, [2, 0], size)?;
    }
    Ok(())
}

/// Channels and tiles beyond one block, for both ways of sharing out the work, kept filters included.
#[test]
fn beyond_one_block() -> Result<()> {
    // (images, input channels, output channels, groups, size): few tiles; many in one image; many images.
    for (n, c, k, groups, size) in [
        (1, 70, 90, 1, 9),
        (3, 20, 40, 2, 6),
        (1, 3, 5, 1, 150),
        (40, 6, 16, 1, 10),
        (5, 8, 12, 2, 30),
        (2, 6, 70, 2, 20),
    ] {
        let spec = ConvSpec { padding: [1, 1], groups, ..ConvSpec::<2>::default() };
        let shape = spec.resolve(&[n, c, size, size], &[k, c / groups, 3, 3])?;
        let [x, w, dy] = Case { shape, seed: 5 }.integers::<f32>();
        let w2 = Winograd::<2>;
        let y = Naive.forward(&spec, &x, &w)?;
        assert_eq!(w2.forward(&spec, &x, &w)?, y);
        assert_eq!(w2.keep(&spec, &w)?.forward(&x)?, y);
        assert_eq!(w2.grad_input(&spec, x.shape(), &w, &dy)?, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
        assert_eq!(w2.grad_weight(&spec, &x, w.shape(), &dy)?, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
    }
    // A line of more tiles than a block takes.
    let spec = ConvSpec::<1>::default();
    let shape = spec.resolve(&[1, 2, 3000], &[3, 2, 3])?;
    let [x, w, dy] = Case { shape, seed: 6 }.integers::<f32>();
    assert_eq!(Winograd::<2>.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
    assert_eq!(Winograd::<2>.grad_input(&spec, x.shape(), &w, &dy)?, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
    assert_eq!(Winograd::<2>.grad_weight(&spec, &x, w.shape(), &dy)?, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
    Ok(())
}

/// More transformed filters than are held at a time: the tiles are transformed again for each part.
#[test]
fn more_filters_than_are_held() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 520, 34, 34], &[520, 520, 3, 3])?;
    let [x, w, _] = Case { shape, seed: 9 }.reals::<f32>();
    let (y, exact) = (Winograd::<6>.forward(&spec, &x, &w)?, Fused.forward(&spec, &x, &w)?);
    let error = y.zip(&exact, |a, b| (a - b).abs())?;
    assert!(error.data().iter().all(|&e| e < 0.02), "sums of 4680 products of numbers below 1");
    Ok(())
}

/// What tiles can't do is refused, with the reason and the way out.
#[test]
fn says_what_to_use_instead() -> Result<()> {
    let (x, w) = (Tensor::<f32>::zeros(&[1, 1, 9, 9])?, Tensor::zeros(&[1, 1, 3, 3])?);
    let error = |spec: ConvSpec<2>, w: &Tensor| match Winograd::<4>.forward(&spec, &x, w) {
        Err(Error::Argument { name, got, expected }) => format!("{name}: got {got}, expected {expected}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        error(ConvSpec { stride: [1, 2], ..ConvSpec::default() }, &w),
        "stride for Winograd: got [1, 2], expected 1 along each axis, as the outputs of a tile share their inputs; for \
         others there is im2col"
    );
    assert_eq!(
        error(ConvSpec { dilation: [2, 2], ..ConvSpec::default() }, &w),
        "dilation for Winograd: got [2, 2], expected 1 along each axis; Dilated<Winograd> takes a dilated convolution \
         apart into such"
    );
    let large = error(ConvSpec::default(), &Tensor::zeros(&[1, 1, 7, 7])?);
    assert!(
        large.starts_with("F(m, r): got (4, 7), expected m and r of at least 1, with m + r - 1 at most 8"),
        "{large}"
    );

    let (x, w) = (Tensor::<f32>::zeros(&[1, 1, 9, 9, 9])?, Tensor::zeros(&[1, 1, 3, 3, 3])?);
    let volume = Winograd::<4>.forward(&ConvSpec::<3>::default(), &x, &w).unwrap_err().to_string();
    assert!(volume.ends_with("Sliced<Winograd> takes a volume apart into images"), "{volume}");
    // Kept filters know their layer.
    let kept = Winograd::<4>.keep(&ConvSpec::<2>::default(), &Tensor::<f32>::zeros(&[4, 3, 3, 3])?)?;
    assert!(kept.forward(&Tensor::zeros(&[1, 2, 9, 9])?).is_err());
    assert!(Winograd::<4>.keep(&ConvSpec::<2>::default(), &Tensor::<f32>::zeros(&[])?).is_err());
    assert!(Winograd::<4>.keep(&ConvSpec::<2>::default(), &Tensor::<f32>::zeros(&[4, 0, 3, 3])?).is_err());
    Ok(())
}

/// How many threads there are doesn't change a bit.
#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    for (input, weight) in
        [([1, 40, 9, 9], [72, 40, 3, 3]), ([3, 16, 40, 33], [24, 16, 3, 3]), ([40, 6, 14, 14], [16, 6, 5, 5])]
    {
        let shape = spec.resolve(&input, &weight)?;
        Case { shape, seed: 7 }.assert_same_on_any_threads(&Winograd::<4>)?;
    }
    Ok(())
}
