//! Exercise 6.4: `cargo test -p ch06-conv3d --test exercises causal`

use ch02_im2col::Fused;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// A convolution of a video `[N, C, D, H, W]` with a kernel `[K, C, Q, R, S]` that doesn't look into the future: as many
/// frames come out as go in, and frame t is made of frames t, t − 1, ... of the input, with zeros before the first.
/// (A camera that is running needs that: the next frame isn't there yet.) No padding along height and width.
///
/// `ConvSpec` pads both ends alike. Pad both, and cut off what has seen the future.
///
/// # Errors
/// As `Fused.forward`.
pub fn causal(video: &Tensor<f64>, weight: &Tensor<f64>) -> Result<Tensor<f64>> {
    todo!()
}
