//! Data for the tests.

use unrolled::{Real, Tensor, init};

/// Whole numbers from -3 to 3.
pub fn integers<T: Real>(shape: &[usize], seed: u64) -> Tensor<T> {
    init::uniform(shape, 3.5, &mut init::rng(seed))
        .expect("a small shape")
        .map(|x: T| T::of(x.f64().round().clamp(-3.0, 3.0)))
}
