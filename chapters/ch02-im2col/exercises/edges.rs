//! Exercise 2.3: `cargo test -p ch02-im2col --test exercises edges`

/// C = A B in tiles of 4 × 8, for any m, n and k: the last tiles of a row or column may be smaller.
///
/// The sums of a whole tile should be an array of known size, `[[f32; 8]; 4]`, so that they can be in registers. What to do
/// with the edges is up to you; the rest of a row need not be fast.
pub fn edges(a: &[f32], b: &[f32], c: &mut [f32], [m, n, k]: [usize; 3]) {
    todo!()
}
