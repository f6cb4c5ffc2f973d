//! Exercise 8.3.

/// How many grouped layers it takes until every output sees every input.
// ANCHOR: layers
pub fn layers(channels: usize, groups: usize) -> Option<usize> {
    let width = channels / groups;
    let (mut heard, mut layers) = (1, 1); // groups of the input that a group hears from
    while heard < groups {
        if width == 1 {
            return None;
        }
        (heard, layers) = (heard * width, layers + 1);
    }
    Some(layers)
}
// ANCHOR_END: layers
