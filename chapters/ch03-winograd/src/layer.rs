//! The differentiable layer.

use crate::Winograd;
use unrolled::{ConvSpec, Real, Result, Tensor, Var, conv};

/// The differentiable convolution by tiles of a size that suits the kernel: F(4, r) along each axis for up to
/// three taps, F(2, r) for more.
///
/// Input `[N, C, ...]`, weight `[K, C/groups, ...]`, bias `[K]`, result `[N, K, ...]`; one or two dimensions,
/// stride 1, dilation 1. To choose the tile, call [`conv`](fn@conv) with a [`Winograd`] of your own.
///
/// ```
/// use ch03_winograd::conv_winograd;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let x = Var::constant(Tensor::<f32>::full(&[2, 3, 8, 8], 1.0)?);
/// let w = Var::parameter(Tensor::full(&[16, 3, 5, 5], 2.0)?);
/// let b = Var::parameter(Tensor::full(&[16], 0.5)?);
/// let y = conv_winograd(&ConvSpec::<2>::default(), &x, &w, Some(&b))?;
/// assert_eq!(y.value().shape(), [2, 16, 4, 4]);
/// assert!((y.value().data()[0] - (3.0 * 25.0 * 2.0 + 0.5)).abs() < 1e-3);
///
/// y.backward_from(Tensor::full(&[2, 16, 4, 4], 1.0)?)?;
/// assert!((w.grad().unwrap().data()[0] - 2.0 * 16.0).abs() < 1e-3); // images × positions
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`Convolution`](unrolled::Convolution) of [`Winograd`], and if the bias isn't `[K]`.
// ANCHOR: layer
pub fn conv_winograd<T: Real, const D: usize>(
    spec: &ConvSpec<D>,
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>> {
    let taps = weight.value().shape().iter().skip(2).copied().max();
    match taps {
        Some(4..) => conv(&Winograd::<2>, spec, input, weight, bias),
        _ => conv(&Winograd::<4>, spec, input, weight, bias),
    }
}
// ANCHOR_END: layer
