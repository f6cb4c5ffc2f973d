//! Exercise 0.2, solved.

use unrolled::{Real, Result, Tensor, Var};

// ANCHOR: sigmoid
/// y = 1 / (1 + e⁻ˣ), elementwise; dx = dy · y (1 − y).
pub fn sigmoid<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let y = x.value().map(|x| T::ONE / (T::ONE + (-x).exp()));
    let kept = y.clone();
    Ok(Var::op(y).input(x, move |dy| dy.zip(&kept, |dy, y| dy * y * (T::ONE - y))).var())
}
// ANCHOR_END: sigmoid
