//! Exercise 3.2: `cargo test -p ch03-winograd --test exercises interpolate`

use ch03_winograd::Rational;

/// The coefficients of a polynomial, the constant first, from its values at some points and its leading coefficient.
///
/// With n − 1 points there are n coefficients. All points are different.
pub fn interpolate(points: &[Rational], values: &[Rational], leading: Rational) -> Vec<Rational> {
    todo!()
}
