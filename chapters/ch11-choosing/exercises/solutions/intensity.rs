//! Exercise 11.1.

use unrolled::ConvShape;

// ANCHOR: intensity
pub fn intensity(shape: &ConvShape<2>) -> f64 {
    let ConvShape { spec, n, c, k, kernel: [r, s], .. } = *shape;
    let (groups, positions) = (spec.groups, shape.positions_out());
    let operations = 2 * n * groups * k * c * r * s * positions;
    let input = n * groups * c * shape.positions_in();
    let (weight, output) = (groups * k * c * r * s, n * groups * k * positions);
    operations as f64 / (4 * (input + weight + output)) as f64
}
// ANCHOR_END: intensity
