//! Exercise 3.2.

use ch03_winograd::Rational;

// ANCHOR: interpolate
/// The product of (x − p) over these points.
fn product(points: impl Iterator<Item = Rational>) -> Vec<Rational> {
    points.fold(vec![Rational::ONE], |product, p| {
        let mut longer = vec![Rational::ZERO; product.len() + 1];
        for (i, &a) in product.iter().enumerate() {
            longer[i + 1] = longer[i + 1] + a;
            longer[i] = longer[i] - p * a;
        }
        longer
    })
}

pub fn interpolate(points: &[Rational], values: &[Rational], leading: Rational) -> Vec<Rational> {
    let all = product(points.iter().copied());
    let mut sum: Vec<_> = all.into_iter().map(|a| leading * a).collect();
    for (j, (&p, &value)) in points.iter().zip(values).enumerate() {
        let others = || points.iter().enumerate().filter(|(l, _)| *l != j).map(|(_, &q)| q);
        let at_p = others().fold(Rational::ONE, |at_p, q| at_p * (p - q));
        for (sum, a) in sum.iter_mut().zip(product(others())) {
            *sum = *sum + value / at_p * a;
        }
    }
    sum
}
// ANCHOR_END: interpolate
