//! Initial weights, as PyTorch draws them, from a generator whose numbers are the same everywhere.

use crate::error::{Error, Result};
use crate::real::Real;
use crate::tensor::Tensor;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// The generator of random numbers: xoshiro256++, fast, and with the same sequence on every machine.
pub use rand::rngs::Xoshiro256PlusPlus as Rng;

/// A generator that gives the same numbers whenever it begins with the same seed.
pub fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

/// A tensor of numbers drawn evenly from [−`bound`, `bound`).
///
/// ```
/// use unrolled::{Tensor, init};
///
/// let w: Tensor = init::uniform(&[2, 3], 0.5, &mut init::rng(1))?;
/// assert!(w.data().iter().all(|x| x.abs() <= 0.5));
/// assert_eq!(w, init::uniform(&[2, 3], 0.5, &mut init::rng(1))?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `bound` is negative or not finite, or the shape's product overflows.
pub fn uniform<T: Real>(shape: &[usize], bound: f64, rng: &mut Rng) -> Result<Tensor<T>> {
    if !(0.0..f64::INFINITY).contains(&bound) {
        return Err(Error::argument("bound", bound, "finite, and at least 0"));
    }
    // Drawn as f64 for either type: a seed begins the same network in f32 and in f64.
    Tensor::from_fn(shape, |_| T::of(bound * (2.0 * rng.random::<f64>() - 1.0)))
}

/// An initial weight of a convolution `[K, C/groups, ...]` or a linear layer `[out, in]`.
///
/// Uniform within ±1/√fan_in, where fan_in is the number of inputs that meet in one output, the
/// product of `shape[1..]`. A sum of fan_in products then has a scale that doesn't depend on the
/// layer's size, so that signals neither fade nor explode on their way through the layers.
///
/// PyTorch writes this as `kaiming_uniform_(a=√5)`: He et al. ("Delving Deep into Rectifiers", 2015)
/// derive the bound √(6 / ((1 + a²) fan_in)) for a leaky ReLU of slope a, and with a = √5 that is
/// 1/√fan_in, the older rule of LeCun et al. ("Efficient BackProp", 1998) up to its constant.
///
/// # Errors
/// If the shape has fewer than two axes, or its product overflows.
pub fn weight<T: Real>(shape: &[usize], rng: &mut Rng) -> Result<Tensor<T>> {
    match shape {
        [_, inputs @ .., last] => {
            let fan_in = inputs.iter().fold(*last, |product, &n| product.saturating_mul(n));
            uniform(shape, bound(fan_in), rng)
        }
        _ => Err(Error::argument("shape", shape, "at least two axes, [out, in, ...]")),
    }
}

/// An initial bias `[len]` for a layer whose weight has this `fan_in`; see [`weight`].
///
/// # Errors
/// If `len` is more than memory can hold.
pub fn bias<T: Real>(len: usize, fan_in: usize, rng: &mut Rng) -> Result<Tensor<T>> {
    uniform(&[len], bound(fan_in), rng)
}

/// 1/√fan_in; 0 for a layer without inputs.
fn bound(fan_in: usize) -> f64 {
    if fan_in == 0 { 0.0 } else { 1.0 / (fan_in as f64).sqrt() }
}

/// Brings the items into a random order, each order as likely as the others.
///
/// ```
/// let mut order: Vec<usize> = (0..100).collect();
/// unrolled::init::shuffle(&mut order, &mut unrolled::init::rng(7));
/// assert!(!order.is_sorted());
/// order.sort();
/// assert!(order.into_iter().eq(0..100));
/// ```
pub fn shuffle<T>(items: &mut [T], rng: &mut Rng) {
    items.shuffle(rng);
}
