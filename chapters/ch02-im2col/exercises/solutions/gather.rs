//! Exercise 2.2.

use unrolled::ConvShape;

// ANCHOR: gather
pub fn gather(shape: &ConvShape<2>, columns: &[f32]) -> Vec<f32> {
    let ([height, width], [taps_r, taps_s], [lines, line]) = (shape.input, shape.kernel, shape.output);
    let (stride, padding, dilation) = (shape.spec.stride, shape.spec.padding, shape.spec.dilation);
    // The output that sees this input through this tap: stride out = i + padding − dilation tap, if that divides.
    let output = |i: usize, tap: usize, axis: usize| {
        let from = (i + padding[axis]).checked_sub(tap * dilation[axis])?;
        let out = from / stride[axis];
        (from % stride[axis] == 0 && out < shape.output[axis]).then_some(out)
    };
    let sum = |i: usize| {
        let (c, iy, ix) = (i / width / height, i / width % height, i % width);
        let taps = (0..taps_r * taps_s).map(|tap| (tap, output(iy, tap / taps_s, 0), output(ix, tap % taps_s, 1)));
        let seen = taps.filter_map(|(tap, y, x)| Some((c * taps_r * taps_s + tap, y? * line + x?)));
        seen.map(|(row, column)| columns[row * lines * line + column]).sum()
    };
    (0..shape.c * height * width).map(sum).collect()
}
// ANCHOR_END: gather
