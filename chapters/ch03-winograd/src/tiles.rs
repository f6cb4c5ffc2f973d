//! Where the tiles of an image lie, and the matrices that they are transformed with.

use crate::cook_toom::{CookToom, cook_toom};
use crate::rational::Rational;
use std::ops::Range;
use unrolled::{Real, Result};

/// A matrix by its rows.
pub type Matrix<T> = Vec<Vec<T>>;

/// F(m, r) along one axis, rounded to the element type.
#[derive(Debug, Clone)]
pub struct Axis<T> {
    /// Outputs of a tile: from one tile to the next, in elements.
    pub m: usize,
    /// Taps.
    pub r: usize,
    /// Inputs of a tile, and places of the transform domain: m + r − 1.
    pub n: usize,
    /// Aᵀ `[m, n]`, and its transpose.
    pub at: Matrix<T>,
    /// A `[n, m]`.
    pub a: Matrix<T>,
    /// G `[n, r]`.
    pub g: Matrix<T>,
    /// Gᵀ `[r, n]`.
    pub gt: Matrix<T>,
    /// Bᵀ `[n, n]`.
    pub bt: Matrix<T>,
}

/// A matrix in the element type, and its transpose.
fn rounded<T: Real>(matrix: &[Vec<Rational>]) -> (Matrix<T>, Matrix<T>) {
    let number = |x: &Rational| T::of(x.f64());
    let rows = matrix.iter().map(|row| row.iter().map(number).collect()).collect();
    let columns = (0..matrix[0].len()).map(|j| matrix.iter().map(|row| number(&row[j])).collect()).collect();
    (rows, columns)
}

impl<T: Real> Axis<T> {
    /// F(m, r). An axis of one tap has nothing to save: it gets F(1, 1), which leaves it as it is.
    ///
    /// # Errors
    /// As [`cook_toom`].
    pub fn new(m: usize, r: usize) -> Result<Self> {
        let m = if r == 1 { 1 } else { m };
        let CookToom { at, g, bt } = cook_toom(m, r)?;
        let ((at, a), (g, gt), (bt, _)) = (rounded(&at), rounded(&g), rounded(&bt));
        Ok(Self { m, r, n: m + r - 1, at, a, g, gt, bt })
    }
}

/// The tiles that cover the output of a convolution: height and width.
#[derive(Debug, Clone)]
pub struct Tiles<T> {
    /// What each axis is transformed with.
    pub axes: [Axis<T>; 2],
    /// Size of the input.
    pub input: [usize; 2],
    /// Size of the output.
    pub output: [usize; 2],
    /// Input coordinate of the first output's first tap: minus the padding.
    pub start: [isize; 2],
}

/// A rectangle of tiles.
#[derive(Debug, Clone)]
pub struct Block {
    /// Rows of tiles.
    pub rows: Range<usize>,
    /// Columns of tiles.
    pub cols: Range<usize>,
}

impl Block {
    /// How many tiles it has.
    pub fn tiles(&self) -> usize {
        self.rows.len() * self.cols.len()
    }
}

impl<T: Real> Tiles<T> {
    /// Rows and columns of tiles.
    pub fn count(&self) -> [usize; 2] {
        std::array::from_fn(|d| self.output[d].div_ceil(self.axes[d].m))
    }

    /// All of them.
    pub fn all(&self) -> Block {
        let [rows, cols] = self.count();
        Block { rows: 0..rows, cols: 0..cols }
    }

    /// Places of the transform domain: the multiplications for each tile.
    pub fn places(&self) -> usize {
        self.axes[0].n * self.axes[1].n
    }
}
