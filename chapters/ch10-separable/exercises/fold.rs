//! Exercise 10.4: `cargo test -p ch10-separable --test exercises fold`

use ch10_separable::depthwise::composed;
use unrolled::{Result, Tensor};

/// A depthwise convolution `[C, 1, R, S]` with a bias `[C]` and a pointwise one `[K, C, 1, 1]` with a bias `[K]`, as one dense
/// convolution: its weight `[K, C, R, S]` and its bias `[K]`.
///
/// For this form it is right with padding as well. Why?
///
/// # Errors
/// As `composed`.
pub fn fold(depthwise: [&Tensor<f64>; 2], pointwise: [&Tensor<f64>; 2]) -> Result<[Tensor<f64>; 2]> {
    todo!()
}
