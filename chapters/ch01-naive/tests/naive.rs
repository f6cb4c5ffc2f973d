//! The referee, refereed: against the steps, against a second definition, by the adjoint identity,
//! by hand and by PyTorch.

mod common;

use ch01_naive::{Naive, flip, steps};
use common::Pairs;
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

#[test]
fn one_dimension() {
    Cases::<1>::any().assert_all(&Naive, &Pairs);
}

#[test]
fn two_dimensions() {
    Cases::<2>::any().assert_all(&Naive, &Pairs);
}

#[test]
fn three_dimensions() {
    Cases::<3> { count: 64, ..Cases::any() }.assert_all(&Naive, &Pairs);
}

#[test]
fn agrees_with_the_steps() {
    Cases::<2>::any().check(|case| {
        let [x, w, _] = case.integers::<f32>();
        let y = Naive.forward(&case.shape.spec, &x, &w)?;
        prop_assert_eq!(steps::grouped(&x, &w, &case.shape.spec)?, y);
        Ok(())
    });
    Cases { batch: 1..=2, padding: 0..=0, ..Cases::<2>::any() }.stride_one().no_dilation().one_group().check(|case| {
        let [x, w, _] = case.integers::<f32>();
        prop_assert_eq!(steps::batch(&x, &w)?, Naive.forward(&case.shape.spec, &x, &w)?);
        Ok(())
    });
}

#[test]
fn steps_refuse_what_does_not_fit() -> Result<()> {
    let zeros = |shape: &[usize]| Tensor::<f32>::zeros(shape);
    let (image, kernel) = (zeros(&[4, 4])?, zeros(&[3, 3])?);
    assert!(steps::single_channel(&zeros(&[4])?, &kernel).is_err());
    assert!(steps::single_channel(&zeros(&[2, 4])?, &kernel).is_err());
    assert!(steps::channels(&zeros(&[2, 4, 4])?, &zeros(&[1, 3, 3, 3])?).is_err());
    assert!(steps::channels(&zeros(&[0, 4, 4])?, &zeros(&[1, 0, 3, 3])?).is_err());
    assert!(steps::channels(&zeros(&[2, 4, 4])?, &zeros(&[0, 2, 3, 3])?).is_err());
    assert!(steps::batch(&zeros(&[0, 2, 4, 4])?, &zeros(&[1, 2, 3, 3])?).is_err());
    assert!(steps::strided(&image, &kernel, [0, 1], [0, 0]).is_err());
    assert!(steps::dilated(&image, &kernel, &ConvSpec { dilation: [1, 0], ..ConvSpec::default() }).is_err());
    assert!(steps::dilated(&image, &zeros(&[0, 3])?, &ConvSpec::default()).is_err());
    let spec = ConvSpec { groups: 2, ..ConvSpec::default() };
    assert!(steps::grouped(&zeros(&[1, 3, 4, 4])?, &zeros(&[2, 1, 3, 3])?, &spec).is_err());
    Ok(())
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    let spec = ConvSpec::<2>::default();
    let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 5, 5])?, Tensor::full(&[3, 2, 3, 3], 1.0)?);
    let y = Naive.forward(&spec, &x, &w)?;
    assert_eq!(y.shape(), [0, 3, 3, 3]);
    assert_eq!(Naive.grad_input(&spec, x.shape(), &w, &y)?, x);
    assert_eq!(Naive.grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
    Ok(())
}

#[test]
fn nan_goes_through_where_the_window_sees_it() -> Result<()> {
    let x = Tensor::<f32>::new(&[1, 1, 4], vec![1.0, f32::NAN, 2.0, 3.0])?;
    let w = Tensor::new(&[1, 1, 2], vec![0.0, 1.0])?;
    let y = Naive.forward(&ConvSpec::<1>::default(), &x, &w)?;
    assert!(y.data()[0].is_nan() && y.data()[1].is_nan() && y.data()[2] == 3.0);
    Ok(())
}

#[test]
fn sums_do_not_round_on_the_way() -> Result<()> {
    // In f32, 2²⁴ + 1 is 2²⁴.
    let x = Tensor::<f32>::new(&[1, 1, 3], vec![16_777_216.0, 1.0, -16_777_216.0])?;
    let y = Naive.forward(&ConvSpec::<1>::default(), &x, &Tensor::full(&[1, 1, 3], 1.0)?)?;
    assert_eq!(y.data(), [1.0]);
    Ok(())
}

#[test]
fn a_flip_turns_correlation_into_convolution() {
    // Convolution commutes: kernel and input may change places. Correlation doesn't.
    let full = |x: &Tensor, w: &Tensor| {
        let padding = [w.shape()[2] - 1, w.shape()[3] - 1];
        Naive.forward(&ConvSpec { padding, ..ConvSpec::default() }, x, &flip(w, 2))
    };
    Cases::<2> { batch: 1..=1, channels: 1..=1, ..Cases::any() }.one_group().check(|case| {
        let [a, b, _] = case.integers::<f32>();
        prop_assume!(!a.is_empty());
        prop_assert_eq!(full(&a, &b)?, full(&b, &a)?);
        Ok(())
    });
}

/// What the chapter asks its readers to predict.
#[test]
fn predictions() -> Result<()> {
    let spec = ConvSpec { stride: [3], ..ConvSpec::<1>::default() };
    let ones = |shape: &[usize]| Tensor::<f32>::full(shape, 1.0);
    let dx = Naive.grad_input(&spec, &[1, 1, 6], &ones(&[1, 1, 2])?, &ones(&[1, 1, 2])?)?;
    assert_eq!(dx.data(), [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
    let dilated = ConvSpec { dilation: [2; 2], ..ConvSpec::default() };
    assert_eq!(dilated.output_size([28, 28], [3, 3])?, ConvSpec::default().output_size([28, 28], [5, 5])?);
    Ok(())
}

/// Numbers without a pattern that stride, dilation or a transpose could hide behind.
fn pattern(shape: &[usize], factor: usize, modulus: usize) -> Tensor<f64> {
    let half = (modulus / 2) as f64;
    Tensor::from_fn(shape, |i| (i * factor % modulus) as f64 - half).expect("a small shape")
}

/// Compares with what PyTorch 2.15 computes: output, gradient of the input, gradient of the weight.
fn assert_pytorch<const D: usize>(
    spec: ConvSpec<D>,
    input: &[usize],
    weight: &[usize],
    [y, dx, dw]: [&[f64]; 3],
) -> Result<()> {
    let (x, w) = (pattern(input, 7, 11), pattern(weight, 5, 7));
    let out = Naive.forward(&spec, &x, &w)?;
    let dy = pattern(out.shape(), 3, 5);
    assert_eq!(out.data(), y);
    assert_eq!(Naive.grad_input(&spec, input, &w, &dy)?.data(), dx);
    assert_eq!(Naive.grad_weight(&spec, &x, weight, &dy)?.data(), dw);
    Ok(())
}

#[test]
#[rustfmt::skip]
fn pytorch_1d() -> Result<()> {
    assert_pytorch(ConvSpec::new([2], [1], [2], 1)?, &[1, 2, 7], &[2, 2, 3], [
        &[-9.0, 11.0, -13.0, 9.0, -15.0, 0.0],
        &[0.0, -13.0, 0.0, 11.0, 0.0, 4.0, 0.0, 0.0, -12.0, 0.0, 9.0, 0.0, 2.0, 0.0],
        &[-3.0, 4.0, -13.0, -3.0, 5.0, 4.0, -10.0, 10.0, 10.0, 2.0, -12.0, -2.0],
    ])
}

#[test]
#[rustfmt::skip]
fn pytorch_groups_dilation_and_an_oblong_kernel() -> Result<()> {
    assert_pytorch(ConvSpec::new([2, 1], [1, 2], [2, 2], 2)?, &[1, 4, 6, 5], &[2, 2, 2, 3], [
        &[-2.0, -11.0, 19.0, -14.0, 1.0, 20.0, -15.0, 3.0, -12.0, -21.0, 22.0, 20.0, -30.0, 8.0, -12.0, -4.0, -4.0,
          -6.0, 0.0, -15.0, 10.0, 4.0, -20.0, -12.0, 1.0, 16.0, 10.0, 20.0, -14.0, -12.0],
        &[0.0, 0.0, 0.0, 0.0, 0.0, -5.0, -5.0, -7.0, 11.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -5.0, -5.0, -7.0, 11.0,
          -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -4.0, -1.0, -5.0, 7.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 11.0, -7.0, -5.0,
          -5.0, -5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 11.0, -7.0, -5.0, -5.0, -5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, -2.0,
          -4.0, -1.0, -3.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 5.0, 11.0, -7.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 5.0,
          11.0, -7.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0, 4.0, 4.0, -2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, -6.0, 3.0,
          -1.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -6.0, 3.0, -1.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -4.0,
          -2.0, 4.0, 0.0],
        &[4.0, -7.0, -11.0, 1.0, -5.0, -1.0, 6.0, -7.0, -15.0, 15.0, 17.0, -7.0, -14.0, -7.0, 3.0, -4.0, -5.0, -2.0,
          -12.0, -7.0, 10.0, -1.0, -5.0, 3.0],
    ])
}

#[test]
#[rustfmt::skip]
fn pytorch_a_tail_that_no_window_touches() -> Result<()> {
    assert_pytorch(ConvSpec::new([3, 2], [0, 1], [1, 2], 1)?, &[2, 1, 7, 6], &[1, 1, 3, 2], [
        &[2.0, -7.0, -4.0, -15.0, 20.0, -10.0, -1.0, -10.0, -7.0, 4.0, -27.0, 20.0],
        &[0.0, -7.0, 0.0, 5.0, 0.0, -2.0, 0.0, 4.0, 0.0, -2.0, 0.0, 2.0, 0.0, 1.0, 0.0, -2.0, 0.0, -1.0, 0.0, 4.0,
          0.0, 6.0, 0.0, -4.0, 0.0, -4.0, 0.0, 0.0, 0.0, 4.0, 0.0, 2.0, 0.0, -6.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0,
          0.0, 0.0, 0.0, 5.0, 0.0, -8.0, 0.0, 4.0, 0.0, -2.0, 0.0, 2.0, 0.0, -4.0, 0.0, -2.0, 0.0, 5.0, 0.0, 2.0,
          0.0, 6.0, 0.0, -7.0, 0.0, 2.0, 0.0, 0.0, 0.0, 4.0, 0.0, -2.0, 0.0, -6.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0,
          0.0, 0.0, 0.0, 0.0],
        &[-8.0, 6.0, 7.0, 8.0, 11.0, -1.0],
    ])
}

#[test]
#[rustfmt::skip]
fn pytorch_3d() -> Result<()> {
    assert_pytorch(ConvSpec::new([1, 2, 1], [0, 1, 0], [2, 1, 1], 2)?, &[1, 2, 3, 4, 3], &[2, 1, 2, 2, 1], [
        &[-6.0, -6.0, -6.0, 1.0, -9.0, 3.0, -9.0, 3.0, 15.0, 14.0, -11.0, -3.0, 34.0, -10.0, -10.0, 1.0, -7.0,
          18.0],
        &[-4.0, 2.0, -2.0, -6.0, 0.0, 6.0, 4.0, 0.0, -4.0, -3.0, 3.0, -6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
          0.0, 0.0, 0.0, 0.0, 4.0, -2.0, 2.0, 0.0, 0.0, 0.0, -4.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, -2.0, 1.0, -3.0,
          6.0, 0.0, -1.0, 2.0, 0.0, -6.0, 3.0, -3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
          0.0, 6.0, -3.0, 1.0, -2.0, 0.0, 3.0, -6.0, 0.0, 2.0, -1.0, 1.0],
        &[10.0, 30.0, -17.0, 2.0, -15.0, -10.0, 4.0, 1.0],
    ])
}
