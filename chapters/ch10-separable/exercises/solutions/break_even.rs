//! Exercise 10.1.

// ANCHOR: break_even
/// The most channels in the middle with which a column and a row have fewer weights than the dense kernel `[k, c, r, s]`.
pub fn break_even(k: usize, c: usize, [r, s]: [usize; 2]) -> usize {
    (r * s * c * k - 1) / (r * c + s * k)
}
// ANCHOR_END: break_even
