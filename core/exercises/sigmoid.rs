//! Exercise 0.2: `cargo test -p unrolled --test exercises sigmoid`

use unrolled::{Real, Result, Tensor, Var};

/// y = 1 / (1 + e⁻ˣ), elementwise.
///
/// Find dy/dx first, and write it with y alone: then the adjoint need not keep x. `Tensor::map` computes the value,
/// `Tensor::zip` the gradient.
///
/// # Errors
/// None; a `Result` like its neighbours.
pub fn sigmoid<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    todo!()
}
