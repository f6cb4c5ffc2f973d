//! Numbers that PyTorch 2.15 computes, with every kind of output_padding.

use ch02_im2col::Fused;
use ch05_transposed::conv_transpose;
use unrolled::{ConvSpec, Result, Tensor, Var};

/// Numbers without a pattern that stride, dilation or a transpose could hide behind.
fn pattern(shape: &[usize], factor: usize, modulus: usize) -> Tensor<f64> {
    let half = (modulus / 2) as f64;
    Tensor::from_fn(shape, |i| (i * factor % modulus) as f64 - half).expect("a small shape")
}

/// Compares output, gradient of the input and gradient of the weight.
fn assert_pytorch<const D: usize>(
    spec: ConvSpec<D>,
    output_padding: [usize; D],
    input: &[usize],
    weight: &[usize],
    [y, dx, dw]: [&[f64]; 3],
) -> Result<()> {
    let (x, w) = (Var::parameter(pattern(input, 7, 11)), Var::parameter(pattern(weight, 5, 7)));
    let out = conv_transpose(&Fused, &spec, output_padding, &x, &w, None)?;
    out.backward_from(pattern(out.value().shape(), 3, 5))?;
    assert_eq!(out.value().data(), y);
    assert_eq!(x.grad().expect("a gradient").data(), dx);
    assert_eq!(w.grad().expect("a gradient").data(), dw);
    Ok(())
}

#[test]
#[rustfmt::skip]
fn groups_1d() -> Result<()> {
    assert_pytorch(ConvSpec::new([2], [1], [1], 2)?, [1], &[1, 4, 3], &[4, 1, 3], [
        &[5.0, -3.0, 7.0, 13.0, -13.0, -3.0, -18.0, 17.0, 2.0, 1.0, 22.0, -23.0],
        &[-4.0, -5.0, -6.0, -5.0, -3.0, -6.0, -5.0, -5.0, 8.0, -5.0, -4.0, 7.0],
        &[-2.0, 8.0, 3.0, -5.0, -11.0, 13.0, 0.0, 12.0, -8.0, 1.0, 11.0, -8.0],
    ])
}

#[test]
#[rustfmt::skip]
fn an_oblong_kernel_2d() -> Result<()> {
    assert_pytorch(ConvSpec::new([2, 3], [1, 0], [2, 1], 1)?, [1, 2], &[2, 2, 2, 2], &[2, 1, 2, 2], [
        &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 17.0, 7.0, 0.0, -12.0, 15.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
          0.0, 0.0, -4.0, -8.0, 0.0, 0.0, -10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 16.0, 5.0,
          0.0, 20.0, -9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -5.0, -13.0, 0.0, -1.0, 7.0, 0.0,
          0.0],
        &[-4.0, -2.0, 9.0, 12.0, -5.0, -1.0, 1.0, 1.0, -2.0, 0.0, 12.0, -10.0, -1.0, -2.0, 1.0, 1.0],
        &[-16.0, 0.0, 18.0, -28.0, -12.0, 13.0, 0.0, -11.0],
    ])
}

#[test]
#[rustfmt::skip]
fn volumes_3d() -> Result<()> {
    assert_pytorch(ConvSpec::new([1, 2, 1], [0, 1, 0], [1, 1, 2], 1)?, [0, 1, 0], &[1, 1, 2, 2, 2], &[1, 2, 2, 2, 2], [
        &[0.0, 0.0, 10.0, -4.0, 6.0, -15.0, -4.0, 10.0, 0.0, 0.0, 4.0, -10.0, 5.0, -2.0, 13.0, 0.0, -18.0,
          15.0, 6.0, 5.0, 2.0, -5.0, -2.0, -15.0, -1.0, 3.0, -3.0, 9.0, 12.0, 0.0, 4.0, 0.0, -4.0, 0.0,
          -12.0, 0.0, 10.0, -4.0, -15.0, 6.0, -4.0, 10.0, 0.0, 0.0, 4.0, -10.0, -6.0, 15.0, 13.0, 0.0, -7.0,
          -5.0, 6.0, 5.0, 2.0, -5.0, -2.0, -15.0, 8.0, 10.0, -3.0, 9.0, 2.0, -6.0, 4.0, 0.0, -4.0, 0.0,
          -12.0, 0.0, 8.0, 0.0],
        &[-3.0, 4.0, 15.0, 2.0, -9.0, 13.0, -1.0, 11.0],
        &[-6.0, 1.0, -7.0, 20.0, 1.0, -12.0, 20.0, 12.0, 5.0, 12.0, -11.0, -14.0, 12.0, -6.0, -14.0, -7.0],
    ])
}

#[test]
#[rustfmt::skip]
fn output_padding_between_stride_and_dilation() -> Result<()> {
    assert_pytorch(ConvSpec::new([1], [1], [2], 1)?, [1], &[1, 1, 4], &[1, 2, 3], [
        &[-6.0, -4.0, -11.0, -4.0, 10.0, 0.0, 0.0, -4.0, -11.0, -4.0, -11.0, 17.0, -2.0, 5.0],
        &[6.0, 7.0, -10.0, 8.0],
        &[-11.0, -11.0, -1.0, -6.0, -1.0, 24.0],
    ])
}

#[test]
#[rustfmt::skip]
fn output_padding_of_two_strides_in_groups() -> Result<()> {
    assert_pytorch(ConvSpec::new([2], [2], [5], 2)?, [4], &[2, 2, 3], &[2, 1, 2], [
        &[-6.0, 0.0, 6.0, -10.0, 0.0, 4.0, 0.0, -4.0, 0.0, 0.0, 0.0, 0.0, 0.0, -10.0, 0.0, -2.0, 0.0, 6.0,
          0.0, 0.0, 0.0, 0.0, 12.0, 8.0, 0.0, 0.0, 0.0, -8.0, 0.0, 0.0, 0.0, 0.0, 0.0, -6.0, 0.0, 2.0, 0.0,
          10.0, 0.0, 0.0],
        &[4.0, 2.0, 1.0, -4.0, 4.0, 2.0, 4.0, 2.0, 1.0, -4.0, 4.0, 2.0],
        &[2.0, 0.0, 8.0, 24.0],
    ])
}
