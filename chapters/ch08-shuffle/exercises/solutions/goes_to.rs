//! Exercise 8.1.

/// The place that channel `c` goes to.
// ANCHOR: goes_to
pub fn goes_to(c: usize, channels: usize, groups: usize) -> usize {
    let width = channels / groups;
    let (g, i) = (c / width, c % width);
    i * groups + g
}
// ANCHOR_END: goes_to
