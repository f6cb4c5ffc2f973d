//! Exercise 2.1: `cargo test -p ch02-im2col --test exercises column_matrix`

use unrolled::ConvShape;

/// The column matrix of one image `[C, H, W]`, straight from its definition: `[C · R · S, Y · X]`, row by row.
///
/// `shape.c` is C; `shape.input`, `shape.kernel` and `shape.output` have two sizes each, and so have `stride`, `padding`
/// and `dilation` of `shape.spec`. There is one group.
pub fn column_matrix(shape: &ConvShape<2>, x: &[f32]) -> Vec<f32> {
    todo!()
}
