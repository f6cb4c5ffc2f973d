//! Depthwise separable: a kernel for each channel, then a mixture of the channels.
//!
//! Sifre, "Rigid-Motion Scattering for Image Classification" (2014); Chollet, "Xception: Deep Learning
//! with Depthwise Separable Convolutions" (2017); Howard et al., "MobileNets" (2017). MobileNet has a
//! normalisation and an activation behind each of the two, Xception none in between, as here.

use crate::pipeline::{check_weight, one_group, pipeline};
use unrolled::{ChannelBias, ConvSpec, Convolution, Error, Real, Result, Tensor, Var};

/// The two convolutions that stand for one with this specification: each channel by itself, then 1 × 1.
///
/// # Errors
/// If `spec` has groups, or there are no channels.
pub fn steps(spec: &ConvSpec<2>, channels: usize) -> Result<[ConvSpec<2>; 2]> {
    one_group(spec)?;
    if channels == 0 {
        return Err(Error::argument("channels", channels, "at least 1"));
    }
    Ok([ConvSpec { groups: channels, ..*spec }, ConvSpec::default()])
}

/// The depthwise separable convolution: a kernel of R × S for each channel, then 1 × 1 across them.
///
/// Input `[N, C, H, W]`, weights `[C, 1, R, S]` and `[K, C, 1, 1]`, bias `[K]`, result `[N, K, Y, X]`.
/// Stride, padding and dilation are those of the first. Weights: R S C + C K, against R S C K of the
/// dense convolution.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch10_separable::depthwise_separable;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let images = Var::constant(Tensor::<f32>::full(&[1, 8, 32, 32], 1.0)?);
/// let depthwise = Var::parameter(Tensor::full(&[8, 1, 3, 3], 1.0)?);
/// let pointwise = Var::parameter(Tensor::full(&[4, 8, 1, 1], 0.5)?);
/// let y = depthwise_separable(&Fused, &ConvSpec::default(), &images, [&depthwise, &pointwise], None)?;
/// assert_eq!(y.value(), Tensor::full(&[1, 4, 30, 30], 9.0 * 8.0 * 0.5)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `spec` has groups, a weight has another layout, or as [`conv`](fn@unrolled::conv).
// ANCHOR: layer
pub fn depthwise_separable<V: ChannelBias + 'static, A: Convolution<V, 2> + Clone + 'static>(
    algorithm: &A,
    spec: &ConvSpec<2>,
    input: &Var<V>,
    [depthwise, pointwise]: [&Var<V>; 2],
    bias: Option<&Var<V>>,
) -> Result<Var<V>> {
    let [_, c, ..] = sizes(depthwise.value().shape(), pointwise.value().shape())?;
    pipeline(algorithm, &steps(spec, c)?, input, &[depthwise, pointwise], bias)
}
// ANCHOR_END: layer

/// The sizes `[K, C, R, S]` of two weights that fit each other, from their shapes.
///
/// # Errors
/// If one has another layout than `[C, 1, R, S]` and `[K, C, 1, 1]`.
pub fn sizes(depthwise: &[usize], pointwise: &[usize]) -> Result<[usize; 4]> {
    let [c, _, r, s] = check_weight("depthwise", depthwise, [None, Some(1), None, None], "[C, 1, R, S]")?;
    let layout = format!("[K, {c}, 1, 1], for the {c} channels of the depthwise weight");
    let [k, ..] = check_weight("pointwise", pointwise, [None, Some(c), Some(1), Some(1)], &layout)?;
    Ok([k, c, r, s])
}

// ANCHOR: composed
/// The dense kernel `[K, C, R, S]` that a depthwise weight `[C, 1, R, S]` and a pointwise one
/// `[K, C, 1, 1]` make: `W[k,c,r,s] = pointwise[k,c] depthwise[c,r,s]`.
///
/// # Errors
/// If a weight has another layout.
pub fn composed<T: Real>(depthwise: &Tensor<T>, pointwise: &Tensor<T>) -> Result<Tensor<T>> {
    let [k, c, r, s] = sizes(depthwise.shape(), pointwise.shape())?;
    Tensor::from_fn(&[k, c, r, s], |i| pointwise.data()[i / (r * s)] * depthwise.data()[i % (c * r * s)])
}
// ANCHOR_END: composed
