//! Flattened: three kernels of one dimension, across the channels, down the height, along the width.
//!
//! Jin, Dundar, Culurciello, "Flattened Convolutional Neural Networks for Feedforward Acceleration"
//! (2015). (The paper calls the kernel across the channels lateral; other texts call so the one along
//! the width. The paper's layer is two such pipelines in a row, with a bias behind every kernel.)

use crate::pipeline::{along, check_weight, one_group, pipeline};
use unrolled::{ChannelBias, ConvSpec, Convolution, Error, Real, Result, Tensor, Var};

/// The three convolutions that stand for one with this specification and K output channels: 1 × 1, then
/// down the height and along the width, each channel by itself.
///
/// # Errors
/// If `spec` has groups, or there are no output channels.
pub fn steps(spec: &ConvSpec<2>, k: usize) -> Result<[ConvSpec<2>; 3]> {
    one_group(spec)?;
    if k == 0 {
        return Err(Error::argument("output channels", k, "at least 1"));
    }
    let [vertical, horizontal] = [0, 1].map(|axis| ConvSpec { groups: k, ..along(spec, axis) });
    Ok([ConvSpec::default(), vertical, horizontal])
}

/// The flattened convolution: across the channels, down the height, along the width.
///
/// Input `[N, C, H, W]`, weights `[K, C, 1, 1]`, `[K, 1, R, 1]` and `[K, 1, 1, S]`, bias `[K]`, result
/// `[N, K, Y, X]`. Each output channel is one product of three vectors: K (C + R + S) weights,
/// against K C R S of the dense convolution.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch10_separable::flattened;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let images = Var::constant(Tensor::<f32>::full(&[1, 3, 7, 7], 1.0)?);
/// let channel = Var::parameter(Tensor::full(&[4, 3, 1, 1], 1.0)?);
/// let vertical = Var::parameter(Tensor::full(&[4, 1, 3, 1], 1.0)?);
/// let horizontal = Var::parameter(Tensor::full(&[4, 1, 1, 5], 1.0)?);
/// let y = flattened(&Fused, &ConvSpec::default(), &images, [&channel, &vertical, &horizontal], None)?;
/// assert_eq!(y.value(), Tensor::full(&[1, 4, 5, 3], 3.0 * 3.0 * 5.0)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `spec` has groups, a weight has another layout, or as [`conv`](fn@unrolled::conv).
// ANCHOR: layer
pub fn flattened<V: ChannelBias + 'static, A: Convolution<V, 2> + Clone + 'static>(
    algorithm: &A,
    spec: &ConvSpec<2>,
    input: &Var<V>,
    [channel, vertical, horizontal]: [&Var<V>; 3],
    bias: Option<&Var<V>>,
) -> Result<Var<V>> {
    let [k, ..] = check(channel.value().shape(), vertical.value().shape(), horizontal.value().shape())?;
    pipeline(algorithm, &steps(spec, k)?, input, &[channel, vertical, horizontal], bias)
}
// ANCHOR_END: layer

/// The sizes [K, C, R, S] of three weights that fit each other.
fn check(channel: &[usize], vertical: &[usize], horizontal: &[usize]) -> Result<[usize; 4]> {
    let one = Some(1);
    let [k, c, ..] = check_weight("channel", channel, [None, None, one, one], "[K, C, 1, 1]")?;
    let layout = |axes| format!("[{k}, 1, {axes}], for the {k} channels that the first makes");
    let [_, _, r, _] = check_weight("vertical", vertical, [Some(k), one, None, one], &layout("R, 1"))?;
    let [.., s] = check_weight("horizontal", horizontal, [Some(k), one, one, None], &layout("1, S"))?;
    Ok([k, c, r, s])
}

// ANCHOR: composed
/// The dense kernel `[K, C, R, S]` that weights `[K, C, 1, 1]`, `[K, 1, R, 1]` and `[K, 1, 1, S]` make:
/// `W[k,c,r,s] = channel[k,c] vertical[k,r] horizontal[k,s]`.
///
/// # Errors
/// If a weight has another layout.
pub fn composed<T: Real>(channel: &Tensor<T>, vertical: &Tensor<T>, horizontal: &Tensor<T>) -> Result<Tensor<T>> {
    let [k, c, r, s] = check(channel.shape(), vertical.shape(), horizontal.shape())?;
    Tensor::from_fn(&[k, c, r, s], |i| {
        let [k, r_, s_] = [i / (c * r * s), i / s % r, i % s];
        channel.data()[i / (r * s)] * vertical.data()[k * r + r_] * horizontal.data()[k * s + s_]
    })
}
// ANCHOR_END: composed
