//! The matrix product C ← α A B + β C.
//!
//! The structure is that of the BLIS papers (Van Zee, van de Geijn, "BLIS: A Framework for Rapidly
//! Instantiating BLAS Functionality", 2015), with the loops that a few cores need:
//!
//! ```text
//! pack A into panels of mr rows, once                      (all threads)
//! for each group of panels of nr columns of B and C        (split over threads)
//!     for each block of DEPTH of the summed axis
//!         pack the group's block of B                      stays in the second-level cache
//!         for each panel of mr rows of A and C             streams past it, through the first
//!             for each panel of the group
//!                 micro-kernel: mr × nr of C in registers
//! ```
//!
//! An element of C is summed in the order of the depth, whatever tile it falls into: how the work
//! is cut, and over how many threads, doesn't change a bit of the result.

mod adjoint;
mod deal;
mod factor;
pub mod kernel;
mod lines;
mod pack;
mod peak;
mod stencil;
mod transpose;
pub mod vector;

use self::kernel::Kernel;
use crate::buffer::Buffer;
use crate::caches::Caches;
use crate::error::{Error, Result};
use crate::parallel::{self, Tile};
use crate::real::Real;
use crate::workspace;
pub use deal::Rounds;
pub use factor::{Left, Offsets, Right, Span};
pub use lines::{Rows, STEP};
pub use pack::{DEPTH, MatRef, Panels, copy_run};
pub use peak::{peak, peak_of};
use std::ops::Range;
pub use stencil::{Grid, Stencil};

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
    if c.is_empty() {
        return Ok(());
    }
    // A transposed B must be turned while it's packed, which costs as much as some multiplications.
    // If A is smaller, Cᵀ = Bᵀ Aᵀ turns that instead, and then C.
    if b.is_transposed() && !a.is_transposed() && 2 * m <= n {
        let mut turned = Buffer::scratch(c.len());
        gemm(alpha, b.t(), a.t(), T::ZERO, &mut turned)?;
        let turned = MatRef::new(&turned, n, m)?;
        let mut row = Buffer::scratch(c.len());
        turned.t().pack(0..m, 0..n, &mut row, n);
        let add = |(c, &x): (&mut T, &T)| *c = if beta == T::ZERO { x } else { beta * *c + x };
        c.iter_mut().zip(row.iter()).for_each(add);
        return Ok(());
    }
    let rows = (workspace::elements::<T>((7, 8)) / k.max(1)).clamp(1, m); // of A, to be packed at a time
    for (i, c) in c.chunks_mut(rows * n).enumerate() {
        blocked(alpha, &a, i * rows..m.min((i + 1) * rows), &b, beta, c);
    }
    Ok(())
}

/// [`gemm`] for some rows of A, with all sizes right and none of them 0 but perhaps the depth.
fn blocked<T: Real>(alpha: T, a: &MatRef<'_, T>, rows: Range<usize>, b: &MatRef<'_, T>, beta: T, c: &mut [T]) {
    let kernel = Kernel::<T>::current();
    let (m, n, k, nr) = (rows.len(), b.cols(), b.rows(), kernel.nr());
    // Packing pays only for what is read often: A once per panel of B, B once per panel of A.
    let (offsets, steps) = (a.row_offsets(rows.clone()), a.col_offsets());
    let as_it_is = Left { data: a.data(), rows: offsets.span(), depth: steps.span() };
    // What the nearest cache holds is read where it is.
    let far = m * k * size_of::<T>() > Caches::this().first;
    let panels = (n > nr && far).then(|| Panels::new(a, rows));
    let a = panels.as_ref().map_or(as_it_is, Panels::left);
    let b_steps = b.row_offsets(0..k);
    let b_as_it_is = Right { data: b.data(), depth: b_steps.span() };
    let direct = b.is_row_major() && m <= 4 * kernel.mr();

    let even = Offsets::even(DEPTH.min(k), nr);
    let (down, right) = cut::<T>(m, n, parallel::threads());
    parallel::tiles_mut(c, n, (down, right), |i, j, mut c| {
        let (rows, from) = (i * down..i * down + c.rows(), j * right);
        let a = a.part(rows, 0..k);
        if direct && kernel.reaches(&b_as_it_is, from, c.cols()) {
            return multiply(alpha, &a, &b_as_it_is, from, beta, &mut c);
        }
        let (together, size) = (panels_together(&kernel), DEPTH.min(k).max(1) * nr);
        let mut packed = Buffer::scratch(together * size);
        let (height, width) = (kernel.height(c.rows()), kernel.width(c.cols()));
        // ANCHOR: loops
        for group in split(0..c.cols(), together * width) {
            for (first, depth) in blocks(k) {
                for (cols, packed) in split(group.clone(), width).zip(packed.chunks_mut(size)) {
                    b.pack(depth.clone(), from + cols.start..from + cols.end, packed, nr);
                }
                let beta = if first { beta } else { T::ONE };
                for rows in split(0..c.rows(), height) {
                    let a = a.part(rows.clone(), depth.clone());
                    for (cols, packed) in split(group.clone(), width).zip(packed.chunks(size)) {
                        let b = Right { data: packed, depth: even.span().part(0..depth.len()) };
                        kernel.multiply(alpha, &a, &b, 0, beta, &mut c.tile(rows.clone(), cols));
                    }
                }
            }
        }
        // ANCHOR_END: loops
    });
}

/// Panels of B that A streams past together, as it comes from far away when it's large: as many as fill two fifths of a
/// second-level cache.
fn panels_together<T: Real>(kernel: &Kernel<T>) -> usize {
    (Caches::this().second * 2 / 5 / (DEPTH * kernel.nr() * size_of::<T>())).clamp(1, 16)
}

/// A range in pieces of `size`; the last may be shorter.
fn split(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(size).map(move |i| i..range.end.min(i + size))
}

// ANCHOR: cut
/// The tile of an `m` × `n` product that one of `tasks` tasks computes: cut between columns, in whole
/// vectors; between rows as well where there are too few columns.
fn cut<T: Real>(m: usize, n: usize, tasks: usize) -> (usize, usize) {
    let kernel = Kernel::<T>::current();
    let vectors = n.div_ceil(kernel.lanes());
    let right = vectors.div_ceil(tasks);
    let down = m.div_ceil(tasks.div_ceil(vectors.div_ceil(right)));
    (down.next_multiple_of(kernel.mr()), right * kernel.lanes())
}
// ANCHOR_END: cut

/// c ← α a b + β c, columns of `b` from `col` on: the serial loops around the micro-kernel, for
/// factors that it can read as they are.
///
/// # Panics
/// As [`kernel::Kernel::multiply`].
pub fn multiply<T: Real>(alpha: T, a: &Left<'_, T>, b: &Right<'_, T>, col: usize, beta: T, c: &mut Tile<'_, T>) {
    multiply_lines(alpha, a, b, |_| col, c.cols(), beta, c);
}

/// [`multiply`] for columns that lie in lines of `len`: those of line l are the ones of `b` from `col(l)` on.
///
/// # Panics
/// As [`kernel::Kernel::multiply`].
pub fn multiply_lines<T: Real>(
    alpha: T,
    a: &Left<'_, T>,
    b: &Right<'_, T>,
    col: impl Fn(usize) -> usize,
    len: usize,
    beta: T,
    c: &mut Tile<'_, T>,
) {
    let kernel = Kernel::<T>::current();
    let (height, width) = (kernel.height(c.rows()), kernel.width(len));
    let panels = len.div_ceil(width); // of a line
    for group in split(0..c.cols() / len.max(1) * panels, panels_together(&kernel)) {
        for (first, depth) in blocks(a.depth.values().len()) {
            let b = Right { data: b.data, depth: b.depth.part(depth.clone()) };
            let beta = if first { beta } else { T::ONE };
            for rows in split(0..c.rows(), height) {
                let a = a.part(rows.clone(), depth.clone());
                for panel in group.clone() {
                    let (line, from) = (panel / panels, panel % panels * width);
                    let cols = line * len + from..line * len + len.min(from + width);
                    kernel.multiply(alpha, &a, &b, col(line) + from, beta, &mut c.tile(rows.clone(), cols));
                }
            }
        }
    }
}

/// The blocks of a depth, and whether each is the first. A depth of 0 has one, empty: β still applies.
fn blocks(depth: usize) -> impl Iterator<Item = (bool, Range<usize>)> {
    (0..depth.max(1)).step_by(DEPTH).map(move |p| (p == 0, p..depth.min(p + DEPTH)))
}
