//! Exercise 5.1.

// ANCHOR: output_padding
pub fn output_padding(input: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    (input + 2 * padding - dilation * (kernel - 1) - 1) % stride
}
// ANCHOR_END: output_padding
