//! Exercise 6.4.

use ch02_im2col::Fused;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// A convolution that doesn't look into the future.
// ANCHOR: causal
pub fn causal(video: &Tensor<f64>, weight: &Tensor<f64>) -> Result<Tensor<f64>> {
    let past = weight.shape()[2] - 1;
    let both = Fused.forward(&ConvSpec { padding: [past, 0, 0], ..ConvSpec::<3>::default() }, video, weight)?;
    // Output z of these is made of frames z − past to z: frame t is where it should be, and the last ones are too many.
    let &[n, k, all, y, x] = both.shape() else { panic!("[N, K, Z, Y, X]") };
    let (frames, area) = (all - past, y * x);
    let place = |i: usize| i / (frames * area) * all * area + i % (frames * area);
    Tensor::from_fn(&[n, k, frames, y, x], |i| both.data()[place(i)])
}
// ANCHOR_END: causal
