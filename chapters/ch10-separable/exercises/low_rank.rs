//! Exercise 10.2: `cargo test -p ch10-separable --test exercises low_rank`

use ch10_separable::rank::nearest;
use unrolled::{Result, Tensor};

/// The columns `[R, 1]` and rows `[1, S]` whose `m` products, summed, are nearest to the kernel `[R, S]`.
///
/// By Eckart and Young, the nearest of rank m is what `nearest` finds, and what it finds in the rest, and so on.
///
/// # Errors
/// As `nearest`.
pub fn low_rank(kernel: &Tensor<f64>, m: usize) -> Result<Vec<[Tensor<f64>; 2]>> {
    todo!()
}
