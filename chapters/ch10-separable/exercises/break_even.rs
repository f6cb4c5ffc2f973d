//! Exercise 10.1: `cargo test -p ch10-separable --test exercises break_even`

/// The most channels in the middle with which a column and a row have fewer weights than the dense kernel `[k, c, r, s]`;
/// 0 if there is no such number.
pub fn break_even(k: usize, c: usize, [r, s]: [usize; 2]) -> usize {
    todo!()
}
