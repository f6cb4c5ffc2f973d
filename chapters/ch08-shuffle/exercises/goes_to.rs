//! Exercise 8.1: `cargo test -p ch08-shuffle --test exercises goes_to`

/// The place that channel `c` of `channels` goes to when they are shuffled in `groups` groups.
///
/// `Shuffle::source` says which channel comes to a place. This is the other direction: a convolution that stores its
/// channels shuffled has to ask for it.
pub fn goes_to(c: usize, channels: usize, groups: usize) -> usize {
    todo!()
}
