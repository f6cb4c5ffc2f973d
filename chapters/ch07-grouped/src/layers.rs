//! The differentiable layers.

use crate::{Depthwise, Grouped};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor, Var, conv};

/// The differentiable grouped convolution, with `algorithm` inside each group.
///
/// Input `[N, C, ...]`, weight `[K, C/groups, ...]`, bias `[K]`, result `[N, K, ...]`; gradients flow to all three.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch07_grouped::conv_grouped;
/// use unrolled::{ConvSpec, Tensor, Var, nn};
///
/// let spec = ConvSpec { groups: 2, padding: [1, 1], ..ConvSpec::<2>::default() };
/// let x = Var::constant(Tensor::<f32>::full(&[1, 4, 5, 5], 1.0)?);
/// let w = Var::parameter(Tensor::full(&[6, 2, 3, 3], 1.0)?);
/// let y = conv_grouped(&Fused, &spec, &x, &w, None)?;
/// assert_eq!(y.value().shape(), [1, 6, 5, 5]);
/// assert_eq!(y.value().at(&[0, 0, 2, 2]), Some(18.0)); // two channels, nine taps each
///
/// nn::sum(&y)?.backward()?;
/// assert_eq!(w.grad().unwrap().shape(), [6, 2, 3, 3]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`unrolled::conv()`], and if `algorithm` refuses the convolution of a group.
pub fn conv_grouped<A, T, const D: usize>(
    algorithm: &A,
    spec: &ConvSpec<D>,
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>>
where
    A: Convolution<Tensor<T>, D> + Clone + 'static,
    T: Real,
{
    conv(&Grouped(algorithm.clone()), spec, input, weight, bias)
}

/// The differentiable depthwise convolution: every channel of the input is a group of its own, whatever
/// `spec.groups` says.
///
/// Input `[N, C, ...]`, weight `[C·m, 1, ...]`, bias `[C·m]`, result `[N, C·m, ...]`: m outputs for each input channel.
///
/// ```
/// use ch07_grouped::depthwise_conv;
/// use unrolled::{ConvSpec, Tensor, Var, nn};
///
/// // Each channel has a kernel for itself: a difference for the first, a sum for the second.
/// let x = Var::parameter(Tensor::<f32>::new(&[1, 2, 4], vec![1.0, 2.0, 4.0, 8.0, 1.0, 1.0, 2.0, 3.0])?);
/// let w = Var::parameter(Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 1.0, 1.0])?);
/// let y = depthwise_conv(&ConvSpec::<1>::default(), &x, &w, None)?;
/// assert_eq!(y.value().data(), [1.0, 2.0, 4.0, 2.0, 3.0, 5.0]);
///
/// nn::sum(&y)?.backward()?;
/// assert_eq!(x.grad().unwrap().data(), [-1.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 1.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`unrolled::conv()`].
pub fn depthwise_conv<T: Real, const D: usize>(
    spec: &ConvSpec<D>,
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>> {
    let groups = input.value().shape().get(1).map_or(1, |&channels| channels.max(1));
    conv(&Depthwise, &ConvSpec { groups, ..*spec }, input, weight, bias)
}
