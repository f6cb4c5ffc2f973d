//! Winograd on the GPU against the referee, over random shapes.

use ch01_naive::Naive;
use cuda_ch03_winograd::{Winograd, kernels};
use host::testing::{OnGpu, assert_matches_ptx, session};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv};

/// What Winograd takes on the GPU: any size, padding, batch and groups. Its error is larger than that of the plain sum,
/// up to `tolerance` times.
fn cases(tolerance: f64) -> Cases<2> {
    let cases = Cases::any().stride_one().no_dilation().kernel([3, 3]);
    Cases { size: 1..=16, count: 24, exact: false, tolerance, ..cases }
}

/// Additions, subtractions and halves only: integers come out exactly, with `==`.
#[test]
fn f2_is_exact_on_integers() {
    Cases { exact: true, ..cases(4.0) }.assert_f32(&OnGpu(Winograd::<2>), &Naive);
}

#[test]
fn f4() {
    cases(16.0).assert_f32(&OnGpu(Winograd::<4>), &Naive);
}

/// With hardly any memory for them the tiles come in turns of 32, and grad_weight adds up over the turns.
#[test]
fn tiles_in_turns() {
    let cases = |tolerance| Cases { size: 8..=24, count: 8, ..cases(tolerance) };
    Cases { exact: true, ..cases(4.0) }.assert_f32(&OnGpu(Winograd::<2, 1>), &Naive);
    cases(16.0).assert_f32(&OnGpu(Winograd::<4, 1>), &Naive);
}

/// Tiles at the edges: every size from 1 to 13, with every padding that changes where a tile begins, larger ones than
/// the kernel among them.
#[test]
fn edges() -> Result<()> {
    for size in 1..=13 {
        for padding in [[0, 1], [1, 0], [2, 3], [4, 2]] {
            let spec = ConvSpec { padding, ..ConvSpec::default() };
            let input = [size, (size * 5) % 13 + 1];
            if (0..2).any(|axis| input[axis] + 2 * padding[axis] < 3) {
                continue;
            }
            let shape = spec.resolve(&[1, 1, input[0], input[1]], &[2, 1, 3, 3])?;
            let case = Case { shape, seed: size as u64 };
            let data = case.integers();
            let expected = case.passes(&Naive, &data)?;
            assert_eq!(case.passes(&OnGpu(Winograd::<2>), &data)?, expected, "F(2 x 2) of {input:?}, {padding:?}");
            let got = case.passes(&OnGpu(Winograd::<4>), &data)?;
            for (got, expected) in got.into_iter().zip(expected) {
                let error = got.zip(&expected, |a, b| (a - b).abs())?;
                assert!(error.data().iter().all(|&e| e < 2e-3), "F(4 x 4) of {input:?}, {padding:?}");
            }
        }
    }
    Ok(())
}

/// More channels and tiles than one block multiplies, and depths that its steps don't divide.
#[test]
fn beyond_one_block() -> Result<()> {
    for (n, c, k, groups, size) in [(1, 37, 70, 1, 7), (2, 18, 6, 2, 12), (1, 3, 35, 1, 14)] {
        let spec = ConvSpec { padding: [1, 1], groups, ..ConvSpec::default() };
        let shape = spec.resolve(&[n, c, size, size], &[k, c / groups, 3, 3])?;
        let case = Case { shape, seed: 5 };
        let data = case.integers();
        assert_eq!(case.passes(&OnGpu(Winograd::<2>), &data)?, case.passes(&Naive, &data)?, "{shape:?}");
    }
    Ok(())
}

/// What tiles can't do is refused, with the reason and the way out.
#[test]
fn says_what_to_use_instead() -> Result<()> {
    let (x, w) = (Tensor::zeros(&[1, 1, 9, 9])?, Tensor::zeros(&[1, 1, 3, 3])?);
    let error = |spec: ConvSpec<2>, w: &Tensor| match OnGpu(Winograd::<4>).forward(&spec, &x, w) {
        Err(e) => e.to_string(),
        Ok(y) => panic!("{y}"),
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
    assert_eq!(
        error(ConvSpec::default(), &Tensor::zeros(&[1, 1, 5, 3])?),
        "kernel for Winograd: got [5, 3], expected [3, 3], which the GPU's transforms are written for; for others \
         there is im2col"
    );
    Ok(())
}

/// The tape runs through it: ⟨dy, conv(x, w) + b⟩ has the gradients that the CPU finds.
#[test]
fn on_the_tape() -> Result<()> {
    let (session, spec) = (session(), ConvSpec { padding: [1, 1], ..ConvSpec::default() });
    let shape = spec.resolve(&[2, 3, 6, 5], &[4, 3, 3, 3])?;
    let [x, w, dy] = Case { shape, seed: 3 }.integers();
    let b = Tensor::new(&[4], vec![1.0, -2.0, 0.5, 3.0])?;

    let [gx, gw, gb] = [&x, &w, &b].map(|t| session.upload(t).map(Var::parameter));
    let [gx, gw, gb] = [gx?, gw?, gb?];
    let got = conv(&Winograd::<2>, &spec, &gx, &gw, Some(&gb))?;
    got.backward_from(session.upload(&dy)?)?;

    let [x, w, b] = [x, w, b].map(Var::parameter);
    let expected = conv(&Naive, &spec, &x, &w, Some(&b))?;
    expected.backward_from(dy)?;
    assert_eq!(got.value().download()?, expected.value());
    for (got, expected) in [(gx, x), (gw, w), (gb, b)] {
        let got = got.grad().expect("a gradient").download()?;
        assert_eq!(got, expected.grad().expect("a gradient"));
    }
    Ok(())
}

#[test]
fn kernels_have_the_parameters_of_their_functions() {
    assert_matches_ptx(kernels::filter::PTX, kernels::filter::SIGNATURES);
    assert_matches_ptx(kernels::input::PTX, kernels::input::SIGNATURES);
    assert_matches_ptx(kernels::output::PTX, kernels::output::SIGNATURES);
    assert_matches_ptx(kernels::product::PTX, kernels::product::SIGNATURES);
}
