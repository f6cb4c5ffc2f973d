//! Exercise 1.2: `cargo test -p ch01-naive --test exercises valid_range`

use std::ops::Range;

/// The outputs that a tap serves along one axis: those for which it falls on the input, not on the padding.
///
/// They are neighbours, so two numbers are enough, found once for each tap. An inner loop over this range needs no test
/// whether it is inside of the input, and that is what vectors need. If there are none, the range is empty.
pub fn valid_range(
    input: usize,
    output: usize,
    tap: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Range<usize> {
    todo!()
}
