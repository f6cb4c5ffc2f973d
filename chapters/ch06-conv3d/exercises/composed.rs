//! Exercise 6.3: `cargo test -p ch06-conv3d --test exercises composed`

use unrolled::{Result, Tensor};

/// The kernel `[K, C, Q, R, S]` of the one 3D convolution that (2+1)D is when nothing stands between its two, of
/// `spatial` `[M, C, 1, R, S]` and `temporal` `[K, M, Q, 1, 1]`, in one group.
///
/// # Errors
/// If there is no memory.
pub fn composed(spatial: &Tensor<f64>, temporal: &Tensor<f64>) -> Result<Tensor<f64>> {
    todo!()
}
