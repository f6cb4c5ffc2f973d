//! Exercise 2.4.

use unrolled::ConvShape;

// ANCHOR: offsets
pub fn offsets(shape: &ConvShape<2>) -> Vec<usize> {
    let ([height, width], [taps_r, taps_s], dilation) = (shape.input, shape.kernel, shape.spec.dilation);
    let taps = (0..shape.c * taps_r * taps_s).map(|t| (t / taps_s / taps_r, t / taps_s % taps_r, t % taps_s));
    taps.map(|(c, r, s)| (c * height + r * dilation[0]) * width + s * dilation[1]).collect()
}
// ANCHOR_END: offsets
