//! Exercise 6.3.

use unrolled::{Result, Tensor};

/// The kernel of the one 3D convolution that two are.
// ANCHOR: composed
pub fn composed(spatial: &Tensor<f64>, temporal: &Tensor<f64>) -> Result<Tensor<f64>> {
    let &[middle, channels, 1, r, s] = spatial.shape() else { panic!("[M, C, 1, R, S]") };
    let &[outputs, _, taps, 1, 1] = temporal.shape() else { panic!("[K, M, Q, 1, 1]") };
    let area = r * s;
    Tensor::from_fn(&[outputs, channels, taps, r, s], |i| {
        let (k, c, q, tap) = (i / (channels * taps * area), i / (taps * area) % channels, i / area % taps, i % area);
        let term = |m| temporal.data()[(k * middle + m) * taps + q] * spatial.data()[(m * channels + c) * area + tap];
        (0..middle).map(term).sum()
    })
}
// ANCHOR_END: composed
