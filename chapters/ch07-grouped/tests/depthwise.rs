//! [`Depthwise`] against the referee.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch07_grouped::{Depthwise, Grouped};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use unrolled::testing::{Case, Cases, gradcheck};
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, conv};

/// One input and one output channel a group.
fn cases<const D: usize>() -> Cases<D> {
    Cases { groups: 1..=8, channels: 1..=1, ..Cases::any() }
}

#[test]
fn in_one_dimension() {
    cases::<1>().assert_all(&Depthwise, &Naive);
}

#[test]
fn in_two_dimensions() {
    cases::<2>().assert_all(&Depthwise, &Naive);
}

#[test]
fn in_three_dimensions() {
    cases::<3>().assert_all(&Depthwise, &Naive);
}

/// Sizes beyond a vector and a block of rows, where blocks overlap and rows of taps are shared.
#[test]
fn beyond_one_block() {
    let large = |count| Cases { groups: 1..=3, batch: 1..=2, size: 15..=70, count, ..cases::<2>() };
    large(60).assert_agrees(&Depthwise, &Naive);
    large(60).assert_adjoint(&Depthwise);
    let dense = large(60).stride_one().no_dilation();
    Cases { kernel: [1..=9, 1..=7], padding: 0..=9, ..dense }.assert_agrees(&Depthwise, &Naive);
    Cases { size: 100..=300, count: 40, ..cases::<1>() }.assert_agrees(&Depthwise, &Naive);
    let volumes = Cases { groups: 1..=2, size: 6..=20, kernel: [1..=4, 1..=5, 1..=4], count: 40, ..cases::<3>() };
    volumes.assert_agrees(&Depthwise, &Naive);
}

/// The three passes are those of the referee, number by number: all data are whole numbers.
fn same_as_naive<T: Real, const D: usize>(case: &Case<D>) -> TestCaseResult {
    let ([x, w, dy], spec) = (case.integers::<T>(), case.shape.spec);
    prop_assert_eq!(Depthwise.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
    let dx = Depthwise.grad_input(&spec, x.shape(), &w, &dy)?;
    prop_assert_eq!(dx, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
    let dw = Depthwise.grad_weight(&spec, &x, w.shape(), &dy)?;
    prop_assert_eq!(dw, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
    Ok(())
}

/// Two to five output channels for each input channel. The harness draws input and output channels from
/// one range, so here its cases get outputs of their own.
#[test]
fn with_more_outputs_than_inputs() {
    fn check<const D: usize>(cases: Cases<D>) {
        cases.check(|case| {
            let shape = ConvShape { k: 2 + (case.seed % 4) as usize, ..case.shape };
            same_as_naive::<f32, D>(&Case { shape, ..*case })?;
            same_as_naive::<f64, D>(&Case { shape, ..*case })
        });
    }
    check(cases::<1>());
    check(cases::<2>());
    check(cases::<3>());
    check(Cases { groups: 1..=3, size: 15..=40, count: 40, ..cases::<2>() });

    let spec = ConvSpec { groups: 2, padding: [1, 0], stride: [1, 2], ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[2, 2, 4, 5], &[6, 1, 3, 2]).expect("a valid layer");
    let [x, w, _] = Case { shape, seed: 3 }.reals();
    gradcheck(|v| conv(&Depthwise, &spec, &v[0], &v[1], None), &[x, w]);
}

#[test]
fn more_channels_in_a_group_are_refused_with_the_way_out() -> Result<()> {
    let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
    let (x, w) = (Tensor::full(&[1, 4, 5], 1.0_f32)?, Tensor::full(&[2, 2, 3], 1.0)?);
    let y = Fused.forward(&spec, &x, &w)?;
    let refused = [
        Depthwise.forward(&spec, &x, &w),
        Depthwise.grad_input(&spec, x.shape(), &w, &y),
        Depthwise.grad_weight(&spec, &x, w.shape(), &y),
    ];
    for result in refused {
        let message = result.expect_err("two channels a group").to_string();
        let expected = "input channels of a group: got 2, expected 1, as Depthwise takes; Grouped or Fused take more";
        assert_eq!(message, expected);
    }
    assert_eq!(Grouped(Fused).forward(&spec, &x, &w)?, y);
    Ok(())
}

/// Strides, dilations and paddings that would make a layout of every phase or every hole enormous.
#[test]
fn extreme_steps() {
    let large = 1 << 40;
    for (stride, padding, dilation, kernel) in
        [(large, 0, 1, 3), (large, large, large, 2), (1 << 20, 3, 1, 2), (7, 100, 200, 2), (large, 2, 1, 1)]
    {
        let spec = ConvSpec { stride: [stride], padding: [padding], dilation: [dilation], groups: 2 };
        let shape = spec.resolve(&[1, 2, 9], &[2, 1, kernel]).expect("a valid layer");
        same_as_naive::<f32, 1>(&Case { shape, seed: 5 }).expect("the referee's numbers");
    }
}

/// A layout that memory can't hold is an error, not an abort.
#[test]
fn a_dilation_too_large_for_memory_is_refused() -> Result<()> {
    let far = 1 << 50;
    let spec = ConvSpec { padding: [far], dilation: [2 * far], ..ConvSpec::<1>::default() };
    let (x, w, y) = (Tensor::full(&[1, 1, 9], 1.0_f32)?, Tensor::full(&[1, 1, 2], 1.0)?, Tensor::zeros(&[1, 1, 9])?);
    assert!(Depthwise.forward(&spec, &x, &w).is_err());
    assert!(Depthwise.grad_input(&spec, x.shape(), &w, &y).is_err());
    assert!(Depthwise.grad_weight(&spec, &x, w.shape(), &y).is_err());
    Ok(())
}

/// 0 · ∞ isn't 0: what isn't a number shows in the output, whatever the weight.
#[test]
fn a_weight_of_zero_hides_nothing() -> Result<()> {
    let spec = ConvSpec { padding: [1], ..ConvSpec::<1>::default() };
    let x = Tensor::new(&[1, 1, 4], vec![1.0_f32, f32::INFINITY, 2.0, 3.0])?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 0.0, 1.0])?;
    let y = Depthwise.forward(&spec, &x, &w)?;
    assert!(y.data()[0].is_infinite() && y.data()[1].is_nan() && y.data()[2].is_infinite() && y.data()[3] == 2.0);
    Ok(())
}
