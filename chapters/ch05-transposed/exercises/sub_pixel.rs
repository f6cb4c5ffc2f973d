//! Exercise 5.3: `cargo test -p ch05-transposed --test exercises sub_pixel`

/// A transposed convolution along one axis, of one channel, by an ordinary one that has `stride` output channels: channel
/// a holds the outputs of phase a, and the result is their numbers in turn.
///
/// Make the sub-kernels, `stride` of them and all of the same length, for a kernel of `stride` × m taps. Then
/// `y[stride * j + a]` = Σ over t of `padded[j + t] sub_kernel[a][t]`, where `padded` is the input with m − 1 zeros on both
/// sides: an ordinary, unflipped convolution.
pub fn sub_kernels(w: &[f64], stride: usize) -> Vec<Vec<f64>> {
    todo!()
}
