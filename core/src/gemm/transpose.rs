//! The third micro-kernel: rows become columns.

use super::kernel::Kernel;
use super::vector::Vector;
use crate::real::Real;

/// The arguments of the micro-kernel.
pub(super) struct Turn<T> {
    from: *const T,
    row: usize,
    to: *mut T,
    stride: usize,
    depth: usize,
    width: usize,
    /// Elements that may be written.
    room: usize,
}

impl<T: Real> Kernel<T> {
    /// to\[p · stride + j\] = from\[j · row + p\]: `width` rows of `depth` elements become columns.
    ///
    /// Blocks are written whole: behind the last column of each, up to seven elements may be overwritten with
    /// anything, where `to` has them.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn transpose(&self, from: &[T], row: usize, to: &mut [T], stride: usize, depth: usize, width: usize) {
        if depth == 0 || width == 0 {
            return;
        }
        let end = |count: usize, step: usize, length: usize| (count - 1).checked_mul(step)?.checked_add(length);
        assert!(end(width, row, depth).is_some_and(|end| end <= from.len()), "the rows are longer than the slice");
        assert!(end(depth, stride, width).is_some_and(|end| end <= to.len()), "no room for the columns");
        let args = Turn { from: from.as_ptr(), row, to: to.as_mut_ptr(), stride, depth, width, room: to.len() };
        // SAFETY: rows and columns are inside of the slices, and a `Kernel` is only made for an instruction set
        // that the machine has.
        unsafe { (self.turn)(args) }
    }
}

/// In blocks of L × L, so that both sides move whole vectors; log₂ L rounds of interleaving the upper half of
/// the rows with the lower one, like shuffling cards, transpose a block.
///
/// # Safety
/// As [`Kernel::transpose`] checks; L is the vector's length.
#[inline(always)]
pub(super) unsafe fn transpose<T: Real, V: Vector<T>, const L: usize>(x: Turn<T>) {
    const { assert!(L == V::LANES) };
    // The last columns first: what a block writes too much is overwritten.
    for j in (0..x.width).step_by(L).rev() {
        let wide = (x.width - j).min(L);
        let mut p = 0;
        // SAFETY: places of rows and columns are inside, and a block is only written where there is room for all of it.
        unsafe {
            while p + L <= x.depth && (p + L - 1) * x.stride + j + L <= x.room {
                let mut block = [V::splat(T::ZERO); L];
                for i in 0..L {
                    block[i] = V::load(x.from.add((j + i.min(wide - 1)) * x.row + p));
                }
                for _ in 0..L.ilog2() {
                    let mut next = block;
                    for i in 0..L / 2 {
                        (next[2 * i], next[2 * i + 1]) = block[i].interleave(block[i + L / 2]);
                    }
                    block = next;
                }
                for i in 0..L {
                    block[i].store(x.to.add((p + i) * x.stride + j));
                }
                p += L;
            }
            for p in p..x.depth {
                for i in j..j + wide {
                    *x.to.add(p * x.stride + i) = *x.from.add(i * x.row + p);
                }
            }
        }
    }
}
