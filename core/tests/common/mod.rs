//! Random inputs for the tests of layers.

use unrolled::{Tensor, init};

pub type T64 = Tensor<f64>;

/// Numbers from −1 to 1.
pub fn random(shape: &[usize], seed: u64) -> T64 {
    init::uniform(shape, 1.0, &mut init::rng(seed)).unwrap()
}

/// Distinct numbers at least 0.1 apart, none near 0: differences never cross a kink.
pub fn apart(shape: &[usize], seed: u64) -> T64 {
    let mut t = Tensor::zeros(shape).unwrap();
    let mut order: Vec<usize> = (0..t.len()).collect();
    init::shuffle(&mut order, &mut init::rng(seed));
    let half = t.len() as f64 / 2.0 - 0.25;
    t.data_mut().iter_mut().zip(order).for_each(|(x, i)| *x = (i as f64 - half) * 0.2);
    t
}
