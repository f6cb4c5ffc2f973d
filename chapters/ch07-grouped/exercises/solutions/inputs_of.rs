//! Exercise 7.1.

use std::ops::Range;

// ANCHOR: inputs_of
/// Which of `inputs` channels output channel `k` of `outputs` sees, if there are so many groups.
pub fn inputs_of(k: usize, inputs: usize, outputs: usize, groups: usize) -> Range<usize> {
    let (group, each) = (k / (outputs / groups), inputs / groups);
    group * each..(group + 1) * each
}
// ANCHOR_END: inputs_of
