//! The second micro-kernel: sums of a few lines, each times a number.
//!
//! A small matrix applied to many vectors at once, as the transforms of Winograd's algorithm are: element q of every
//! vector lies in a line of its own, and each row of the matrix adds up whole lines. Zeros in the matrix cost nothing.

use super::kernel::Kernel;
use super::vector::Vector;
use crate::real::Real;

/// A matrix by its rows, without its zeros: coefficients, and where in a slice the line of each begins.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    terms: Vec<(T, usize)>,
    /// Where each row's terms end.
    ends: Vec<usize>,
    max: usize,
}

impl<T: Real> Rows<T> {
    /// The rows of a matrix, of which line q begins at `place(q)`.
    pub fn new<'a>(matrix: impl IntoIterator<Item = &'a Vec<T>>, place: impl Fn(usize) -> usize) -> Self {
        let mut rows = Self { terms: Vec::new(), ends: Vec::new(), max: 0 };
        for row in matrix {
            let terms = row.iter().enumerate().filter(|&(_, &x)| x != T::ZERO).map(|(q, &x)| (x, place(q)));
            rows.terms.extend(terms);
            rows.ends.push(rows.terms.len());
        }
        rows.max = rows.terms.iter().map(|term| term.1).max().unwrap_or(0);
        rows
    }
}

/// Lines are as long as a multiple of this many elements.
pub const STEP: usize = 16;

/// The arguments of the micro-kernel.
pub(super) struct Lines<'a, T> {
    rows: &'a Rows<T>,
    from: *const T,
    to: *mut T,
    stride: usize,
    len: usize,
}

impl<T: Real> Kernel<T> {
    /// to\[i · stride + l\] = Σ over the terms of row i of coefficient · from\[place + l\], for l from 0 to `len`.
    ///
    /// # Panics
    /// If `len` isn't a multiple of [`STEP`], or a slice is too short.
    pub fn combine(&self, rows: &Rows<T>, from: &[T], to: &mut [T], stride: usize, len: usize) {
        let last = rows.ends.len().saturating_sub(1).checked_mul(stride).and_then(|last| last.checked_add(len));
        assert!(len.is_multiple_of(STEP), "lines of {len} elements, which should be a multiple of {STEP}");
        assert!(rows.max.saturating_add(len) <= from.len(), "the lines are longer than what they are in");
        assert!(last.is_some_and(|last| last <= to.len()), "the result has no room for {} lines", rows.ends.len());
        let args = Lines { rows, from: from.as_ptr(), to: to.as_mut_ptr(), stride, len };
        // SAFETY: all lines are inside of the slices, `STEP` is a multiple of every vector's length, and a `Kernel` is
        // only made for an instruction set that the machine has.
        unsafe { (self.lines)(args) }
    }
}

/// # Safety
/// As [`Kernel::combine`] checks.
#[inline(always)]
pub(super) unsafe fn combine<T: Real, V: Vector<T>>(x: Lines<'_, T>) {
    let mut first = 0;
    for (i, &end) in x.rows.ends.iter().enumerate() {
        let terms = &x.rows.terms[first..end];
        first = end;
        let mut l = 0;
        while l < x.len {
            let to = x.to.wrapping_add(i * x.stride + l);
            let from = x.from.wrapping_add(l);
            // Four vectors at a time share each coefficient.
            // SAFETY: passed on; the vectors end before `len`.
            unsafe {
                if l + 4 * V::LANES <= x.len {
                    sum::<T, V, 4>(terms, from, to);
                    l += 4 * V::LANES;
                } else {
                    sum::<T, V, 1>(terms, from, to);
                    l += V::LANES;
                }
            }
        }
    }
}

/// # Safety
/// There are N vectors at `to`, and at each place from `from` on.
#[inline(always)]
unsafe fn sum<T: Real, V: Vector<T>, const N: usize>(terms: &[(T, usize)], from: *const T, to: *mut T) {
    // SAFETY: passed on.
    unsafe {
        let mut total = [V::splat(T::ZERO); N];
        for &(factor, place) in terms {
            let factor = V::splat(factor);
            for j in 0..N {
                total[j] = factor.mul_add(V::load(from.add(place + j * V::LANES)), total[j]);
            }
        }
        for j in 0..N {
            total[j].store(to.add(j * V::LANES));
        }
    }
}
