//! Exercise 2.1.

use unrolled::ConvShape;

// ANCHOR: column_matrix
pub fn column_matrix(shape: &ConvShape<2>, x: &[f32]) -> Vec<f32> {
    let ([height, width], [taps_r, taps_s], [lines, line]) = (shape.input, shape.kernel, shape.output);
    let (stride, padding, dilation) = (shape.spec.stride, shape.spec.padding, shape.spec.dilation);
    let place = |out: usize, tap: usize, axis: usize| {
        (out * stride[axis] + tap * dilation[axis]).checked_sub(padding[axis]).filter(|i| *i < [height, width][axis])
    };
    let mut columns = Vec::new();
    for (c, r, s) in (0..shape.c * taps_r * taps_s).map(|t| (t / taps_s / taps_r, t / taps_s % taps_r, t % taps_s)) {
        for (y, x_out) in (0..lines * line).map(|i| (i / line, i % line)) {
            columns.push(match (place(y, r, 0), place(x_out, s, 1)) {
                (Some(iy), Some(ix)) => x[(c * height + iy) * width + ix],
                _ => 0.0,
            });
        }
    }
    columns
}
// ANCHOR_END: column_matrix
