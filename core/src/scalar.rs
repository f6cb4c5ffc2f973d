//! Arithmetic on `Var<f32>` and `Var<f64>`: the smallest things the tape can differentiate.
//!
//! ```
//! use unrolled::Var;
//!
//! let (a, b) = (Var::parameter(2.0), Var::parameter(3.0));
//! let y = &(&a * &b) + &a; // y = ab + a
//! y.backward()?;
//! assert_eq!(y.value(), 8.0);
//! assert_eq!(a.grad(), Some(4.0)); // dy/da = b + 1
//! assert_eq!(b.grad(), Some(2.0)); // dy/db = a
//! # Ok::<(), unrolled::Error>(())
//! ```

use crate::real::Real;
use crate::var::Var;
use std::ops::{Add, Div, Mul, Neg, Sub};

// ANCHOR: add
impl<T: Real> Add for &Var<T> {
    type Output = Var<T>;
    fn add(self, b: Self) -> Var<T> {
        Var::op(self.value() + b.value()).input(self, Ok).input(b, Ok).var()
    }
}
// ANCHOR_END: add

impl<T: Real> Sub for &Var<T> {
    type Output = Var<T>;
    fn sub(self, b: Self) -> Var<T> {
        Var::op(self.value() - b.value()).input(self, Ok).input(b, |dy: T| Ok(-dy)).var()
    }
}

// ANCHOR: mul
impl<T: Real> Mul for &Var<T> {
    type Output = Var<T>;
    fn mul(self, other: Self) -> Var<T> {
        let (a, b) = (self.value(), other.value());
        Var::op(a * b).input(self, move |dy| Ok(dy * b)).input(other, move |dy| Ok(dy * a)).var()
    }
}
// ANCHOR_END: mul

#[allow(clippy::suspicious_arithmetic_impl)] // the adjoint of a quotient has a product in it
impl<T: Real> Div for &Var<T> {
    type Output = Var<T>;
    fn div(self, other: Self) -> Var<T> {
        let (b, y) = (other.value(), self.value() / other.value());
        Var::op(y).input(self, move |dy| Ok(dy / b)).input(other, move |dy| Ok(-dy * y / b)).var()
    }
}

impl<T: Real> Neg for &Var<T> {
    type Output = Var<T>;
    fn neg(self) -> Var<T> {
        Var::op(-self.value()).input(self, |dy: T| Ok(-dy)).var()
    }
}

impl<T: Real> Var<T> {
    /// e to the power of this; d(eˣ)/dx = eˣ.
    pub fn exp(&self) -> Self {
        let y = self.value().exp();
        Var::op(y).input(self, move |dy| Ok(dy * y)).var()
    }

    /// The natural logarithm; d(ln x)/dx = 1/x.
    pub fn ln(&self) -> Self {
        let x = self.value();
        Var::op(x.ln()).input(self, move |dy| Ok(dy / x)).var()
    }

    /// The hyperbolic tangent; d(tanh x)/dx = 1 - tanh² x.
    pub fn tanh(&self) -> Self {
        let y = self.value().tanh();
        Var::op(y).input(self, move |dy| Ok(dy * (T::ONE - y * y))).var()
    }
}
