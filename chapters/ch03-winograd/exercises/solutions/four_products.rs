//! Exercise 3.1.

use std::ops::{Add, Mul, Sub};

// ANCHOR: four_products
pub fn four_products<N>(d: [N; 4], u: [N; 4]) -> [N; 2]
where
    N: Copy + Add<Output = N> + Sub<Output = N> + Mul<Output = N>,
{
    let m = [(d[0] - d[2]) * u[0], (d[1] + d[2]) * u[1], (d[2] - d[1]) * u[2], (d[3] - d[1]) * u[3]];
    [m[0] + m[1] + m[2], m[1] - m[2] + m[3]]
}
// ANCHOR_END: four_products
