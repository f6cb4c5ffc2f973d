//! Exercise 0.3: `cargo test -p unrolled --test exercises running_sum`

use unrolled::{Real, Result, Tensor, Var};

/// The running sum of `[n]`: `y[i] = x[0] + ... + x[i]`.
///
/// Write down its matrix for n = 4, and the transpose. What does the transpose compute?
///
/// # Errors
/// If `x` hasn't one axis.
pub fn running_sum<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    todo!()
}
