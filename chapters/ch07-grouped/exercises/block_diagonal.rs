//! Exercise 7.2: `cargo test -p ch07-grouped --test exercises block_diagonal`

use unrolled::{Result, Tensor};

/// The weight of a grouped convolution, `[K, C/groups, R, S]`, as that of a dense one, `[K, C, R, S]`: zeros where an output
/// channel doesn't see an input channel.
///
/// # Errors
/// If there is no memory for it.
pub fn block_diagonal(weight: &Tensor<f64>, groups: usize) -> Result<Tensor<f64>> {
    todo!()
}

/// Its adjoint: the gradient of the dense weight comes in, that of the grouped one goes out.
///
/// # Errors
/// If there is no memory for it.
pub fn blocks(dense: &Tensor<f64>, groups: usize) -> Result<Tensor<f64>> {
    todo!()
}
