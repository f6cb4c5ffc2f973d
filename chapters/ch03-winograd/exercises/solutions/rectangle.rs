//! Exercise 3.3.

use ch03_winograd::{CookToom, Rational};

// ANCHOR: rectangle
/// L X Rᵀ.
fn between(l: &[Vec<Rational>], x: &[Vec<f64>], r: &[Vec<Rational>]) -> Vec<Vec<f64>> {
    let element = |l: &Vec<Rational>, r: &Vec<Rational>| {
        let row = |x: &Vec<f64>| -> f64 { x.iter().zip(r).map(|(x, r)| x * r.f64()).sum() };
        x.iter().zip(l).map(|(x, l)| l.f64() * row(x)).sum()
    };
    l.iter().map(|l| r.iter().map(|r| element(l, r)).collect()).collect()
}

pub fn rectangle(down: &CookToom, across: &CookToom, d: &[Vec<f64>], g: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (u, v) = (between(&down.g, g, &across.g), between(&down.bt, d, &across.bt));
    let m: Vec<Vec<f64>> = u.iter().zip(&v).map(|(u, v)| u.iter().zip(v).map(|(u, v)| u * v).collect()).collect();
    between(&down.at, &m, &across.at)
}
// ANCHOR_END: rectangle
