//! Where a matrix lies in a tensor.

use std::fmt;
use unrolled::{Error, Result};

/// A matrix in a tensor, or several of one size: element (i, j) of the matrix z is the tensor's element number
/// offset + z · apart + i · row + j · col.
///
/// `T` is a `&GpuTensor`, or a `&mut GpuTensor` for a result. [`gemm`](crate::gemm()) checks that all elements are in
/// the tensor.
#[derive(Clone, Copy)]
pub struct Matrix<T> {
    pub(crate) tensor: T,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) offset: usize,
    pub(crate) row: usize,
    pub(crate) col: usize,
    pub(crate) count: usize,
    pub(crate) apart: usize,
}

impl<T> Matrix<T> {
    /// One matrix, row after row, from the first element on.
    pub fn new(tensor: T, rows: usize, cols: usize) -> Self {
        Self { tensor, rows, cols, offset: 0, row: cols, col: 1, count: 1, apart: 0 }
    }

    /// The transposed matrix; nothing is copied.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }

    /// The same from the element `offset` on.
    pub fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }

    /// The same with rows that are `row` elements apart, and columns that are `col` apart.
    pub fn strides(self, row: usize, col: usize) -> Self {
        Self { row, col, ..self }
    }

    /// `count` matrices like this one, each beginning `apart` elements behind the one before.
    pub fn batch(self, count: usize, apart: usize) -> Self {
        Self { count, apart, ..self }
    }

    /// Checks that all elements are among the `len` of the tensor.
    pub(crate) fn check(&self, name: &str, len: usize) -> Result<()> {
        let axes = [(self.count, self.apart), (self.rows, self.row), (self.cols, self.col)];
        if axes.iter().any(|&(size, _)| size == 0) {
            return Ok(());
        }
        let last =
            axes.iter().try_fold(self.offset, |at, &(size, stride)| at.checked_add((size - 1).checked_mul(stride)?));
        match last {
            Some(last) if last < len => Ok(()),
            _ => Err(Error::argument(name, self, format!("a matrix inside of its tensor's {len} elements"))),
        }
    }

    /// Offset, strides of rows, columns and matrices, and the number of matrices, as kernels take them. What is too
    /// large for that is never used: an offset or a stride that leads out of the tensor, where there is nothing to
    /// step to, or more matrices than products.
    pub(crate) fn numbers(&self) -> [u32; 5] {
        [self.offset, self.row, self.col, self.apart, self.count].map(|n| n.try_into().unwrap_or(u32::MAX))
    }

    /// Checks that no two of its elements are the same element of the tensor, and that columns are neighbours.
    pub(crate) fn check_result(&self, name: &str) -> Result<()> {
        if self.cols > 1 && self.col != 1 {
            return Err(Error::argument(name, self, "a matrix whose columns are neighbours"));
        }
        // From the smallest stride to the largest, each must be beyond all that those before reach.
        let mut axes = [(1, self.cols), (self.row, self.rows), (self.apart, self.count)];
        axes.sort_unstable();
        let mut reach = 1;
        for (stride, size) in axes.into_iter().filter(|&(_, size)| size > 1) {
            if stride < reach {
                return Err(Error::argument(name, self, "matrices that don't overlap, nor their rows"));
            }
            reach += (size - 1) * stride;
        }
        Ok(())
    }
}

impl<T> fmt::Debug for Matrix<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tensor: _, rows, cols, offset, row, col, count, apart } = self;
        write!(f, "{rows} x {cols} from element {offset} on, strides ({row}, {col})")?;
        if *count != 1 {
            write!(f, ", {count} times, {apart} apart")?;
        }
        Ok(())
    }
}
