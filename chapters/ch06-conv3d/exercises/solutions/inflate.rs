//! Exercise 6.2.

use unrolled::{Result, Tensor};

/// A kernel of images made one of videos.
// ANCHOR: inflate
pub fn inflate(weight: &Tensor<f64>, depth: usize) -> Result<Tensor<f64>> {
    let &[k, c, r, s] = weight.shape() else { panic!("[K, C, R, S]") };
    Tensor::from_fn(&[k, c, depth, r, s], |i| {
        let (sub_kernel, tap) = (i / (depth * r * s), i % (r * s));
        weight.data()[sub_kernel * r * s + tap] / depth as f64
    })
}
// ANCHOR_END: inflate
