//! Exercise 8.3: `cargo test -p ch08-shuffle --test exercises layers`

/// How many grouped 1 × 1 layers, with a shuffle between any two of them, it takes until every output sees every input;
/// `None` if no number of layers will do. All layers have the same channels and the same groups.
///
/// Which groups does a group of the second layer hear from? And one of the third?
pub fn layers(channels: usize, groups: usize) -> Option<usize> {
    todo!()
}
