//! `Strided` against the referee, over random shapes, by every inner algorithm.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use ch04_dilated::Strided;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Tensor};

/// Strides that divide the kernel and that don't, and such as are larger than it.
fn cases<const D: usize>() -> Cases<D> {
    Cases { stride: 1..=if D < 3 { 5 } else { 3 }, count: 64, ..Cases::any() }.no_dilation().one_group()
}

#[test]
fn naive_in_one_dimension() {
    cases::<1>().assert_all(&Strided(Naive), &Naive);
}

#[test]
fn naive_in_two_dimensions() {
    cases::<2>().assert_all(&Strided(Naive), &Naive);
}

#[test]
fn naive_in_three_dimensions() {
    Cases { count: 24, ..cases::<3>() }.assert_all(&Strided(Naive), &Naive);
}

#[test]
fn fused_in_two_dimensions() {
    cases::<2>().assert_all(&Strided(Fused), &Naive);
}

/// A strided kernel on an algorithm that takes no stride; its error is up to `tolerance` times that of the plain sum.
fn winograd(taps: [usize; 2], stride: usize, tolerance: f64) -> Cases<2> {
    Cases { stride: stride..=stride, exact: false, tolerance, count: 32, ..cases::<2>().kernel(taps) }
}

#[test]
fn winograd_of_three_taps_at_stride_two() {
    winograd([3, 3], 2, 16.0).assert_all(&Strided(Winograd::<4>), &Naive);
}

#[test]
fn winograd_of_four_and_of_seven_taps_at_stride_two() {
    winograd([4, 4], 2, 16.0).assert_all(&Strided(Winograd::<4>), &Naive);
    winograd([7, 7], 2, 32.0).assert_all(&Strided(Winograd::<2>), &Naive);
}

/// Each phase's taps at their places: stride 2, 3 taps, an input whose last position no window touches.
#[test]
fn by_hand() {
    let spec = ConvSpec { stride: [2], ..ConvSpec::<1>::default() };
    let x: Tensor = Tensor::new(&[1, 1, 6], vec![1.0, 10.0, 100.0, 2.0, 20.0, 200.0]).unwrap();
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0]).unwrap();
    let y = Strided(Naive).forward(&spec, &x, &w).unwrap();
    assert_eq!(y.data(), [321.0, 164.0]);
    let dx = Strided(Naive).grad_input(&spec, &[1, 1, 6], &w, &y).unwrap();
    assert_eq!(dx.data(), [321.0, 642.0, 963.0 + 164.0, 328.0, 492.0, 0.0]);
}

#[test]
fn what_it_is_not_for_is_refused() {
    let x: Tensor = Tensor::zeros(&[1, 4, 9]).unwrap();
    let refused = |dilation, groups| {
        let spec = ConvSpec { stride: [2], dilation: [dilation], groups, padding: [0] };
        let w = Tensor::zeros(&[4, 4 / groups, 3]).unwrap();
        Strided(Fused).forward(&spec, &x, &w).unwrap_err().to_string()
    };
    assert!(refused(2, 1).starts_with("dilation of a strided convolution: got [2], expected 1 along every axis"));
    assert!(refused(1, 2).starts_with("groups of a strided convolution: got 2, expected 1"));
}
