//! Exercise 5.4: `cargo test -p ch05-transposed --test exercises bilinear`

/// A kernel of `2 * stride` taps, for even strides, with which a transposed convolution of this stride interpolates
/// linearly: an input that grows evenly gives an output that grows evenly, and an even input stays as it is.
///
/// Between two inputs there are `stride` outputs, and the first of them is half a step behind the input: a tap that is at a
/// distance of d steps of the input from its middle has the weight 1 − d.
pub fn bilinear(stride: usize) -> Vec<f64> {
    todo!()
}
