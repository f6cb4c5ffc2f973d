//! Exercise 5.4.

// ANCHOR: bilinear
pub fn bilinear(stride: usize) -> Vec<f64> {
    // The middle of the kernel lies between its taps stride − 1 and stride.
    let middle = stride as f64 - 0.5;
    (0..2 * stride).map(|r| 1.0 - (r as f64 - middle).abs() / stride as f64).collect()
}
// ANCHOR_END: bilinear
