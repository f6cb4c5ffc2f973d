//! Packing: the factors of a product, copied into the order in which micro-kernels read them.

use super::factor::{Left, Offsets};
use super::kernel::Kernel;
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::parallel;
use crate::real::Real;
use crate::simd::vectorize;
use std::ops::Range;

/// A borrowed matrix with any strides.
#[derive(Clone, Copy)]
// ANCHOR: matrix
pub struct MatRef<'a, T> {
    data: &'a [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}
// ANCHOR_END: matrix

impl<'a, T: Real> MatRef<'a, T> {
    /// A row-major matrix.
    ///
    /// # Errors
    /// If `data` is too short.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Result<Self> {
        Self::strided(data, rows, cols, cols, 1)
    }

    /// A matrix whose element (i, j) is `data[i * row_stride + j * col_stride]`.
    ///
    /// # Errors
    /// If `data` is too short for the last element, or the address of that overflows.
    pub fn strided(data: &'a [T], rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Result<Self> {
        let last = |n: usize, stride: usize| n.saturating_sub(1).checked_mul(stride);
        let end = match (last(rows, row_stride), last(cols, col_stride)) {
            _ if rows == 0 || cols == 0 => return Ok(Self { data, rows, cols, row_stride: 0, col_stride: 0 }),
            (Some(i), Some(j)) => i.checked_add(j).and_then(|end| end.checked_add(1)),
            _ => None,
        };
        if end.is_none_or(|end| end > data.len()) {
            let expected = format!("as many as {rows} x {cols} with strides {row_stride} and {col_stride} reach over");
            return Err(Error::argument("matrix elements", data.len(), expected));
        }
        Ok(Self { data, rows, cols, row_stride, col_stride })
    }

    // ANCHOR: t
    /// The transpose; nothing is copied.
    pub fn t(self) -> Self {
        let Self { data, rows, cols, row_stride, col_stride } = self;
        Self { data, rows: cols, cols: rows, row_stride: col_stride, col_stride: row_stride }
    }
    // ANCHOR_END: t

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The elements that rows and columns are offsets in.
    pub(super) fn data(&self) -> &'a [T] {
        self.data
    }

    /// Where the rows `rows` begin.
    pub(super) fn row_offsets(&self, rows: Range<usize>) -> Offsets {
        rows.map(|i| i * self.row_stride).collect()
    }

    /// Where the columns are, from there.
    pub(super) fn col_offsets(&self) -> Offsets {
        Offsets::even(self.cols, self.col_stride)
    }

    /// Whether the elements of a row lie next to each other.
    pub(super) fn is_row_major(&self) -> bool {
        self.col_stride == 1
    }

    /// Whether those of a column do, and those of a row don't.
    pub(super) fn is_transposed(&self) -> bool {
        self.row_stride == 1 && self.col_stride != 1
    }

    /// Copies the elements `rows` × `cols` into `panel`, a new row every `stride` elements. What lies
    /// between the rows may be overwritten with anything.
    pub fn pack(&self, rows: Range<usize>, cols: Range<usize>, panel: &mut [T], stride: usize) {
        if rows.is_empty() || cols.is_empty() {
            return;
        }
        let (rs, cs, width) = (self.row_stride, self.col_stride, cols.len());
        let (depth, data) = (rows.len(), &self.data[rows.start * rs + cols.start * cs..]);
        if rs == 1 && cs != 1 {
            return Kernel::<T>::current().transpose(data, cs, panel, stride, depth, width);
        }
        vectorize(
            #[inline(always)]
            || {
                if cs == 1 {
                    for p in 0..depth {
                        copy_run(&data[p * rs..], &mut panel[p * stride..], width);
                    }
                } else {
                    for p in 0..depth {
                        for (j, x) in panel[p * stride..][..width].iter_mut().enumerate() {
                            *x = data[p * rs + j * cs];
                        }
                    }
                }
            },
        );
    }
}

/// Copies the first `n` elements, in steps of sixteen where there is room: it may write up to
/// fifteen more, which cost nothing, where a call for a short copy would.
#[inline(always)]
pub fn copy_run<T: Copy>(from: &[T], to: &mut [T], n: usize) {
    const STEP: usize = 16;
    let mut i = 0;
    while i < n {
        match (from[i..].first_chunk::<STEP>(), to[i..].first_chunk_mut::<STEP>()) {
            (Some(from), Some(to)) => *to = *from,
            _ => return to[i..n].copy_from_slice(&from[i..n]),
        }
        i += STEP;
    }
}

/// Depth of a block. A panel of B, `DEPTH` × `nr`, waits in the second-level cache while all of A
/// streams past it; deeper means fewer visits to C, of which each costs a tile about 300 cycles.
pub const DEPTH: usize = 512;

/// A left factor packed into panels of `mr` rows: one walk through memory for the micro-kernel.
pub struct Panels<T: Real> {
    data: Buffer<T>,
    rows: Offsets,
    depth: Offsets,
}

impl<T: Real> Panels<T> {
    /// Packs the rows `rows` of a matrix `[M, K]`.
    pub fn new(a: &MatRef<'_, T>, rows: Range<usize>) -> Self {
        Self::fill(rows.len(), a.cols(), |i, panel, mr| {
            a.t().pack(0..a.cols(), rows.start + i..rows.end.min(rows.start + i + mr), panel, mr);
        })
    }

    /// Packs a factor that is given by offsets.
    pub fn gather(a: &Left<'_, T>) -> Self {
        Self::fill(a.rows.values().len(), a.depth.values().len(), |i, panel, mr| {
            let rows = &a.rows.values()[i..a.rows.values().len().min(i + mr)];
            for (step, &depth) in panel.chunks_mut(mr).zip(a.depth.values()) {
                step.iter_mut().zip(rows).for_each(|(x, row)| *x = a.data[row + depth]);
            }
        })
    }

    // ANCHOR: panels
    /// `write(i, panel, mr)` writes the panel whose first row is `i`: `[K, mr]`.
    fn fill(rows: usize, depth: usize, write: impl Fn(usize, &mut [T], usize) + Sync) -> Self {
        let mr = Kernel::<T>::current().height(rows);
        let mut data = Buffer::scratch(rows.next_multiple_of(mr) * depth);
        parallel::chunks_mut(&mut data, mr * depth, |i, panel| write(i * mr, panel, mr));
        let rows = (0..rows).map(|i| i / mr * mr * depth + i % mr).collect();
        Self { data, rows, depth: Offsets::even(depth, mr) }
    }
    // ANCHOR_END: panels

    /// The factor.
    pub fn left(&self) -> Left<'_, T> {
        Left { data: &self.data, rows: self.rows.span(), depth: self.depth.span() }
    }
}
