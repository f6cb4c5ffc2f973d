//! Exercise 3.1: `cargo test -p ch03-winograd --test exercises four_products`

use std::ops::{Add, Mul, Sub};

/// Two outputs of a filter of three taps, from four inputs `d`, with four multiplications and eight additions or
/// subtractions.
///
/// The filter comes transformed, as that is done once for many inputs: `u` is (g0, (g0 + g1 + g2) / 2,
/// (g0 − g1 + g2) / 2, g2).
pub fn four_products<N>(d: [N; 4], u: [N; 4]) -> [N; 2]
where
    N: Copy + Add<Output = N> + Sub<Output = N> + Mul<Output = N>,
{
    todo!()
}
