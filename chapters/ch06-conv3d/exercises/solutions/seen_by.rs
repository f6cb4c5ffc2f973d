//! Exercise 6.1.

/// Which output planes see input plane `i`, and through which slice of the kernel: pairs (z, q), in the order of q.
// ANCHOR: seen_by
pub fn seen_by(
    i: usize,
    outputs: usize,
    taps: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Vec<(usize, usize)> {
    let through = |q: usize| {
        let steps = (i + padding).checked_sub(q * dilation)?;
        (steps.is_multiple_of(stride) && steps / stride < outputs).then_some((steps / stride, q))
    };
    (0..taps).filter_map(through).collect()
}
// ANCHOR_END: seen_by
