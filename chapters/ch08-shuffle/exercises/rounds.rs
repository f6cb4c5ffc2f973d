//! Exercise 8.2: `cargo test -p ch08-shuffle --test exercises rounds`

/// How many times `channels` channels must be shuffled in `groups` groups until all are back where they began: 1 if
/// nothing moves at all.
pub fn rounds(channels: usize, groups: usize) -> usize {
    todo!()
}
