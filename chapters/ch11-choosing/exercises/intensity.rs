//! Exercise 11.1.

use unrolled::ConvShape;

/// The operations of a pass for each byte of input, weight and output, in `f32`. `shape.c` and `shape.k` are channels of *one* group,
/// `shape.spec.groups` says how many groups there are.
pub fn intensity(shape: &ConvShape<2>) -> f64 {
    todo!()
}
