//! Exercise 8.2.

/// How many shuffles it takes until all channels are back.
// ANCHOR: rounds
pub fn rounds(channels: usize, groups: usize) -> usize {
    let width = channels / groups;
    let shuffled = |order: &[usize]| (0..channels).map(|k| order[k % groups * width + k / groups]).collect::<Vec<_>>();
    let start: Vec<usize> = (0..channels).collect();
    let (mut order, mut count) = (shuffled(&start), 1);
    while order != start {
        (order, count) = (shuffled(&order), count + 1);
    }
    count
}
// ANCHOR_END: rounds
