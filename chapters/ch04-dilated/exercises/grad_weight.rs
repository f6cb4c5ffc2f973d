//! Exercise 4.4: `cargo test -p ch04-dilated --test exercises grad_weight`

use ch01_naive::Naive;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// The gradient of the weight of a dilated convolution of stride 1, in one group: as a forward pass.
///
/// Images become channels, `[N, C, ...]` to `[C, N, ...]`; `grad` is the kernel; and dilation becomes what changes places
/// with it.
///
/// # Errors
/// As `Naive.forward`.
pub fn grad_weight(spec: &ConvSpec<2>, input: &Tensor<f64>, grad: &Tensor<f64>) -> Result<Tensor<f64>> {
    todo!()
}
