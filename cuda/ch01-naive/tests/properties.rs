//! The kernels against the definition on the CPU.

use ch01_naive::Naive as Referee;
use cuda_ch01_naive::{Blockwise, Naive, kernels};
use host::GpuTensor;
use host::testing::{OnGpu, assert_matches_ptx, session};
use unrolled::testing::{Case, Cases};
use unrolled::{ChannelBias, ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::forward::PTX, kernels::forward::SIGNATURES);
    assert_matches_ptx(kernels::grad_input::PTX, kernels::grad_input::SIGNATURES);
    assert_matches_ptx(kernels::grad_weight::PTX, kernels::grad_weight::SIGNATURES);
    assert_matches_ptx(kernels::grad_weight_by_block::PTX, kernels::grad_weight_by_block::SIGNATURES);
}

#[test]
fn one_dimension() {
    Cases { count: 128, ..Cases::<1>::any() }.assert_f32(&OnGpu(Naive), &Referee);
    Cases { count: 64, ..Cases::<1>::any() }.assert_f32(&OnGpu(Blockwise), &Referee);
}

#[test]
fn two_dimensions() {
    Cases { count: 128, ..Cases::<2>::any() }.assert_f32(&OnGpu(Naive), &Referee);
    Cases { count: 64, ..Cases::<2>::any() }.assert_f32(&OnGpu(Blockwise), &Referee);
}

#[test]
fn three_dimensions() {
    Cases { count: 128, ..Cases::<3>::any() }.assert_f32(&OnGpu(Naive), &Referee);
    Cases { count: 64, ..Cases::<3>::any() }.assert_f32(&OnGpu(Blockwise), &Referee);
}

/// So many positions that a thread of the block adds up several, and some of its threads one less than others.
#[test]
fn a_block_shares_long_sums() -> Result<()> {
    let spec = ConvSpec { padding: [1, 2], ..ConvSpec::default() };
    let case = Case { shape: spec.resolve(&[2, 1, 17, 19], &[2, 1, 3, 3])?, seed: 5 };
    let data = case.integers::<f32>();
    assert_eq!(case.passes(&OnGpu(Blockwise), &data)?, case.passes(&Referee, &data)?);
    Ok(())
}

/// A signal with a stride, small enough to check by hand. Output x sees inputs 2x − 1, 2x and 2x + 1.
#[test]
fn by_hand() -> Result<()> {
    let spec = ConvSpec { stride: [2], padding: [1], ..ConvSpec::<1>::default() };
    let x: Tensor = Tensor::new(&[1, 1, 4], vec![1.0, 2.0, 3.0, 4.0])?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
    let y = OnGpu(Naive).forward(&spec, &x, &w)?;
    assert_eq!(y.data(), [0.0 + 10.0 + 200.0, 2.0 + 30.0 + 400.0]);

    let dy = Tensor::new(&[1, 1, 2], vec![5.0, 7.0])?;
    let dx = OnGpu(Naive).grad_input(&spec, x.shape(), &w, &dy)?;
    assert_eq!(dx.data(), [50.0, 500.0 + 7.0, 70.0, 700.0]);
    for dw in
        [OnGpu(Naive).grad_weight(&spec, &x, w.shape(), &dy)?, OnGpu(Blockwise).grad_weight(&spec, &x, w.shape(), &dy)?]
    {
        assert_eq!(dw.data(), [7.0 * 2.0, 5.0 * 1.0 + 7.0 * 3.0, 5.0 * 2.0 + 7.0 * 4.0]);
    }
    Ok(())
}

/// The output, and the gradients of input, weight and bias that the tape finds.
fn taped<V: ChannelBias + 'static>(
    algorithm: &(impl Convolution<V, 2> + Clone + 'static),
    spec: &ConvSpec<2>,
    inputs: [V; 3],
    dy: V,
) -> Result<[V; 4]> {
    let [x, w, b] = inputs.map(Var::parameter);
    let y = conv(algorithm, spec, &x, &w, Some(&b))?;
    y.backward_from(dy)?;
    Ok([y.value(), x.grad().expect("dx"), w.grad().expect("dw"), b.grad().expect("db")])
}

#[test]
fn the_tape_differentiates_it() -> Result<()> {
    let session = session();
    let spec = ConvSpec::new([2, 1], [1, 0], [1, 2], 2)?;
    let case = Case { shape: spec.resolve(&[2, 4, 6, 7], &[6, 2, 3, 2])?, seed: 11 };
    let [x, w, dy] = case.integers::<f32>();
    let b = Tensor::from_fn(&[6], |k| k as f32 - 2.0)?;

    let expected = taped(&Referee, &spec, [x.clone(), w.clone(), b.clone()], dy.clone())?;
    let upload = |t: &Tensor| session.upload(t);
    for (i, got) in [
        taped(&Naive, &spec, [upload(&x)?, upload(&w)?, upload(&b)?], upload(&dy)?)?,
        taped(&Blockwise, &spec, [upload(&x)?, upload(&w)?, upload(&b)?], upload(&dy)?)?,
    ]
    .iter()
    .enumerate()
    {
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(&got.download()?, expected, "{i}");
        }
    }
    Ok(())
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    fn check(algorithm: impl Convolution<GpuTensor, 2>) -> Result<()> {
        let (algorithm, spec) = (OnGpu(algorithm), ConvSpec::default());
        let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 5, 5])?, Tensor::full(&[3, 2, 3, 3], 1.0)?);
        let y = algorithm.forward(&spec, &x, &w)?;
        assert_eq!(y.shape(), [0, 3, 3, 3]);
        assert_eq!(algorithm.grad_input(&spec, x.shape(), &w, &y)?, x);
        assert_eq!(algorithm.grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
        Ok(())
    }
    check(Naive)?;
    check(Blockwise)
}

#[test]
fn refuses_what_32_bits_cannot_count() -> Result<()> {
    let zeros = Tensor::zeros;
    let spec = ConvSpec { padding: [1 << 16, 1 << 15], ..ConvSpec::default() };
    let e = OnGpu(Naive).forward(&spec, &zeros(&[1, 1, 2, 2])?, &zeros(&[1, 1, 1, 1])?).unwrap_err().to_string();
    assert!(e.contains("32 bits") && e.lines().count() == 1, "{e}");

    // The output has two elements, but they are 2³² apart.
    let spec = ConvSpec { padding: [1 << 32], stride: [1 << 32], ..ConvSpec::default() };
    let e = OnGpu(Naive).forward(&spec, &zeros(&[1, 1, 1])?, &zeros(&[1, 1, 1])?).unwrap_err().to_string();
    assert_eq!(e, "padded width: got 8589934593, expected at most 2147483647: kernels count in 32 bits");
    Ok(())
}

#[test]
fn nan_goes_through_where_the_window_sees_it() -> Result<()> {
    let x = Tensor::<f32>::new(&[1, 1, 4], vec![1.0, f32::NAN, 2.0, 3.0])?;
    let w = Tensor::new(&[1, 1, 2], vec![0.0, 1.0])?;
    let y = OnGpu(Naive).forward(&ConvSpec::<1>::default(), &x, &w)?;
    assert!(y.data()[0].is_nan() && y.data()[1].is_nan() && y.data()[2] == 3.0);
    Ok(())
}
