//! Exercise 0.4, solved.

use unrolled::{Error, Real, Result, Tensor, Var};

// ANCHOR: add_row
/// A row `[columns]` added to each row of a matrix `[rows, columns]`; the row's gradient is the sum of the rows of dy.
pub fn add_row<T: Real>(matrix: &Var<Tensor<T>>, row: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let (mut y, added) = (matrix.value(), row.value());
    let [_, columns] = *y.shape() else {
        return Err(Error::argument("matrix", y.shape(), "two axes"));
    };
    if added.shape() != [columns] {
        return Err(Error::argument("row", added.shape(), format!("[{columns}]")));
    }
    let add = |to: &mut [T], from: &[T]| to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
    y.data_mut().chunks_mut(columns.max(1)).for_each(|y| add(y, added.data()));
    let sum_of_rows = move |dy: Tensor<T>| {
        let mut sum = Tensor::zeros(&[columns])?;
        let total = sum.data_mut();
        dy.data().chunks(columns.max(1)).for_each(|dy| add(total, dy));
        Ok(sum)
    };
    Ok(Var::op(y).input(row, sum_of_rows).input(matrix, Ok).var())
}
// ANCHOR_END: add_row
