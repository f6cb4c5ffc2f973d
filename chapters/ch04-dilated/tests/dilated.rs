//! `Dilated` against the referee, over random shapes, by every inner algorithm.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch04_dilated::Dilated;
use std::cell::Cell;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// Dilations that divide the output and that don't, and such as are larger than it.
fn cases<const D: usize>() -> Cases<D> {
    Cases { dilation: 1..=if D < 3 { 5 } else { 3 }, count: 64, ..Cases::any() }.stride_one()
}

#[test]
fn naive_in_one_dimension() {
    cases::<1>().assert_all(&Dilated(Naive), &Naive);
}

#[test]
fn naive_in_two_dimensions() {
    cases::<2>().assert_all(&Dilated(Naive), &Naive);
}

#[test]
fn naive_in_three_dimensions() {
    Cases { count: 24, ..cases::<3>() }.assert_all(&Dilated(Naive), &Naive);
}

#[test]
fn fused_in_one_dimension() {
    cases::<1>().assert_all(&Dilated(Fused), &Naive);
}

#[test]
fn fused_in_two_dimensions() {
    cases::<2>().assert_all(&Dilated(Fused), &Naive);
}

#[test]
fn fused_in_three_dimensions() {
    cases::<3>().assert_all(&Dilated(Fused), &Naive);
}

/// Enough channels that the copies are cut into several tasks.
#[test]
fn beyond_one_task() {
    let large = Cases { channels: 5..=9, size: 30..=50, batch: 1..=2, count: 6, ..cases::<2>() };
    large.assert_agrees(&Dilated(Im2col), &Naive);
    large.assert_adjoint(&Dilated(Im2col));
}

#[test]
fn without_dilation_it_is_the_inner_algorithm() {
    Cases::<2>::any().no_dilation().assert_all(&Dilated(Fused), &Naive); // strides included
}

/// A dilated kernel on an algorithm that takes no dilation; its error is up to `tolerance` times that of the plain sum.
fn winograd<const D: usize>(taps: [usize; D], tolerance: f64) -> Cases<D> {
    Cases { exact: false, tolerance, size: 1..=20, ..cases() }.kernel(taps)
}

#[test]
fn winograd_2_is_exact_on_integers() {
    Cases { exact: true, ..winograd([3, 3], 4.0) }.assert_all(&Dilated(Winograd::<2>), &Naive);
}

#[test]
fn winograd_4() {
    winograd([3, 3], 16.0).assert_all(&Dilated(Winograd::<4>), &Naive);
}

#[test]
fn winograd_5_by_5() {
    winograd([5, 5], 16.0).assert_all(&Dilated(Winograd::<2>), &Naive);
}

#[test]
fn winograd_in_one_dimension() {
    winograd([3], 8.0).assert_all(&Dilated(Winograd::<4>), &Naive);
}

/// Passes on to `Naive`, and counts the calls; refuses what `Dilated` promises to take off.
#[derive(Clone, Default)]
struct Dense(std::rc::Rc<Cell<usize>>);

impl Dense {
    fn called<const D: usize>(&self, spec: &ConvSpec<D>) {
        assert_eq!(*spec, ConvSpec { groups: spec.groups, ..ConvSpec::default() });
        self.0.set(self.0.get() + 1);
    }
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Dense {
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        self.called(spec);
        Naive.forward(spec, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<D>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        self.called(spec);
        Naive.grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        self.called(spec);
        Naive.grad_weight(spec, x, w, dy)
    }
}

#[test]
fn the_inner_algorithm_sees_one_dense_convolution() {
    Cases { dilation: 2..=4, count: 32, ..cases::<2>() }.check(|case| {
        let dense = Dense::default();
        case.passes(&Dilated(dense.clone()), &case.integers::<f32>())?;
        assert_eq!(dense.0.get(), 3);
        Ok(())
    });
}

#[test]
fn a_stride_is_refused_with_the_way_out() -> Result<()> {
    let spec = ConvSpec::<2>::new([1, 2], [0, 0], [1, 2], 1)?;
    let (x, w) = (Tensor::<f32>::zeros(&[1, 1, 9, 9])?, Tensor::zeros(&[1, 1, 3, 3])?);
    let dy = Naive.forward(&spec, &x, &w)?;
    let algorithm = Dilated(Naive);
    for result in [
        algorithm.forward(&spec, &x, &w),
        algorithm.grad_input(&spec, x.shape(), &w, &dy),
        algorithm.grad_weight(&spec, &x, w.shape(), &dy),
    ] {
        let text = result.unwrap_err().to_string();
        assert!(text.starts_with("stride of a dilated convolution: got [1, 2], expected 1"), "{text}");
        assert!(text.contains("Im2col and Fused") && !text.contains('\n'), "{text}");
    }
    Ok(())
}
