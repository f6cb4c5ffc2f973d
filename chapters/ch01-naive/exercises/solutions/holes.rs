//! Exercise 1.4.

// ANCHOR: holes
pub fn holes(grad: &[f64], stride: usize, tail: usize) -> Vec<f64> {
    let mut row = vec![0.0; stride * (grad.len() - 1) + 1 + tail];
    row.iter_mut().step_by(stride).zip(grad).for_each(|(place, dy)| *place = *dy);
    row
}

pub fn tail(input: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> usize {
    (input + 2 * padding - dilation * (kernel - 1) - 1) % stride
}
// ANCHOR_END: holes
