//! Exercise 1.3: `cargo test -p ch01-naive --test exercises flipped_gradient`

use ch01_naive::{Naive, flip};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// The gradient of the input at stride 1, in one group, with padding that the kernel covers: as a forward pass.
///
/// The weight is `[K, C, R, S]`. Exchange its first two axes, flip it, choose a padding, and call `Naive.forward`.
///
/// # Errors
/// As `Naive.forward`.
pub fn flipped_gradient(spec: &ConvSpec<2>, weight: &Tensor<f64>, grad: &Tensor<f64>) -> Result<Tensor<f64>> {
    todo!()
}
