//! Packing: the factors of a product, copied into the order in which micro-kernels read them.

use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::parallel;
use crate::real::Real;
use crate::simd::{Isa, vectorize};
use std::ops::Range;

/// One factor of a product, as packing sees it: `depth` (the axis that is summed over) × `width`.
///
/// For C = A B, B is its own source and A's is its transpose. A matrix in memory is a source
/// ([`MatRef`]); so is a convolution's column matrix that is never written down (chapter 2).
pub trait Source<T>: Sync {
    /// Length of the axis that the product sums over.
    fn depth(&self) -> usize;
    /// Length of the other axis.
    fn width(&self) -> usize;
    /// Writes the rows `depth` of the columns `cols` behind each other into `panel`, a new row
    /// every `stride` elements. What lies between the rows may be overwritten with anything.
    fn pack(&self, depth: Range<usize>, cols: Range<usize>, panel: &mut [T], stride: usize);
}

/// A borrowed matrix with any strides.
#[derive(Clone, Copy)]
pub struct MatRef<'a, T> {
    data: &'a [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

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
            _ if rows == 0 || cols == 0 => Some(0),
            (Some(i), Some(j)) => i.checked_add(j).and_then(|end| end.checked_add(1)),
            _ => None,
        };
        if end.is_none_or(|end| end > data.len()) {
            let expected = format!("as many as {rows} x {cols} with strides {row_stride} and {col_stride} reach over");
            return Err(Error::argument("matrix elements", data.len(), expected));
        }
        Ok(Self { data, rows, cols, row_stride, col_stride })
    }

    /// The transpose; nothing is copied.
    pub fn t(self) -> Self {
        let Self { data, rows, cols, row_stride, col_stride } = self;
        Self { data, rows: cols, cols: rows, row_stride: col_stride, col_stride: row_stride }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }
}

impl<T: Real> Source<T> for MatRef<'_, T> {
    fn depth(&self) -> usize {
        self.rows
    }

    fn width(&self) -> usize {
        self.cols
    }

    fn pack(&self, depth: Range<usize>, cols: Range<usize>, panel: &mut [T], stride: usize) {
        if depth.is_empty() || cols.is_empty() {
            return;
        }
        let (rs, cs, width) = (self.row_stride, self.col_stride, cols.len());
        let data = &self.data[depth.start * rs + cols.start * cs..];
        vectorize(
            #[inline(always)]
            || {
                if cs == 1 {
                    for p in 0..depth.len() {
                        copy_run(&data[p * rs..], &mut panel[p * stride..], width);
                    }
                } else if rs == 1 {
                    transpose(data, cs, panel, stride, depth.len(), width);
                } else {
                    for p in 0..depth.len() {
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

/// panel[p, j] = data[j, p]: `width` rows of `data`, `row` apart, become columns. In blocks of
/// 8 × 8, so that both sides move whole vectors; three rounds of interleaving the upper half of the
/// rows with the lower one, like shuffling cards, transpose a block.
#[inline(always)]
fn transpose<T: Real>(data: &[T], row: usize, panel: &mut [T], stride: usize, depth: usize, width: usize) {
    const B: usize = 8;
    for j in (0..width).step_by(B) {
        let wide = (width - j).min(B);
        let mut p = 0;
        while wide == B && p + B <= depth {
            let mut block: [[T; B]; B] =
                std::array::from_fn(|i| *data[(j + i) * row + p..].first_chunk().expect("B elements"));
            for _ in 0..3 {
                let mut next = block;
                for i in 0..B / 2 {
                    (next[2 * i], next[2 * i + 1]) = interleave(&block[i], &block[i + B / 2]);
                }
                block = next;
            }
            for i in 0..B {
                *panel[(p + i) * stride + j..].first_chunk_mut().expect("B elements") = block[i];
            }
            p += B;
        }
        for p in p..depth {
            for i in j..j + wide {
                panel[p * stride + i] = data[i * row + p];
            }
        }
    }
}

/// Depth of a block. A panel of B, `DEPTH` × `nr`, waits in the second-level cache while all of A
/// streams past it; deeper means fewer visits to C, of which each costs a tile about 300 cycles.
pub const DEPTH: usize = 512;

/// A factor packed as a whole: for each block of the depth, the panels of its width.
pub struct Panels<T: Real> {
    data: Buffer<T>,
    depth: usize,
    width: usize,
    /// Columns in a panel.
    panel: usize,
}

impl<T: Real> Panels<T> {
    /// Packs a left factor, given as depth × rows (for a matrix A, its transpose).
    pub fn left(source: &impl Source<T>) -> Self {
        Self::columns(source, 0..source.width())
    }

    /// Packs some rows of a left factor.
    pub fn columns(source: &impl Source<T>, range: Range<usize>) -> Self {
        let panel = T::kernel(Isa::current()).mr;
        let (depth, width) = (source.depth(), range.len());
        let count = width.div_ceil(panel);
        let mut data = Buffer::scratch(count * panel * depth);
        parallel::chunks_mut(&mut data, count * panel * DEPTH, |block, data| {
            let rows = block * DEPTH..depth.min((block + 1) * DEPTH);
            for (i, out) in data.chunks_mut(panel * rows.len()).enumerate() {
                let cols = range.start + i * panel..range.end.min(range.start + (i + 1) * panel);
                source.pack(rows.clone(), cols, out, panel);
            }
        });
        Self { data, depth, width, panel }
    }

    /// Length of the axis that the product sums over.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Rows of the left factor.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Panel `i`, with the rows `depth` of one block.
    pub(super) fn panel(&self, depth: &Range<usize>, i: usize) -> &[T] {
        let count = self.width.div_ceil(self.panel);
        &self.data[(depth.start * count + i * depth.len()) * self.panel..][..depth.len() * self.panel]
    }
}

/// Two rows, element by element in turn.
#[inline(always)]
fn interleave<T: Copy>(a: &[T; 8], b: &[T; 8]) -> ([T; 8], [T; 8]) {
    ([a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]], [a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]])
}
