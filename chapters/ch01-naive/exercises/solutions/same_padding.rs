//! Exercise 1.1.

// ANCHOR: same_padding
pub fn same_padding(kernel: usize, dilation: usize) -> Option<usize> {
    // in + 2 padding − dilation (kernel − 1) − 1 + 1 = in
    let both_sides = dilation * (kernel - 1);
    both_sides.is_multiple_of(2).then_some(both_sides / 2)
}
// ANCHOR_END: same_padding
