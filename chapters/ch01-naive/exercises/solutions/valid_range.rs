//! Exercise 1.2.

use std::ops::Range;

// ANCHOR: valid_range
pub fn valid_range(
    input: usize,
    output: usize,
    tap: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Range<usize> {
    // 0 ≤ stride y + dilation tap − padding < input, solved for y: both bounds rounded up.
    let before = padding.saturating_sub(dilation * tap).div_ceil(stride);
    let behind = (input + padding).saturating_sub(dilation * tap).div_ceil(stride).min(output);
    before.min(behind)..behind
}
// ANCHOR_END: valid_range
