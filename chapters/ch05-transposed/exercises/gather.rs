//! Exercise 5.2: `cargo test -p ch05-transposed --test exercises gather`

/// One output of a transposed convolution along one axis, with stride, padding and dilation: the sum over all taps and
/// inputs that land at `i`.
///
/// Padding crops: output `i` is place `i + padding` of the uncropped map.
pub fn gather(x: &[f64], w: &[f64], stride: usize, padding: usize, dilation: usize, i: usize) -> f64 {
    todo!()
}
