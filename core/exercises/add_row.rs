//! Exercise 0.4: `cargo test -p unrolled --test exercises add_row`

use unrolled::{Real, Result, Tensor, Var};

/// A row `[columns]` added to each row of a matrix `[rows, columns]`.
///
/// The row is used once for each row of the matrix. What does that make of its gradient?
///
/// # Errors
/// If `matrix` hasn't two axes, or `row` isn't `[columns]`.
pub fn add_row<T: Real>(matrix: &Var<Tensor<T>>, row: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    todo!()
}
