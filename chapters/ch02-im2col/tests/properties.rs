//! Both versions against the referee, over random shapes.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

#[test]
fn im2col_in_one_dimension() {
    Cases::<1>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn im2col_in_two_dimensions() {
    Cases::<2>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn im2col_in_three_dimensions() {
    Cases::<3>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn fused_in_one_dimension() {
    Cases::<1>::any().assert_all(&Fused, &Naive);
}

#[test]
fn fused_in_two_dimensions() {
    Cases::<2>::any().assert_all(&Fused, &Naive);
}

#[test]
fn fused_in_three_dimensions() {
    Cases::<3>::any().assert_all(&Fused, &Naive);
}

/// Many channels on small maps: what lies between their short lines is left out.
#[test]
fn fused_on_short_lines() {
    let short = Cases { channels: 10..=40, size: 5..=13, batch: 1..=2, groups: 1..=2, count: 48, ..Cases::<2>::any() };
    short.assert_agrees(&Fused, &Naive);
    short.assert_adjoint(&Fused);
    let volumes = Cases { channels: 10..=20, size: 4..=7, batch: 1..=1, count: 12, ..Cases::<3>::any() };
    volumes.assert_agrees(&Fused, &Naive);
}

/// Kernels of one tap read the input as it is, up to its end.
#[test]
fn fused_pointwise() {
    let pointwise = Cases { padding: 0..=1, stride: 1..=2, size: 1..=20, count: 64, ..Cases::<2>::any() };
    pointwise.kernel([1, 1]).assert_all(&Fused, &Naive);
}

/// Sizes beyond one tile of the micro-kernel, one block of its depth and one block of lines.
#[test]
fn fused_beyond_one_block() {
    let large = Cases { channels: 1..=20, size: 30..=70, batch: 0..=2, count: 40, ..Cases::<2>::any() };
    large.assert_agrees(&Fused, &Naive);
    large.assert_adjoint(&Fused);
    let deep = Cases { channels: 30..=70, kernel: [3..=5, 3..=5], size: 4..=9, count: 20, ..Cases::<2>::any() };
    deep.assert_agrees(&Fused, &Naive);
    let volumes = Cases { channels: 1..=9, size: 6..=12, count: 20, ..Cases::<3>::any() };
    volumes.assert_agrees(&Fused, &Naive);
}

/// Strides and dilations that would make a layout of every phase or every hole enormous, where few of them are read.
#[test]
fn fused_takes_extreme_steps() -> Result<()> {
    let large = 1 << 40;
    for (stride, padding, dilation, kernel) in
        [(large, 0, 1, 3), (large, large, large, 2), (1 << 20, 3, 1, 2), (7, 100, 200, 2), (large, 2, 1, 1)]
    {
        let spec = ConvSpec { stride: [stride], padding: [padding], dilation: [dilation], groups: 2 };
        let shape = spec.resolve(&[1, 4, 9], &[6, 2, kernel])?;
        let [x, w, dy] = Case { shape, seed: 5 }.integers::<f32>();
        assert_eq!(Fused.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
        let dx = Fused.grad_input(&spec, x.shape(), &w, &dy)?;
        assert_eq!(dx, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
        let dw = Fused.grad_weight(&spec, &x, w.shape(), &dy)?;
        assert_eq!(dw, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
    }
    Ok(())
}

/// A layout that memory can't hold is an error, not an abort.
#[test]
fn fused_refuses_what_memory_cannot_hold() -> Result<()> {
    let far = 1 << 50;
    let spec = ConvSpec { padding: [far], dilation: [2 * far], ..ConvSpec::<1>::default() };
    let (x, w, y) = (Tensor::full(&[1, 1, 9], 1.0_f32)?, Tensor::full(&[1, 1, 2], 1.0)?, Tensor::zeros(&[1, 1, 9])?);
    assert!(Fused.forward(&spec, &x, &w).is_err());
    assert!(Fused.grad_input(&spec, x.shape(), &w, &y).is_err());
    assert!(Fused.grad_weight(&spec, &x, w.shape(), &y).is_err());
    Ok(())
}
