//! What the exercises of chapter 3 must do.

use crate::best_tile::best_tile as best;
use crate::exchange::exchange as exchanged;
use crate::four_products::four_products as products;
use crate::interpolate::interpolate as coefficients;
use crate::rectangle::rectangle as tile;
use ch01_naive::Naive;
use ch03_winograd::{POINTS, Rational, cook_toom};
use std::cell::Cell;
use std::ops::{Add, Mul, Sub};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// A number that counts what is done with numbers of its kind.
#[derive(Debug, Clone, Copy)]
struct Counted(f64);

thread_local! {
    static ADDITIONS: Cell<usize> = const { Cell::new(0) };
    static MULTIPLICATIONS: Cell<usize> = const { Cell::new(0) };
}

impl Add for Counted {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        ADDITIONS.set(ADDITIONS.get() + 1);
        Self(self.0 + other.0)
    }
}

impl Sub for Counted {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        ADDITIONS.set(ADDITIONS.get() + 1);
        Self(self.0 - other.0)
    }
}

impl Mul for Counted {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        MULTIPLICATIONS.set(MULTIPLICATIONS.get() + 1);
        Self(self.0 * other.0)
    }
}

#[test]
fn four_products() {
    for (d, g) in [([1.0, 2.0, 4.0, 8.0], [2.0, -4.0, 6.0]), ([3.0, -1.0, 0.5, 7.0], [1.0, 5.0, -2.0])] {
        let u = [g[0], (g[0] + g[1] + g[2]) / 2.0, (g[0] - g[1] + g[2]) / 2.0, g[2]];
        ADDITIONS.set(0);
        MULTIPLICATIONS.set(0);
        let y = products(d.map(Counted), u.map(Counted)).map(|y| y.0);
        let expected = [0, 1].map(|i| (0..3).map(|k| d[i + k] * g[k]).sum::<f64>());
        assert_eq!(y, expected, "outputs for inputs {d:?} and taps {g:?}");
        assert!(MULTIPLICATIONS.get() <= 4, "{} multiplications", MULTIPLICATIONS.get());
        assert!(ADDITIONS.get() <= 8, "{} additions and subtractions", ADDITIONS.get());
    }
}

#[test]
fn interpolate() {
    for count in 0..=POINTS.len() {
        let points: Vec<_> = POINTS[..count].iter().map(|&(over, under)| Rational::new(over, under)).collect();
        let polynomial: Vec<_> = (0..=count).map(|i| Rational::new((i * i * 5 % 7) as i128 - 3, 2)).collect();
        let value = |&p: &Rational| polynomial.iter().rev().fold(Rational::ZERO, |sum, &a| sum * p + a);
        let values: Vec<_> = points.iter().map(value).collect();
        assert_eq!(coefficients(&points, &values, polynomial[count]), polynomial, "from {count} points and the end");
    }
}

#[test]
fn rectangle() -> Result<()> {
    for [(m, r), (mx, rx)] in [[(2, 3), (2, 3)], [(2, 3), (4, 5)], [(4, 3), (1, 1)], [(3, 2), (6, 3)]] {
        let (f, fx) = (cook_toom(m, r)?, cook_toom(mx, rx)?);
        let shape = ConvSpec::<2>::default().resolve(&[1, 1, m + r - 1, mx + rx - 1], &[1, 1, r, rx])?;
        let [x, w, _] = Case { shape, seed: 3 }.integers::<f64>();
        let rows = |t: &Tensor<f64>| -> Vec<Vec<f64>> { t.data().chunks(t.shape()[3]).map(<[f64]>::to_vec).collect() };
        let (y, expected) = (tile(&f, &fx, &rows(&x), &rows(&w)), rows(&Naive.forward(&shape.spec, &x, &w)?));
        let near =
            |(a, b): (&Vec<f64>, &Vec<f64>)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        let right = y.len() == expected.len() && y.iter().zip(&expected).all(near);
        assert!(right, "F({m} x {mx}, {r} x {rx}): {y:?}, not {expected:?}");
    }
    Ok(())
}

#[test]
fn exchange() -> Result<()> {
    for (m, r) in [(2, 3), (4, 3), (2, 5), (1, 4)] {
        let f = exchanged(&cook_toom(m, r)?);
        // As in the proof of `cook_toom`, with m outputs and r taps exchanged.
        let n = m + r - 1;
        assert_eq!((f.at.len(), f.g.len(), f.bt.len()), (r, n, n), "F({r}, {m})");
        for (i, k, j) in (0..r).flat_map(|i| (0..m).flat_map(move |k| (0..n).map(move |j| (i, k, j)))) {
            let sum = (0..n).fold(Rational::ZERO, |sum, p| sum + f.at[i][p] * f.g[p][k] * f.bt[p][j]);
            let expected = if j == i + k { Rational::ONE } else { Rational::ZERO };
            assert_eq!(sum, expected, "F({r}, {m}): the coefficient of g{k} d{j} in y{i}");
        }
    }
    Ok(())
}

#[test]
fn best_tile() {
    assert_eq!(best([224, 224]), 6);
    assert_eq!(best([14, 14]), 4);
    assert_eq!(best([7, 7]), 4);
    assert_eq!(best([2, 2]), 2);
    for size in (1..40_usize).map(|i| [i, i * 7 % 40 + 1]) {
        let count = |m: usize| size[0].div_ceil(m) * size[1].div_ceil(m) * (m + 2) * (m + 2);
        let chosen = best(size);
        assert!([2, 4, 6].contains(&chosen), "{chosen}");
        for other in [2, 4, 6] {
            let better = count(other) < count(chosen) || count(other) == count(chosen) && other < chosen;
            assert!(!better, "{size:?}: {other} is better than {chosen}");
        }
    }
}
