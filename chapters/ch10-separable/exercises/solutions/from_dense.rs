//! Exercise 10.3.

use unrolled::{Result, Tensor};

// ANCHOR: from_dense
/// The gradients of a column `[R, 1]` and a row `[1, S]`, from the gradient `[R, S]` of the kernel that they make together.
pub fn from_dense(dw: &Tensor<f64>, column: &Tensor<f64>, row: &Tensor<f64>) -> Result<[Tensor<f64>; 2]> {
    let (rows, width) = (column.len(), row.len());
    let of_column = |r: usize| (0..width).map(|s| dw.data()[r * width + s] * row.data()[s]).sum();
    let of_row = |s: usize| (0..rows).map(|r| dw.data()[r * width + s] * column.data()[r]).sum();
    Ok([Tensor::from_fn(&[rows, 1], of_column)?, Tensor::from_fn(&[1, width], of_row)?])
}
// ANCHOR_END: from_dense
