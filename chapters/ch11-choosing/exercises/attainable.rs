//! Exercise 11.2.

/// What a machine of this peak, in GFLOP/s, and this bandwidth, in GB/s, reaches at most with so many operations for each byte.
pub fn attainable(intensity: f64, peak: f64, bandwidth: f64) -> f64 {
    todo!()
}

/// The fewest cores that move the bytes of a layer as slowly as they multiply: each adds `peak` GFLOP/s, and all share `bandwidth`.
/// With one more the layer is no faster.
pub fn enough_cores(intensity: f64, peak: f64, bandwidth: f64) -> usize {
    todo!()
}
