//! Exercise 1.4: `cargo test -p ch01-naive --test exercises holes`

/// A row of gradients as [exercise 1.3](super::flipped_gradient) needs it where the stride isn't 1: with `stride` − 1
/// zeros between neighbours, and with `tail` zeros behind the last, for the inputs that no window touched.
pub fn holes(grad: &[f64], stride: usize, tail: usize) -> Vec<f64> {
    todo!()
}

/// How many inputs at the end of the padded row no window touches: what the floor in the output's size leaves over.
pub fn tail(input: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    todo!()
}
