//! Where the matrices come from.
//!
//! Multiplying two polynomials is convolving their coefficients. A polynomial of degree below n is known
//! by its values at n points, and the values of a product are the products of the values: n
//! multiplications (Toom 1963, Cook 1966). One of the points can be ∞, where the value is the leading
//! coefficient. So a long product takes three steps: evaluate both (matrices Aᵀ's transpose and G),
//! multiply point by point, interpolate.
//!
//! A convolution layer wants the transpose of that (Winograd 1980): not all outputs of a long product, but the m
//! outputs that see r taps whole. The map from one factor to the product, for the other held fixed, is a matrix,
//! and transposing it turns interpolation into the step on the input (Bᵀ) and evaluation into the step on the
//! output (Aᵀ). The number of multiplications stays: n = m + r − 1 where the definition takes m r.

use crate::rational::Rational;

/// The three matrices of F(m, r): m outputs of a filter of r taps, from n = m + r − 1 inputs, with n multiplications:
/// y = Aᵀ \[(G g) ⊙ (Bᵀ d)\].
///
/// ```
/// use ch03_winograd::{Rational, cook_toom};
///
/// let f = cook_toom(2, 3)?;
/// let times = |matrix: &[Vec<Rational>], x: &[f64]| -> Vec<f64> {
///     matrix.iter().map(|row| row.iter().zip(x).map(|(a, x)| a.f64() * x).sum()).collect()
/// };
/// let (d, g) = ([1.0, 2.0, 4.0, 8.0], [2.0, -4.0, 6.0]);
/// let products: Vec<f64> = times(&f.g, &g).iter().zip(times(&f.bt, &d)).map(|(g, d)| g * d).collect();
/// assert_eq!(times(&f.at, &products), [2.0 - 8.0 + 24.0, 4.0 - 16.0 + 48.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookToom {
    /// Aᵀ `[m, n]`: from the products to the outputs.
    pub at: Vec<Vec<Rational>>,
    /// G `[n, r]`: the filter's values at the points.
    pub g: Vec<Vec<Rational>>,
    /// Bᵀ `[n, n]`: from the inputs to what the filter's values are multiplied with.
    pub bt: Vec<Vec<Rational>>,
}

// ANCHOR: points
/// The points, as (over, under), in the order in which they are taken; ∞ comes on top. Small numbers and
/// their inverses: powers of them become the coefficients, and large coefficients cost digits.
pub const POINTS: [(i128, i128); 7] = [(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2)];
// ANCHOR_END: points

// ANCHOR: basis
/// The product of (x − p) over all points but number `skip`: its n coefficients, the constant first.
fn product_without(points: &[Rational], skip: Option<usize>) -> Vec<Rational> {
    let mut product = vec![Rational::ONE];
    for (_, &p) in points.iter().enumerate().filter(|(l, _)| Some(*l) != skip) {
        let times_x = |i: usize| if i == 0 { Rational::ZERO } else { product[i - 1] };
        let times_p = |i: usize| if i < product.len() { p * product[i] } else { Rational::ZERO };
        product = (0..=product.len()).map(|i| times_x(i) - times_p(i)).collect();
    }
    product.resize(points.len() + 1, Rational::ZERO);
    product
}
// ANCHOR_END: basis

/// F(m, r) by Cook and Toom's construction, with the first n − 1 of [`POINTS`] and ∞.
///
/// # Errors
/// If m or r is 0, or n = m + r − 1 takes more points than there are.
pub fn cook_toom(m: usize, r: usize) -> unrolled::Result<CookToom> {
    let most = POINTS.len() + 1;
    if m == 0 || r == 0 || m > most || r > most || m + r - 1 > most {
        let expected = format!("m and r of at least 1, with m + r - 1 at most {most}: there are no more good points");
        return Err(unrolled::Error::argument("F(m, r)", (m, r), expected));
    }
    let points: Vec<_> = POINTS[..m + r - 2].iter().map(|&(over, under)| Rational::new(over, under)).collect();
    with_points(m, r, &points)
}

/// F(m, r) with m + r − 2 points of one's own, all different, and ∞.
///
/// ```
/// use ch03_winograd::{Rational, cook_toom, with_points};
///
/// let points = [0, 1, -1].map(Rational::whole);
/// assert_eq!(with_points(2, 3, &points)?, cook_toom(2, 3)?);
/// assert!(with_points(2, 3, &points[..2]).is_err());
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If m or r is 0, or the points are too few, too many or not different.
pub fn with_points(m: usize, r: usize, points: &[Rational]) -> unrolled::Result<CookToom> {
    let different = (1..points.len()).all(|j| !points[..j].contains(&points[j]));
    if m == 0 || r == 0 || m.saturating_add(r) != points.len() + 2 || !different {
        let expected = "m and r of at least 1, and m + r - 2 different points";
        return Err(unrolled::Error::argument("F(m, r) and its points", (m, r, points.len()), expected));
    }
    // ANCHOR: cook_toom
    let n = m + r - 1;
    let (mut g, mut bt) = (Vec::new(), Vec::new());
    for (j, &p) in points.iter().enumerate() {
        // Lagrange's basis polynomial is this one divided by its value at p. The division goes to the
        // filter's side: that one is done once.
        let value = (0..n - 1).filter(|&l| l != j).fold(Rational::ONE, |v, l| v * (p - points[l]));
        // The sign is free, on both sides at once. At point 0 the papers have it above 0.
        let sign = if j == 0 && value.f64() < 0.0 { -Rational::ONE } else { Rational::ONE };
        g.push((0..r).map(|k| sign * p.pow(k) / value).collect());
        bt.push(product_without(points, Some(j)).into_iter().map(|b| sign * b).collect());
    }
    // The value at infinity is the last coefficient.
    let at_infinity = |size: usize| (1..=size).map(move |i| Rational::whole((i == size).into()));
    g.push(at_infinity(r).collect());
    bt.push(product_without(points, None));
    let powers = |i: usize| points.iter().map(move |p| p.pow(i));
    let at = (0..m).zip(at_infinity(m)).map(|(i, last)| powers(i).chain([last]).collect()).collect();
    Ok(CookToom { at, g, bt })
    // ANCHOR_END: cook_toom
}
