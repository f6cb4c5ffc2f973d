//! The adjoint of the stencil, with respect to its weights: how much of each tap is in a gradient.
//!
//! The gradient of a tap is the inner product of a plane of gradients and the plane of inputs that the tap sees. Taps below each
//! other see the same lines of inputs, one line later each: so each line of both is loaded once for all taps of a column.

use super::kernel::Kernel;
use super::stencil::{LONGEST, Stencil};
use super::vector::Vector;
use crate::real::Real;

/// The arguments of the micro-kernel.
pub(super) struct Planes<'a, T> {
    stencil: &'a Stencil,
    from: *const T,
    grad: *const T,
    sums: *mut T,
}

impl<T: Real> Kernel<T> {
    /// sums\[w\] += Σ over lines y and elements x of from\[place + y · grid.from + x\] · grad\[y · grid.to + x\], for each tap
    /// (w, place) of the stencil: the adjoint of [`Kernel::stencil`] with respect to the weights.
    ///
    /// # Panics
    /// If a slice is too short for what [`Kernel::stencil`] reads and writes.
    pub fn stencil_weights(&self, stencil: &Stencil, from: &[T], grad: &[T], sums: &mut [T]) {
        if stencil.check(sums.len(), from.len(), grad.len()) {
            let args = Planes { stencil, from: from.as_ptr(), grad: grad.as_ptr(), sums: sums.as_mut_ptr() };
            // SAFETY: as for the stencil: all weights, lines of inputs and lines of gradients are inside of their slices, and a
            // `Kernel` is only made for an instruction set that the machine has.
            unsafe { (self.adjoint)(args) }
        }
    }
}

/// # Safety
/// As [`Kernel::stencil_weights`] checks; no vector is longer than a step, and `H` isn't longer than `V`.
#[inline(always)]
pub(super) unsafe fn adjoint<T: Real, V: Vector<T>, H: Vector<T>>(x: Planes<'_, T>) {
    let mut weights = x.stencil.weights.as_ptr();
    for column in &x.stencil.columns {
        // SAFETY: passed on; a column has between one and LONGEST taps, and as many numbers of weights.
        unsafe {
            let from = x.from.add(column.place);
            match column.taps {
                1 => taps::<T, V, H, 1>(&x, from, weights),
                2 => taps::<T, V, H, 2>(&x, from, weights),
                3 => taps::<T, V, H, 3>(&x, from, weights),
                4 => taps::<T, V, H, 4>(&x, from, weights),
                _ => taps::<T, V, H, LONGEST>(&x, from, weights),
            }
            weights = weights.add(column.taps);
        }
    }
}

/// One column of TAPS taps, whose first finds its inputs from `from` on: lines in pairs of vectors, in vectors, and what is left
/// of them.
///
/// # Safety
/// As [`adjoint`].
#[inline(always)]
unsafe fn taps<T: Real, V: Vector<T>, H: Vector<T>, const TAPS: usize>(
    x: &Planes<'_, T>,
    from: *const T,
    weights: *const usize,
) {
    let len = x.stencil.grid.len;
    // SAFETY: passed on; each vector of gradients ends at `len` at most.
    unsafe {
        let mut totals = [T::ZERO; TAPS];
        let mut l = 0;
        while l < len {
            l += match len - l {
                left if left >= 2 * V::LANES => strip::<T, V, 2, TAPS>(x, from, l, 0, &mut totals),
                left if left >= V::LANES => strip::<T, V, 1, TAPS>(x, from, l, 0, &mut totals),
                left if left > H::LANES && len >= V::LANES => {
                    strip::<T, V, 1, TAPS>(x, from, len - V::LANES, V::LANES - left, &mut totals)
                }
                left if left >= H::LANES => strip::<T, H, 1, TAPS>(x, from, l, 0, &mut totals),
                left if len >= H::LANES => {
                    strip::<T, H, 1, TAPS>(x, from, len - H::LANES, H::LANES - left, &mut totals)
                }
                _ => one_by_one(x, from, &mut totals),
            };
        }
        for (t, total) in totals.into_iter().enumerate() {
            *x.sums.add(*weights.add(t)) += total;
        }
    }
}

/// All lines of VECS vectors from element `l` on; the first `known` elements were counted before. Gives back how many elements that
/// are, at least.
///
/// # Safety
/// As [`taps`], and the vectors are inside of the lines of gradients.
#[inline(always)]
unsafe fn strip<T: Real, V: Vector<T>, const VECS: usize, const TAPS: usize>(
    x: &Planes<'_, T>,
    from: *const T,
    l: usize,
    known: usize,
    totals: &mut [T; TAPS],
) -> usize {
    let grid = x.stencil.grid;
    // SAFETY: passed on; no vector has more than STEP lanes.
    unsafe {
        let zero = V::splat(T::ZERO);
        let mut mask = [T::ONE; super::STEP];
        mask[..known].fill(T::ZERO);
        let mask = V::load(mask.as_ptr());
        let mut sums = [[zero; TAPS]; VECS];
        // The gradients that meet line i of the inputs, of the tap t lines up: those of line i − t.
        let mut near = [[zero; TAPS]; VECS];
        for i in 0..grid.count + TAPS - 1 {
            for v in 0..VECS {
                for t in (1..TAPS).rev() {
                    near[v][t] = near[v][t - 1];
                }
                near[v][0] = zero;
                if i < grid.count {
                    near[v][0] = V::load(x.grad.add(i * grid.to + l + v * V::LANES));
                    if known > 0 {
                        near[v][0] = near[v][0].mul_add(mask, zero);
                    }
                }
                let input = V::load(from.add(i * grid.from + l + v * V::LANES));
                for t in 0..TAPS {
                    sums[v][t] = input.mul_add(near[v][t], sums[v][t]);
                }
            }
        }
        for t in 0..TAPS {
            for sums in &sums {
                let mut lanes = [T::ZERO; super::STEP];
                sums[t].store(lanes.as_mut_ptr());
                totals[t] += lanes.iter().fold(T::ZERO, |sum, &x| sum + x);
            }
        }
    }
    VECS * V::LANES - known
}

/// Lines that are shorter than every vector.
///
/// # Safety
/// As [`taps`].
#[inline(always)]
unsafe fn one_by_one<T: Real, const TAPS: usize>(x: &Planes<'_, T>, from: *const T, totals: &mut [T; TAPS]) -> usize {
    let grid = x.stencil.grid;
    for (y, l) in (0..grid.count).flat_map(|y| (0..grid.len).map(move |l| (y, l))) {
        // SAFETY: passed on.
        unsafe {
            let grad = *x.grad.add(y * grid.to + l);
            for t in 0..TAPS {
                totals[t] += *from.add((y + t) * grid.from + l) * grad;
            }
        }
    }
    grid.len
}
