//! The linear layer.

use super::arith::{matrix, product};
use crate::error::{Error, Result};
use crate::gemm::gemm;
use crate::real::Real;
use crate::simd::vectorize;
use crate::tensor::Tensor;
use crate::var::Var;

/// y = x Wᵀ + b for x `[N, in]`, W `[out, in]` and b `[out]`, as PyTorch lays them out.
///
/// dx = dy W, dW = dyᵀ x, and db is the sum of the rows of dy.
///
/// ```
/// use unrolled::{Tensor, Var, nn};
///
/// let x = Var::constant(Tensor::new(&[1, 3], vec![1.0, 2.0, 3.0])?);
/// let w = Var::parameter(Tensor::new(&[2, 3], vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0])?);
/// let b = Var::parameter(Tensor::new(&[2], vec![0.5, -0.5])?);
/// assert_eq!(nn::linear(&x, &w, Some(&b))?.value().data(), [1.5, 5.5]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `x` or `weight` isn't a matrix, their inner sizes differ, or `bias` isn't `[out]`.
pub fn linear<T: Real>(
    x: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>> {
    let (input, w) = (x.value(), weight.value());
    let (a, b) = (matrix("input", &input)?, matrix("weight", &w)?);
    if a.cols() != b.cols() {
        return Err(Error::argument(
            "input",
            input.shape(),
            format!("[N, {}], as the weight {:?} says", b.cols(), w.shape()),
        ));
    }
    let mut y = match bias {
        Some(bias) => repeat(&bias.value(), a.rows(), b.rows())?,
        None => Tensor::zeros(&[a.rows(), b.rows()])?,
    };
    gemm(T::ONE, a, b.t(), T::ONE, y.data_mut())?;

    let mut op = Var::op(y);
    if let Some(bias) = bias {
        op = op.input(bias, |dy| sum_rows(&dy));
    }
    op = op.input(weight, move |dy| product(matrix("gradient", &dy)?.t(), matrix("input", &input)?));
    op = op.input(x, move |dy| product(matrix("gradient", &dy)?, matrix("weight", &w)?));
    Ok(op.var())
}

// ANCHOR: repeat
/// A bias `[cols]` as each row of `[rows, cols]`: where the product is then added.
fn repeat<T: Real>(bias: &Tensor<T>, rows: usize, cols: usize) -> Result<Tensor<T>> {
    if bias.shape() != [cols] {
        return Err(Error::argument("bias", bias.shape(), format!("[{cols}], one per output")));
    }
    let mut y = Tensor::scratch(&[rows, cols])?;
    y.data_mut().chunks_mut(cols.max(1)).for_each(|row| row.copy_from_slice(bias.data()));
    Ok(y)
}
// ANCHOR_END: repeat

// ANCHOR: sum_rows
/// The adjoint of [`repeat`]: the sum of the rows of `[rows, cols]`, as `[cols]`.
fn sum_rows<T: Real>(dy: &Tensor<T>) -> Result<Tensor<T>> {
    let cols = dy.shape()[1];
    let mut sums = Tensor::zeros(&[cols])?;
    let total = sums.data_mut();
    vectorize(
        #[inline(always)]
        || {
            for row in dy.data().chunks(cols.max(1)) {
                total.iter_mut().zip(row).for_each(|(total, &dy)| *total += dy);
            }
        },
    );
    Ok(sums)
}
// ANCHOR_END: sum_rows
