//! The second micro-kernel: sums of a few lines, each times a number.
//!
//! A small matrix applied to many vectors at once, as the transforms of Winograd's algorithm are: element q of every
//! vector lies in a line of its own, and each row of the matrix adds up whole lines.

use super::kernel::Kernel;
use super::vector::Vector;
use crate::real::Real;

/// A matrix by its rows: coefficients, and where in a slice the line of each begins.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    terms: Vec<(T, usize)>,
    /// Where each row's terms end.
    ends: Vec<usize>,
    max: usize,
}

impl<T> Default for Rows<T> {
    /// No rows.
    fn default() -> Self {
        Self { terms: Vec::new(), ends: Vec::new(), max: 0 }
    }
}

impl<T: Real> Rows<T> {
    /// The rows of a matrix of constants, [added](Self::add) one after another.
    pub fn new<'a>(matrix: impl IntoIterator<Item = &'a Vec<T>>, place: impl Fn(usize) -> usize) -> Self {
        let mut rows = Self::default();
        for row in matrix {
            rows.add(row, &place);
        }
        rows
    }

    /// One more row of constants, of which line q begins at `place(q)`. Its zeros are left out: they would cost as much
    /// as other numbers.
    pub fn add(&mut self, row: &[T], place: impl Fn(usize) -> usize) {
        self.push(row.iter().enumerate().filter(|&(_, &x)| x != T::ZERO).map(|(q, &x)| (x, place(q))));
    }

    /// One more row: coefficients, and where the line of each begins.
    pub fn push(&mut self, row: impl IntoIterator<Item = (T, usize)>) {
        for (x, place) in row {
            self.terms.push((x, place));
            self.max = self.max.max(place);
        }
        self.ends.push(self.terms.len());
    }

    /// Drops the rows, and keeps their memory.
    pub fn clear(&mut self) {
        self.terms.clear();
        self.ends.clear();
        self.max = 0;
    }
}

/// Lines are read and written in whole steps of this many elements.
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
        assert!(len.is_multiple_of(STEP), "lines of {len} elements, which should be a multiple of {STEP}");
        if let Some(args) = Lines::new(rows, from, to, stride, len) {
            // SAFETY: as `Lines::new` says, and a `Kernel` is only made for an instruction set that the machine has.
            unsafe { (self.lines)(args) }
        }
    }
}

impl<'a, T: Real> Lines<'a, T> {
    /// Checks that all lines are inside of the slices; `None` if there is nothing to do.
    fn new(rows: &'a Rows<T>, from: &[T], to: &mut [T], stride: usize, len: usize) -> Option<Self> {
        let last = rows.ends.len().checked_sub(1)?;
        let read = rows.max.checked_add(len);
        let write = last.checked_mul(stride).and_then(|last| last.checked_add(len));
        assert!(read.is_some_and(|read| read <= from.len()), "the lines are longer than what they are in");
        assert!(write.is_some_and(|write| write <= to.len()), "the result has no room for its lines");
        Some(Lines { rows, from: from.as_ptr(), to: to.as_mut_ptr(), stride, len })
    }
}

/// # Safety
/// As [`Lines::new`] checks; the lines' length and STEP are multiples of the vector's.
#[inline(always)]
pub(super) unsafe fn combine<T: Real, V: Vector<T>>(x: Lines<'_, T>) {
    let mut first = 0;
    for (i, &end) in x.rows.ends.iter().enumerate() {
        let terms = &x.rows.terms[first..end];
        first = end;
        let to = x.to.wrapping_add(i * x.stride);
        // The number of terms as a constant: coefficients stay in registers for the whole row.
        // SAFETY: passed on; there are as many terms.
        unsafe {
            match terms.len() {
                1 => row::<T, V, 1>(terms, x.from, to, x.len),
                2 => row::<T, V, 2>(terms, x.from, to, x.len),
                3 => row::<T, V, 3>(terms, x.from, to, x.len),
                4 => row::<T, V, 4>(terms, x.from, to, x.len),
                5 => row::<T, V, 5>(terms, x.from, to, x.len),
                6 => row::<T, V, 6>(terms, x.from, to, x.len),
                7 => row::<T, V, 7>(terms, x.from, to, x.len),
                _ => {
                    for l in (0..x.len).step_by(V::LANES) {
                        sum::<T, V, 1>(terms, x.from.add(l), to.add(l));
                    }
                }
            }
        }
    }
}

/// One line from N terms.
///
/// # Safety
/// As [`combine`], and there are N terms.
#[inline(always)]
unsafe fn row<T: Real, V: Vector<T>, const N: usize>(terms: &[(T, usize)], from: *const T, to: *mut T, len: usize) {
    // SAFETY: passed on; the vectors end before `len`.
    unsafe {
        let mut factors = [V::splat(T::ZERO); N];
        let mut lines = [from; N];
        for t in 0..N {
            let (factor, place) = *terms.get_unchecked(t);
            (factors[t], lines[t]) = (V::splat(factor), from.add(place));
        }
        for l in (0..len).step_by(V::LANES) {
            let mut total = V::splat(T::ZERO);
            for t in 0..N {
                total = factors[t].mul_add(V::load(lines[t].add(l)), total);
            }
            total.store(to.add(l));
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
