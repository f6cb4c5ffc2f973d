//! The matrix product C ← α A B + β C.
//!
//! The structure is that of the BLIS papers (Van Zee, van de Geijn, "BLIS: A Framework for Rapidly
//! Instantiating BLAS Functionality", 2015), with the loops that a few cores need:
//!
//! ```text
//! pack A into panels of mr rows, once                      (all threads)
//! for each panel of nr columns of B and C                  (split over threads)
//!     for each block of DEPTH of the summed axis
//!         pack the panel's block of B                      stays in the nearest caches
//!         for each panel of mr rows of A and C             streams past it
//!             micro-kernel: mr × nr of C in registers
//! ```
//!
//! An element of C is summed in the order of the depth, whatever tile it falls into: how the work
//! is cut, and over how many threads, doesn't change a bit of the result.

pub mod kernel;
mod pack;
mod peak;
pub mod vector;

use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::parallel::{self, Tile};
use crate::real::Real;
use crate::simd::Isa;
pub use pack::{DEPTH, MatRef, Panels, Source, copy_run};
pub use peak::peak;
use std::ops::Range;

/// The most elements of A that are packed at a time: bounds the workspace at 64 MiB of `f32`.
const MOST_PACKED: usize = 16 << 20;

/// C ← α A B + β C for a row-major C; A `[M, K]` and B `[K, N]` with any strides.
///
/// Where β is 0, C isn't read (so it may hold anything, NaN included). Takes 2 M N K operations;
/// runs on [`parallel::threads`] threads.
///
/// ```
/// use unrolled::gemm::{MatRef, gemm};
///
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // [2, 3]
/// let b = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]; // [3, 2]
/// let mut c = [0.0_f32; 4];
/// gemm(1.0, MatRef::new(&a, 2, 3)?, MatRef::new(&b, 3, 2)?, 0.0, &mut c)?;
/// assert_eq!(c, [4.0, 5.0, 10.0, 11.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the inner sizes differ, or C hasn't M · N elements.
pub fn gemm<T: Real>(alpha: T, a: MatRef<'_, T>, b: MatRef<'_, T>, beta: T, c: &mut [T]) -> Result<()> {
    let (m, n, k) = (a.rows(), b.cols(), a.cols());
    if b.rows() != k {
        return Err(Error::argument("rows of B", b.rows(), format!("{k}, the columns of A")));
    }
    if m.checked_mul(n) != Some(c.len()) {
        return Err(Error::argument("elements of C", c.len(), format!("{m} x {n}")));
    }
    if n == 0 {
        return Ok(());
    }
    let kernel = T::kernel(Isa::current());
    let rows = (MOST_PACKED / k.max(1)).max(1).next_multiple_of(kernel.mr).min(m.max(1));
    for (i, c) in c.chunks_mut(rows * n).enumerate() {
        let a = Panels::columns(&a.t(), i * rows..m.min((i + 1) * rows));
        let (down, right) = cut::<T>(a.width(), n, parallel::threads());
        parallel::tiles_mut(c, n, (down, right), |i, j, mut c| {
            multiply(alpha, &a, i * down, &b, j * right, beta, &mut c);
        });
    }
    Ok(())
}

/// The tile of an `m` × `n` product that one task computes, so that there are about `tasks` of
/// them: columns first, in whole vectors and evenly; rows as well where there are too few columns.
pub fn cut<T: Real>(m: usize, n: usize, tasks: usize) -> (usize, usize) {
    let kernel = T::kernel(Isa::current());
    let vectors = n.div_ceil(kernel.lanes).max(1);
    let panels = vectors.div_ceil(kernel.nr / kernel.lanes).next_multiple_of(tasks).min(vectors);
    let right = vectors.div_ceil(if tasks == 1 { 1 } else { panels }) * kernel.lanes;
    let down = m.div_ceil(tasks.div_ceil(panels)).next_multiple_of(kernel.mr);
    (down, right)
}

/// c ← α a b + β c for the part of the product where `c` lies: from row `row` (a multiple of the
/// panel height) and column `col` on. The serial loops inside of a task.
pub fn multiply<T: Real>(
    alpha: T,
    a: &Panels<T>,
    row: usize,
    b: &impl Source<T>,
    col: usize,
    beta: T,
    c: &mut Tile<'_, T>,
) {
    let kernel = T::kernel(Isa::current());
    debug_assert!(row % kernel.mr == 0 && a.depth() == b.depth());
    let mut packed = Buffer::scratch(DEPTH.min(b.depth()) * kernel.nr + kernel.nr);
    for j in (0..c.cols()).step_by(kernel.nr) {
        let cols = j..c.cols().min(j + kernel.nr);
        for (first, depth) in blocks(b.depth()) {
            b.pack(depth.clone(), col + cols.start..col + cols.end, &mut packed, kernel.nr);
            let beta = if first { beta } else { T::ONE };
            for i in (0..c.rows()).step_by(kernel.mr) {
                let mut c = c.tile(i..c.rows().min(i + kernel.mr), cols.clone());
                kernel.multiply(depth.len(), a.panel(&depth, (row + i) / kernel.mr), &packed, alpha, beta, &mut c);
            }
        }
    }
}

/// The blocks of a depth, and whether each is the first. A depth of 0 has one, empty: β still applies.
fn blocks(depth: usize) -> impl Iterator<Item = (bool, Range<usize>)> {
    (0..depth.max(1)).step_by(DEPTH).map(move |p| (p == 0, p..depth.min(p + DEPTH)))
}
