//! Exercise 2.4: `cargo test -p ch02-im2col --test exercises offsets`

use unrolled::ConvShape;

/// Where each row of P begins in an image `[C, H, W]` as it is, at stride 1 and without padding: a number for each tap
/// (c, r, s), in the order of P's rows.
///
/// From there on, output line y reads its inputs y lines of the image further.
pub fn offsets(shape: &ConvShape<2>) -> Vec<usize> {
    todo!()
}
