//! Exercise 7.3: `cargo test -p ch07-grouped --test exercises tile_inputs`

/// How many inputs a block of threads copies to shared memory, for a tile of `tile` outputs along each axis: the smallest
/// rectangle in which all taps of all its outputs lie.
pub fn tile_inputs(tile: [usize; 2], kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]) -> usize {
    todo!()
}
