//! Fractions of whole numbers: arithmetic without rounding.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A fraction in lowest terms, with a denominator above 0.
///
/// ```
/// use ch03_winograd::Rational;
///
/// let third = Rational::new(1, 3);
/// assert_eq!(third + Rational::new(1, 6), Rational::new(1, 2));
/// assert_eq!((third / Rational::new(-2, 3)).to_string(), "-1/2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rational {
    over: i128,
    under: i128,
}

/// The greatest common divisor (Euclid).
fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Rational {
    /// 0.
    pub const ZERO: Self = Self::whole(0);
    /// 1.
    pub const ONE: Self = Self::whole(1);

    /// A whole number.
    pub const fn whole(n: i128) -> Self {
        Self { over: n, under: 1 }
    }

    // ANCHOR: rational
    /// `over` / `under`.
    ///
    /// # Panics
    /// If `under` is 0.
    pub fn new(over: i128, under: i128) -> Self {
        assert!(under != 0, "{over} / 0 is no number");
        let common = gcd(over, under) * under.signum();
        Self { over: over / common, under: under / common }
    }
    // ANCHOR_END: rational

    /// The nearest `f64`.
    pub fn f64(self) -> f64 {
        self.over as f64 / self.under as f64
    }

    /// This to a power.
    pub fn pow(self, exponent: usize) -> Self {
        (0..exponent).fold(Self::ONE, |power, _| power * self)
    }
}

// ANCHOR: add
impl Add for Rational {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.over * other.under + other.over * self.under, self.under * other.under)
    }
}
// ANCHOR_END: add

impl Neg for Rational {
    type Output = Self;
    fn neg(self) -> Self {
        Self { over: -self.over, under: self.under }
    }
}

impl Sub for Rational {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Rational {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.over * other.over, self.under * other.under)
    }
}

impl Div for Rational {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::new(self.over * other.under, self.under * other.over)
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.under {
            1 => f.pad(&self.over.to_string()),
            under => f.pad(&format!("{}/{under}", self.over)),
        }
    }
}
