//! The fourth micro-kernel: a small kernel slides over a plane.
//!
//! Each output is a sum of taps, each an input times a weight, and nothing is summed over channels. Load for load
//! that is slow: one load for each multiply-add, where the machine has two of each in a cycle at best, and a load across two
//! lines of the cache counts twice. But outputs below each other share inputs. So a block of eight lines of
//! outputs is held in registers, and each line of inputs is loaded once for all of them: taps in one column of the kernel make
//! R multiply-adds of a load in place of one.

use super::kernel::Kernel;
use super::vector::Vector;
use crate::real::Real;

/// Lines are read in whole steps of this many elements.
const STEP: usize = super::STEP;

/// Where the lines of a plane are, in what is read and in what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Lines of outputs.
    pub count: usize,
    /// Elements of a line.
    pub len: usize,
    /// From one line to the next, in what is read.
    pub from: usize,
    /// From one line to the next, in what is written.
    pub to: usize,
}

/// Taps: for each, which weight, and where it finds the first output's input. Taps whose inputs lie below each other are
/// kept as columns.
#[derive(Debug, Clone)]
pub struct Stencil {
    pub(super) grid: Grid,
    pub(super) columns: Vec<Column>,
    /// The numbers of the weights, column by column.
    pub(super) weights: Vec<usize>,
    /// The largest number of a weight, and the largest place; `None` without taps.
    most: Option<(usize, usize)>,
}

/// Taps below each other: from line to line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Where the first of them finds the first output's input.
    pub(super) place: usize,
    pub(super) taps: usize,
}

impl Stencil {
    /// The stencil of taps (number of the weight, place of the first output's input), for planes that lie like this.
    pub fn new(taps: impl IntoIterator<Item = (usize, usize)>, grid: Grid) -> Self {
        let mut taps: Vec<(usize, usize)> = taps.into_iter().collect();
        taps.sort_by_key(|&(_, place)| place); // from the top of each column down
        let most = taps.iter().map(|&(weight, _)| weight).max().zip(taps.last().map(|&(_, place)| place));
        let mut columns: Vec<(usize, Vec<usize>)> = Vec::new();
        for (weight, place) in taps {
            let below = |(first, taps): &&mut (usize, Vec<usize>)| {
                taps.len().checked_mul(grid.from).and_then(|d| first.checked_add(d)) == Some(place)
                    && taps.len() < LONGEST
            };
            match columns.iter_mut().find(below) {
                Some((_, taps)) => taps.push(weight),
                None => columns.push((place, vec![weight])),
            }
        }
        Self {
            grid,
            weights: columns.iter().flat_map(|(_, taps)| taps.iter().copied()).collect(),
            columns: columns.iter().map(|(place, taps)| Column { place: *place, taps: taps.len() }).collect(),
            most,
        }
    }
}

/// Taps of a column at most; a longer one becomes several.
pub(super) const LONGEST: usize = 5;

/// The arguments of the micro-kernel.
pub(super) struct Plane<'a, T> {
    stencil: &'a Stencil,
    weights: *const T,
    from: *const T,
    to: *mut T,
}

impl<T: Real> Kernel<T> {
    /// to\[y · grid.to + x\] = Σ over the taps of weights\[w\] · from\[place + y · grid.from + x\], for each line y and its
    /// elements x. Lines are read in whole steps of 16 elements; nothing but their elements is written.
    ///
    /// The order of each sum is that of the columns, whatever the instruction set.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn stencil(&self, stencil: &Stencil, weights: &[T], from: &[T], to: &mut [T]) {
        if stencil.check(weights.len(), from.len(), to.len()) {
            let args = Plane { stencil, weights: weights.as_ptr(), from: from.as_ptr(), to: to.as_mut_ptr() };
            // SAFETY: all weights are in their slice, all lines in theirs, whole steps of what is read, and a `Kernel` is only
            // made for an instruction set that the machine has.
            unsafe { (self.stencil)(args) }
        }
    }
}

impl Stencil {
    /// Whether there are outputs.
    ///
    /// # Panics
    /// If they need more than so many weights, elements that are read, and elements that are written.
    pub(super) fn check(&self, weights: usize, read_from: usize, written_to: usize) -> bool {
        let Grid { count, len, from: pitch, to: pitch_to } = self.grid;
        if count == 0 || len == 0 {
            return false;
        }
        let end = |first: usize, pitch: usize, len: Option<usize>| {
            (count - 1).checked_mul(pitch)?.checked_add(first)?.checked_add(len?)
        };
        let (weight, place) = self.most.map_or((0, 0), |(weight, place)| (weight + 1, place));
        let read = end(place, pitch, len.checked_next_multiple_of(STEP)).filter(|&end| end <= read_from);
        let written = end(0, pitch_to, Some(len)).filter(|&end| end <= written_to);
        assert!(weight <= weights, "{weights} weights, of which number {weight} is needed");
        assert!(self.most.is_none() || read.is_some(), "the lines are longer than what they are in");
        assert!(written.is_some(), "the result has no room for its lines");
        true
    }
}

/// # Safety
/// As [`Kernel::stencil`] checks; no vector is longer than a step, and `H` isn't longer than `V`.
#[inline(always)]
pub(super) unsafe fn stencil<T: Real, V: Vector<T>, H: Vector<T>>(x: Plane<'_, T>) {
    let (mut y, count) = (0, x.stencil.grid.count);
    while y < count {
        // SAFETY: passed on; there are as many lines.
        unsafe {
            y += match count - y {
                8.. => lines::<T, V, H, 8>(&x, y),
                4.. => lines::<T, V, H, 4>(&x, y),
                2.. => lines::<T, V, H, 2>(&x, y),
                _ => lines::<T, V, H, 1>(&x, y),
            };
        }
    }
}

/// ROWS lines of outputs, from `y` on. The last vector of a line may compute again what the one before did.
///
/// # Safety
/// As [`stencil`], and there are ROWS lines from `y` on.
#[inline(always)]
unsafe fn lines<T: Real, V: Vector<T>, H: Vector<T>, const ROWS: usize>(x: &Plane<'_, T>, y: usize) -> usize {
    let len = x.stencil.grid.len;
    let mut l = 0;
    // SAFETY: passed on; each vector that is written ends at `len` at most.
    unsafe {
        while l < len {
            l = match len - l {
                left if left >= V::LANES => block::<T, V, ROWS>(x, y, l),
                left if left > H::LANES && len >= V::LANES => block::<T, V, ROWS>(x, y, len - V::LANES),
                left if left >= H::LANES => block::<T, H, ROWS>(x, y, l),
                _ if len >= H::LANES => block::<T, H, ROWS>(x, y, len - H::LANES),
                _ => edge::<T, H, ROWS>(x, y, len),
            };
        }
    }
    ROWS
}

/// One vector of each of ROWS lines, from element `l` on; gives back where it ends.
///
/// # Safety
/// As [`lines`], and the vector is inside of the lines.
#[inline(always)]
unsafe fn block<T: Real, V: Vector<T>, const ROWS: usize>(x: &Plane<'_, T>, y: usize, l: usize) -> usize {
    // SAFETY: passed on.
    unsafe {
        let sums = sums::<T, V, ROWS>(x, y, l);
        for (i, sum) in sums.into_iter().enumerate() {
            sum.store(x.to.add((y + i) * x.stencil.grid.to + l));
        }
    }
    l + V::LANES
}

/// [`block`] for lines that are shorter than the vector.
///
/// # Safety
/// As [`lines`]; the vector isn't longer than a step.
#[inline(always)]
unsafe fn edge<T: Real, V: Vector<T>, const ROWS: usize>(x: &Plane<'_, T>, y: usize, len: usize) -> usize {
    // SAFETY: passed on; only the line's elements are copied from the buffer.
    unsafe {
        let sums = sums::<T, V, ROWS>(x, y, 0);
        for (i, sum) in sums.into_iter().enumerate() {
            let mut lanes = [T::ZERO; STEP];
            sum.store(lanes.as_mut_ptr());
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), x.to.add((y + i) * x.stencil.grid.to), len);
        }
    }
    len
}

/// # Safety
/// As [`lines`]; at each place a vector from element `l` on may be read.
#[inline(always)]
unsafe fn sums<T: Real, V: Vector<T>, const ROWS: usize>(x: &Plane<'_, T>, y: usize, l: usize) -> [V; ROWS] {
    // SAFETY: passed on; a column has between one and LONGEST taps.
    unsafe {
        let pitch = x.stencil.grid.from;
        let mut sums = [V::splat(T::ZERO); ROWS];
        let mut weights = x.stencil.weights.as_ptr();
        for column in &x.stencil.columns {
            let from = x.from.add(column.place + y * pitch + l);
            match column.taps {
                1 => add::<T, V, ROWS, 1>(&mut sums, x.weights, weights, from, pitch),
                2 => add::<T, V, ROWS, 2>(&mut sums, x.weights, weights, from, pitch),
                3 => add::<T, V, ROWS, 3>(&mut sums, x.weights, weights, from, pitch),
                4 => add::<T, V, ROWS, 4>(&mut sums, x.weights, weights, from, pitch),
                _ => add::<T, V, ROWS, LONGEST>(&mut sums, x.weights, weights, from, pitch),
            }
            weights = weights.add(column.taps);
        }
        sums
    }
}

/// Adds a column of TAPS taps: each line of inputs is loaded once, and met by the taps of up to TAPS outputs.
///
/// # Safety
/// As [`sums`]; the column has TAPS taps.
#[inline(always)]
unsafe fn add<T: Real, V: Vector<T>, const ROWS: usize, const TAPS: usize>(
    sums: &mut [V; ROWS],
    weights: *const T,
    numbers: *const usize,
    from: *const T,
    pitch: usize,
) {
    // SAFETY: passed on.
    unsafe {
        let mut w = [V::splat(T::ZERO); TAPS];
        for t in 0..TAPS {
            w[t] = V::splat(*weights.add(*numbers.add(t)));
        }
        for i in 0..ROWS + TAPS - 1 {
            let line = V::load(from.add(i * pitch));
            for t in 0..TAPS {
                if i >= t && i - t < ROWS {
                    sums[i - t] = w[t].mul_add(line, sums[i - t]);
                }
            }
        }
    }
}
