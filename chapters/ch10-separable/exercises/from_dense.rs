//! Exercise 10.3: `cargo test -p ch10-separable --test exercises from_dense`

use unrolled::{Result, Tensor};

/// The gradients of a column `[R, 1]` and a row `[1, S]`, from the gradient `[R, S]` of the kernel that they make together.
///
/// # Errors
/// If there is no memory for them.
pub fn from_dense(dw: &Tensor<f64>, column: &Tensor<f64>, row: &Tensor<f64>) -> Result<[Tensor<f64>; 2]> {
    todo!()
}
