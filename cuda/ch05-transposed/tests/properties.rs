//! Both ways to lead from the small map to the large one, against the definition on the CPU.

use ch01_naive::Naive as Referee;
use ch05_transposed::Transposed;
use cuda_ch05_transposed::{Gather, Scatter, kernels};
use host::GpuTensor;
use host::testing::{OnGpu, assert_matches_ptx, session};
use proptest::prop_assert_eq;
use unrolled::testing::{Case, Cases};
use unrolled::{ChannelBias, ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::gather::PTX, kernels::gather::SIGNATURES);
    assert_matches_ptx(kernels::scatter::PTX, kernels::scatter::SIGNATURES);
}

#[test]
fn gather() {
    Cases { count: 48, ..Cases::<1>::any() }.assert_f32(&OnGpu(Gather), &Referee);
    Cases { count: 32, ..Cases::<2>::any() }.assert_f32(&OnGpu(Gather), &Referee);
    Cases { count: 32, ..Cases::<3>::any() }.assert_f32(&OnGpu(Gather), &Referee);
}

#[test]
fn scatter() {
    Cases { count: 48, ..Cases::<1>::any() }.assert_f32(&OnGpu(Scatter), &Referee);
    Cases { count: 32, ..Cases::<2>::any() }.assert_f32(&OnGpu(Scatter), &Referee);
    Cases { count: 32, ..Cases::<3>::any() }.assert_f32(&OnGpu(Scatter), &Referee);
}

/// Strides and dilations with common divisors: there some places are landed on by no tap at all.
#[test]
fn stride_and_dilation_share_divisors() {
    let cases =
        Cases { stride: 1..=6, dilation: 1..=6, kernel: [1..=4], size: 1..=30, count: 128, ..Cases::<1>::any() };
    cases.check(|case| {
        let [_, w, dy] = case.integers::<f32>();
        let (spec, shape) = (&case.shape.spec, case.shape.input_shape());
        let expected = Referee.grad_input(spec, &shape, &w, &dy)?;
        prop_assert_eq!(OnGpu(Gather).grad_input(spec, &shape, &w, &dy)?, expected);
        Ok(())
    });
}

/// Ones stamped with ones: each element is how many stamps meet there.
#[test]
fn stamps_that_overlap() -> Result<()> {
    let session = session();
    let spec = ConvSpec { stride: [2, 2], ..ConvSpec::default() };
    let (small, ones) = (session.full(&[1, 1, 2, 2], 1.0)?, session.full(&[1, 1, 3, 3], 1.0)?);
    #[rustfmt::skip]
    let expected = [
        1.0, 1.0, 2.0, 1.0, 1.0,
        1.0, 1.0, 2.0, 1.0, 1.0,
        2.0, 2.0, 4.0, 2.0, 2.0,
        1.0, 1.0, 2.0, 1.0, 1.0,
        1.0, 1.0, 2.0, 1.0, 1.0,
    ];
    assert_eq!(Transposed::new(Gather).forward(&spec, &small, &ones)?.download()?.data(), expected);
    assert_eq!(Transposed::new(Scatter).forward(&spec, &small, &ones)?.download()?.data(), expected);
    Ok(())
}

/// The output of a transposed layer, and the gradients of input, weight and bias that the tape finds.
fn taped<V: ChannelBias + 'static>(
    algorithm: impl Convolution<V, 2> + Clone + 'static,
    spec: &ConvSpec<2>,
    inputs: [V; 3],
    dy: V,
) -> Result<[V; 4]> {
    let [x, w, b] = inputs.map(Var::parameter);
    let layer = Transposed { algorithm, output_padding: [1, 0] };
    let y = conv(&layer, spec, &x, &w, Some(&b))?;
    y.backward_from(dy)?;
    Ok([y.value(), x.grad().expect("dx"), w.grad().expect("dw"), b.grad().expect("db")])
}

#[test]
fn the_tape_differentiates_the_layer() -> Result<()> {
    let session = session();
    // The dense convolution from 4 channels of 7 × 7 to 6 of 3 × 4: seen from the other end, the layer.
    let spec = ConvSpec::new([2, 2], [0, 1], [1, 2], 2)?;
    let case = Case { shape: spec.resolve(&[2, 4, 6, 9], &[6, 2, 2, 3])?, seed: 11 };
    let [dy, w, x] = case.integers::<f32>();
    let (dy, b) = (Tensor::from_fn(&[2, 4, 7, 9], |i| dy.data()[i % dy.len()])?, Tensor::from_fn(&[4], |k| k as f32)?);

    let expected = taped(Referee, &spec, [x.clone(), w.clone(), b.clone()], dy.clone())?;
    let upload = |t: &Tensor| session.upload(t);
    let inputs = || -> Result<_> { Ok(([upload(&x)?, upload(&w)?, upload(&b)?], upload(&dy)?)) };
    let check = |got: [GpuTensor; 4]| -> Result<()> {
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(&got.download()?, expected);
        }
        Ok(())
    };
    let (data, grad) = inputs()?;
    check(taped(Gather, &spec, data, grad)?)?;
    let (data, grad) = inputs()?;
    check(taped(Scatter, &spec, data, grad)?)
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    fn check(algorithm: impl Convolution<GpuTensor, 2>) -> Result<()> {
        let (algorithm, spec) = (OnGpu(Transposed::new(algorithm)), ConvSpec { stride: [2, 2], ..ConvSpec::default() });
        let (x, w) = (Tensor::<f32>::zeros(&[0, 3, 2, 2])?, Tensor::full(&[3, 2, 3, 3], 1.0)?);
        let y = algorithm.forward(&spec, &x, &w)?;
        assert_eq!(y.shape(), [0, 2, 5, 5]);
        assert_eq!(algorithm.grad_input(&spec, x.shape(), &w, &y)?, x);
        assert_eq!(algorithm.grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
        Ok(())
    }
    check(Gather)?;
    check(Scatter)
}
