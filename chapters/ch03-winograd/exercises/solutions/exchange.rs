//! Exercise 3.4.

use ch03_winograd::{CookToom, Rational};

// ANCHOR: exchange
fn transposed(matrix: &[Vec<Rational>]) -> Vec<Vec<Rational>> {
    (0..matrix[0].len()).map(|j| matrix.iter().map(|row| row[j]).collect()).collect()
}

pub fn exchange(f: &CookToom) -> CookToom {
    CookToom { at: transposed(&f.g), g: transposed(&f.at), bt: f.bt.clone() }
}
// ANCHOR_END: exchange
