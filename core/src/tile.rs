//! Rectangles of a matrix, so that tasks can write disjoint parts of it at the same time.

use std::marker::PhantomData;
use std::ops::Range;

/// A rectangle of a row-major matrix that one task may write.
pub struct Tile<'a, T> {
    data: *mut T,
    /// Elements from one row to the next.
    stride: usize,
    rows: usize,
    cols: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

// SAFETY: a tile is an exclusive borrow of its elements, as `&mut [T]` is.
unsafe impl<T: Send> Send for Tile<'_, T> {}
// SAFETY: through a shared tile nothing can be read or written, but for `part`, whose callers see to it that
// parts in use at the same time are disjoint.
unsafe impl<T: Send> Sync for Tile<'_, T> {}

impl<'a, T> Tile<'a, T> {
    /// The first `rows` rows of a matrix whose rows are `cols` long and lie behind each other.
    ///
    /// # Panics
    /// If `data` is shorter.
    pub fn new(data: &'a mut [T], cols: usize, rows: usize) -> Self {
        let fits = rows.checked_mul(cols).is_some_and(|n| n <= data.len());
        assert!(fits, "a tile of {rows} x {cols} needs more than {} elements", data.len());
        Self { data: data.as_mut_ptr(), stride: cols, rows, cols, lifetime: PhantomData }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&mut self, i: usize) -> &mut [T] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        // SAFETY: the row is inside of the tile, which is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(i * self.stride), self.cols) }
    }

    /// The rectangle `rows` × `cols` of this one.
    ///
    /// # Panics
    /// If it isn't inside.
    pub fn tile(&mut self, rows: Range<usize>, cols: Range<usize>) -> Tile<'_, T> {
        // SAFETY: this tile is borrowed for as long as its part lives.
        unsafe { self.part(rows, cols) }
    }

    /// The address of the first element: for micro-kernels.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut T {
        self.data
    }

    /// # Safety
    /// No part that overlaps this one may be in use at the same time.
    pub(crate) unsafe fn part(&self, rows: Range<usize>, cols: Range<usize>) -> Tile<'a, T> {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?} of {}", self.rows);
        assert!(cols.start <= cols.end && cols.end <= self.cols, "columns {cols:?} of {}", self.cols);
        let first = if rows.is_empty() || cols.is_empty() { 0 } else { rows.start * self.stride + cols.start };
        Tile {
            // SAFETY: inside of this tile.
            data: unsafe { self.data.add(first) },
            stride: self.stride,
            rows: rows.len(),
            cols: cols.len(),
            lifetime: PhantomData,
        }
    }
}
