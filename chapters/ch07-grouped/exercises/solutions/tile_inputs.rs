//! Exercise 7.3.

// ANCHOR: tile_inputs
/// How many inputs a block of threads copies to shared memory, for a tile of `tile` outputs along each axis.
pub fn tile_inputs(tile: [usize; 2], kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2]) -> usize {
    let along = |a: usize| (tile[a] - 1) * stride[a] + (kernel[a] - 1) * dilation[a] + 1;
    along(0) * along(1)
}
// ANCHOR_END: tile_inputs
