//! Exercise 3.3: `cargo test -p ch03-winograd --test exercises rectangle`

use ch03_winograd::CookToom;

/// A tile of two dimensions with a transform of its own for each axis: `down` is F(m, r), and `across` is F(m', r').
///
/// From an input of (m + r − 1) × (m' + r' − 1) and a kernel of r × r' to an output of m × m'; with as many multiplications
/// as the input has numbers, transforms not counted.
pub fn rectangle(down: &CookToom, across: &CookToom, d: &[Vec<f64>], g: &[Vec<f64>]) -> Vec<Vec<f64>> {
    todo!()
}
