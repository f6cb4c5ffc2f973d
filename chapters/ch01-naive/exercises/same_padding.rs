//! Exercise 1.1: `cargo test -p ch01-naive --test exercises same_padding`

/// The padding, the same on both sides, for which an output at stride 1 has the size of its input, whatever that is;
/// `None` if there is no such padding.
///
/// Solve the formula of the output's size for it.
pub fn same_padding(kernel: usize, dilation: usize) -> Option<usize> {
    todo!()
}
