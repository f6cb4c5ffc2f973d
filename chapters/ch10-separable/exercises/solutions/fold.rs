//! Exercise 10.4.

use ch10_separable::depthwise::composed;
use unrolled::{Result, Tensor};

// ANCHOR: fold
/// A depthwise convolution with a bias and a pointwise one with a bias, as one dense convolution: its weight and its bias.
pub fn fold([depthwise, first]: [&Tensor<f64>; 2], [pointwise, second]: [&Tensor<f64>; 2]) -> Result<[Tensor<f64>; 2]> {
    let channels = first.len();
    let through = |k: usize| (0..channels).map(|c| pointwise.data()[k * channels + c] * first.data()[c]).sum::<f64>();
    Ok([composed(depthwise, pointwise)?, Tensor::from_fn(&[second.len()], |k| through(k) + second.data()[k])?])
}
// ANCHOR_END: fold
