//! The matrices, exactly.

use ch03_winograd::{CookToom, POINTS, Rational, cook_toom, with_points};
use unrolled::Result;

/// A matrix from the text of a paper.
fn matrix(text: &str) -> Vec<Vec<Rational>> {
    let number = |x: &str| match x.split_once('/') {
        Some((over, under)) => Rational::new(over.parse().unwrap(), under.parse().unwrap()),
        None => Rational::whole(x.parse().unwrap()),
    };
    text.lines().map(|line| line.split_whitespace().map(number).collect()).collect()
}

/// Lavin and Gray 2016, section 4.1, but for the sign of the last product, which they have turned on both sides
/// (in Bᵀ and in Aᵀ).
#[test]
fn f2_3_is_the_published_one() -> Result<()> {
    let f = cook_toom(2, 3)?;
    assert_eq!(f.bt, matrix("1 0 -1 0\n0 1 1 0\n0 -1 1 0\n0 -1 0 1"));
    assert_eq!(f.g, matrix("1 0 0\n1/2 1/2 1/2\n1/2 -1/2 1/2\n0 0 1"));
    assert_eq!(f.at, matrix("1 1 1 0\n0 1 -1 1"));
    Ok(())
}

/// Lavin and Gray 2016, section 4.3.
#[test]
fn f4_3_is_the_published_one() -> Result<()> {
    let f = cook_toom(4, 3)?;
    let bt = "4 0 -5 0 1 0\n0 -4 -4 1 1 0\n0 4 -4 -1 1 0\n0 -2 -1 2 1 0\n0 2 -1 -2 1 0\n0 4 0 -5 0 1";
    assert_eq!(f.bt, matrix(bt));
    assert_eq!(f.g, matrix("1/4 0 0\n-1/6 -1/6 -1/6\n-1/6 1/6 -1/6\n1/24 1/12 1/6\n1/24 -1/12 1/6\n0 0 1"));
    assert_eq!(f.at, matrix("1 1 1 1 1 0\n0 1 -1 2 -2 0\n0 1 1 4 4 0\n0 1 -1 8 -8 1"));
    Ok(())
}

// ANCHOR: proof
/// y_i = Σ_k g_k d_(i+k) for every d and g: as both sides are bilinear, it is enough that the coefficient of
/// each g_k d_j is 1 where j = i + k, and 0 elsewhere. In fractions, so this is a proof.
#[test]
fn every_f_computes_a_convolution() -> Result<()> {
    for n in 1..=POINTS.len() + 1 {
        for m in 1..=n {
            let r = n + 1 - m;
            let CookToom { at, g, bt } = cook_toom(m, r)?;
            assert_eq!((at.len(), g.len(), bt.len()), (m, n, n));
            for i in 0..m {
                for k in 0..r {
                    for j in 0..n {
                        let sum = (0..n).fold(Rational::ZERO, |sum, p| sum + at[i][p] * g[p][k] * bt[p][j]);
                        let expected = if j == i + k { Rational::ONE } else { Rational::ZERO };
                        assert_eq!(sum, expected, "F({m}, {r}): the coefficient of g{k} d{j} in y{i}");
                    }
                }
            }
        }
    }
    Ok(())
}
// ANCHOR_END: proof

#[test]
fn refuses_what_it_has_no_points_for() {
    for (m, r) in [(0, 3), (3, 0), (7, 3), (usize::MAX, 3), (2, usize::MAX)] {
        let error = cook_toom(m, r).unwrap_err().to_string();
        assert!(error.contains("at most 8") && !error.contains('\n'), "{error}");
    }
    let twice = [0, 1, 1].map(Rational::whole);
    assert!(with_points(2, 3, &twice).unwrap_err().to_string().contains("different points"));
    assert!(with_points(0, 4, &twice[..2]).is_err() && with_points(usize::MAX, 3, &twice[..2]).is_err());
}
