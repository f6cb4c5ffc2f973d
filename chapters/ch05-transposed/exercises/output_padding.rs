//! Exercise 5.1: `cargo test -p ch05-transposed --test exercises output_padding`

/// The `output_padding` with which a transposed convolution leads back to this size of input, along one axis; that is, to
/// undo the size of the dense convolution with the same kernel, stride, padding and dilation.
///
/// Chapter 1 has met this number under another name.
pub fn output_padding(input: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    todo!()
}
