//! Both versions against the referee, over random shapes.

use ch01_naive::Naive;
use cuda_ch02_im2col::{
    Im2col, Implicit, Rung, im2col_kernels, implicit_kernels, sgemm_blocked, sgemm_naive, sgemm_tiled, sgemm_vector,
};
use host::testing::{OnGpu, assert_matches_ptx, session};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv};

fn any<const D: usize>() -> Cases<D> {
    Cases { count: 64, ..Cases::any() }
}

#[test]
fn im2col_in_one_dimension() {
    any::<1>().assert_f32(&OnGpu(Im2col::default()), &Naive);
}

#[test]
fn im2col_in_two_dimensions() {
    any::<2>().assert_f32(&OnGpu(Im2col::default()), &Naive);
}

#[test]
fn im2col_in_three_dimensions() {
    any::<3>().assert_f32(&OnGpu(Im2col::default()), &Naive);
}

/// With room for one image, or for two of three.
#[test]
fn im2col_in_pieces() {
    for workspace in [0, 6000] {
        Cases { count: 12, batch: 2..=5, ..Cases::<2>::any() }
            .assert_f32(&OnGpu(Im2col { workspace, ..Im2col::default() }), &Naive);
    }
}

#[test]
fn im2col_on_each_rung() {
    for rung in Rung::ALL {
        let cases = Cases { count: 4, channels: 2..=9, ..Cases::<2>::any() };
        cases.assert_f32(&OnGpu(Im2col { rung: Some(rung), ..Im2col::default() }), &Naive);
    }
}

#[test]
fn implicit_in_one_dimension() {
    any::<1>().assert_f32(&OnGpu(Implicit), &Naive);
}

#[test]
fn implicit_in_two_dimensions() {
    any::<2>().assert_f32(&OnGpu(Implicit), &Naive);
}

#[test]
fn implicit_in_three_dimensions() {
    any::<3>().assert_f32(&OnGpu(Implicit), &Naive);
}

/// Filters, positions and taps beyond one tile.
#[test]
fn implicit_beyond_one_tile() -> Result<()> {
    let spec = ConvSpec { padding: [1, 2], stride: [1, 2], ..ConvSpec::default() };
    for (input, weight) in [([2, 3, 9, 11], [70, 3, 3, 3]), ([1, 40, 5, 4], [64, 40, 2, 3])] {
        let case = Case { shape: spec.resolve(&input, &weight)?, seed: 3 };
        let [x, w, _] = case.integers::<f32>();
        assert_eq!(OnGpu(Implicit).forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
    }
    Ok(())
}

/// Strides and dilations that lead far beyond the input, where few of them are used; what can't be counted is refused.
#[test]
fn extreme_steps() -> Result<()> {
    let large = 1 << 40;
    for algorithm in [&OnGpu(Im2col::default()) as &dyn Convolution<Tensor, 1>, &OnGpu(Implicit)] {
        for (stride, padding, dilation, kernel) in
            [(large, 0, 1, 3), (1 << 20, 3, 1, 2), (7, 100, 200, 2), (large, 2, 1, 1), (1, 4, large, 1)]
        {
            let spec = ConvSpec { stride: [stride], padding: [padding], dilation: [dilation], groups: 2 };
            let shape = spec.resolve(&[1, 4, 9], &[6, 2, kernel])?;
            let case = Case { shape, seed: 5 };
            let data = case.integers::<f32>();
            assert_eq!(case.passes(algorithm, &data)?, case.passes(&Naive, &data)?);
        }
        let spec = ConvSpec { padding: [large], stride: [2 * large], ..ConvSpec::default() };
        let e = algorithm.forward(&spec, &Tensor::zeros(&[1, 1, 9])?, &Tensor::zeros(&[1, 1, 1])?).unwrap_err();
        assert!(e.to_string().starts_with("padded input along width"), "{e}");
    }
    Ok(())
}

/// The tape gets the same gradients from the GPU as from the CPU.
#[test]
fn on_the_tape() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], stride: [2, 1], ..ConvSpec::default() };
    let case = Case { shape: spec.resolve(&[2, 3, 6, 5], &[4, 3, 3, 2])?, seed: 9 };
    let [x, w, dy] = case.integers::<f32>();
    let b = Tensor::from_fn(&[4], |k| k as f32)?;

    let [cx, cw, cb] = [&x, &w, &b].map(|t| Var::parameter(t.clone()));
    conv(&Naive, &spec, &cx, &cw, Some(&cb))?.backward_from(dy.clone())?;

    let session = session();
    for algorithm in [Im2col::default(), Im2col { rung: Some(Rung::Tiled), ..Im2col::default() }] {
        let [gx, gw, gb] = [
            Var::parameter(session.upload(&x)?),
            Var::parameter(session.upload(&w)?),
            Var::parameter(session.upload(&b)?),
        ];
        conv(&algorithm, &spec, &gx, &gw, Some(&gb))?.backward_from(session.upload(&dy)?)?;
        for (gpu, cpu) in [(&gx, &cx), (&gw, &cw), (&gb, &cb)] {
            assert_eq!(gpu.grad().expect("a gradient").download()?, cpu.grad().expect("a gradient"));
        }
    }
    Ok(())
}

#[test]
fn kernels_match_their_functions() {
    assert_matches_ptx(sgemm_naive::PTX, sgemm_naive::SIGNATURES);
    assert_matches_ptx(sgemm_tiled::PTX, sgemm_tiled::SIGNATURES);
    assert_matches_ptx(sgemm_blocked::PTX, sgemm_blocked::SIGNATURES);
    assert_matches_ptx(sgemm_vector::PTX, sgemm_vector::SIGNATURES);
    assert_matches_ptx(im2col_kernels::PTX, im2col_kernels::SIGNATURES);
    assert_matches_ptx(implicit_kernels::PTX, implicit_kernels::SIGNATURES);
}
