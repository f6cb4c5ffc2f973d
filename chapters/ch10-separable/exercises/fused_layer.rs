//! Exercise 10.5: `cargo test -p ch10-separable --test exercises fused_layer`

use ch01_naive::Naive;
use ch10_separable::depthwise::{composed, steps};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var};

/// The depthwise separable convolution as one operation on the tape, which keeps nothing of the tensor in the middle.
///
/// Forward, use what you like: `composed` and one dense convolution will do. Backward, `Var::op(y)` takes an adjoint for each
/// input: `.input(x, move |dy| ...)`. The middle that the pointwise weight's gradient needs is computed again.
///
/// # Errors
/// If the shapes don't fit.
pub fn fused_layer(
    spec: &ConvSpec<2>,
    input: &Var<Tensor<f64>>,
    [depthwise, pointwise]: [&Var<Tensor<f64>>; 2],
) -> Result<Var<Tensor<f64>>> {
    todo!()
}
