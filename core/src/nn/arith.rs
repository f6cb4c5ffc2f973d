//! Elementwise arithmetic, sums, and the matrix product.

use crate::error::{Error, Result};
use crate::gemm::{MatRef, gemm};
use crate::real::Real;
use crate::tensor::Tensor;
use crate::var::Var;

/// a + b, elementwise; da = db = dy.
///
/// # Errors
/// If the shapes differ: nothing is broadcast.
pub fn add<T: Real>(a: &Var<Tensor<T>>, b: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let y = a.value().zip(&b.value(), |a, b| a + b)?;
    Ok(Var::op(y).input(a, Ok).input(b, Ok).var())
}

/// a − b, elementwise; da = dy, db = −dy.
///
/// # Errors
/// If the shapes differ.
pub fn sub<T: Real>(a: &Var<Tensor<T>>, b: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let y = a.value().zip(&b.value(), |a, b| a - b)?;
    Ok(Var::op(y).input(a, Ok).input(b, |dy| Ok(dy.map(|dy| -dy))).var())
}

/// a · b, elementwise; da = dy · b, db = dy · a.
///
/// ```
/// use unrolled::{Tensor, Var, nn};
///
/// let x = Var::parameter(Tensor::new(&[3], vec![1.0, 2.0, 3.0])?);
/// let y = nn::mul(&x, &x)?;
/// nn::sum(&y)?.backward()?;
/// assert_eq!(y.value().data(), [1.0, 4.0, 9.0]);
/// assert_eq!(x.grad().unwrap().data(), [2.0, 4.0, 6.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the shapes differ.
pub fn mul<T: Real>(a: &Var<Tensor<T>>, b: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let (x, z) = (a.value(), b.value());
    let y = x.clone().zip(&z, |x, z| x * z)?;
    Ok(Var::op(y).input(a, move |dy| dy.zip(&z, |dy, z| dy * z)).input(b, move |dy| dy.zip(&x, |dy, x| dy * x)).var())
}

/// factor · x; dx = factor · dy.
///
/// # Errors
/// None; a `Result` like its neighbours.
pub fn scale<T: Real>(x: &Var<Tensor<T>>, factor: T) -> Result<Var<Tensor<T>>> {
    let y = x.value().map(|x| factor * x);
    Ok(Var::op(y).input(x, move |dy| Ok(dy.map(|dy| factor * dy))).var())
}

/// The sum of all elements, of rank 0; every element of dx is dy.
///
/// # Errors
/// None; a `Result` like its neighbours.
// ANCHOR: sum
pub fn sum<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let shape = value.shape().to_vec();
    Ok(Var::op(Tensor::scalar(value.sum())).input(x, move |dy| Tensor::full(&shape, dy.data()[0])).var())
}
// ANCHOR_END: sum

/// The mean of all elements, of rank 0; the mean of nothing is NaN.
///
/// # Errors
/// None; a `Result` like its neighbours.
pub fn mean<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    scale(&sum(x)?, T::ONE / T::of(x.value().len() as f64))
}

/// The matrix product C = A B of A `[M, K]` and B `[K, N]`; dA = dC Bᵀ, dB = Aᵀ dC.
///
/// Both gradients follow from the shapes of the sum: c_mn = Σ_k a_mk b_kn, so a_mk meets dc_mn for
/// each n, with the factor b_kn.
///
/// # Errors
/// If an operand isn't a matrix, or the inner sizes differ.
// ANCHOR: matmul
pub fn matmul<T: Real>(a: &Var<Tensor<T>>, b: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let (x, z) = (a.value(), b.value());
    let y = product(matrix("left operand", &x)?, matrix("right operand", &z)?)?;
    Ok(Var::op(y)
        .input(a, move |dy| product(matrix("gradient", &dy)?, matrix("right operand", &z)?.t()))
        .input(b, move |dy| product(matrix("left operand", &x)?.t(), matrix("gradient", &dy)?))
        .var())
}
// ANCHOR_END: matmul

/// A tensor of two axes as a matrix; nothing is copied.
pub(super) fn matrix<'a, T: Real>(name: &str, t: &'a Tensor<T>) -> Result<MatRef<'a, T>> {
    match *t.shape() {
        [rows, cols] => MatRef::new(t.data(), rows, cols),
        _ => Err(Error::argument(name, t.shape(), "two axes")),
    }
}

/// A B as a new tensor.
pub(super) fn product<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>) -> Result<Tensor<T>> {
    let mut c = Tensor::scratch(&[a.rows(), b.cols()])?;
    gemm(T::ONE, a, b, T::ZERO, c.data_mut())?;
    Ok(c)
}
