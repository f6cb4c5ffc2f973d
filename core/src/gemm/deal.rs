//! The fifth micro-kernel: lines dealt out like cards, and collected.
//!
//! A stride of 2 separates the even elements of a line from the odd ones. Element by element that takes longer than all the
//! arithmetic of a thin layer; in vectors it is two instructions for two of them.

use super::kernel::Kernel;
use super::vector::Vector;
use crate::real::Real;

/// How lines are dealt out: a round gives one element to each of `players`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    /// Lines.
    pub count: usize,
    /// Rounds of each line.
    pub len: usize,
    /// Elements of a round.
    pub step: usize,
    /// How many of them are wanted: the first ones.
    pub players: usize,
    /// From one line to the next, where they lie together.
    pub together: usize,
    /// From one line to the next, where they lie apart.
    pub apart: usize,
    /// From one player to the next.
    pub player: usize,
}

impl Rounds {
    /// Whole lines, which are only moved: `count` of `len` elements, `together` apart here and `apart` there.
    pub fn lines(count: usize, len: usize, together: usize, apart: usize) -> Self {
        Self { count, len, step: 1, players: 1, together, apart, player: 0 }
    }

    /// Whether lines that lie together are inside of so many elements, and those that lie apart as well.
    fn fit(&self, together: usize, apart: usize) -> bool {
        if self.count == 0 || self.len == 0 || self.players == 0 {
            return true;
        }
        let end = |pitch: usize, len: usize| (self.count - 1).checked_mul(pitch)?.checked_add(len);
        let last = (self.players - 1).checked_mul(self.player).and_then(|last| last.checked_add(self.len));
        let ends = (
            self.len.checked_mul(self.step).and_then(|len| end(self.together, len)),
            last.and_then(|last| end(self.apart, last)),
        );
        self.players <= self.step && matches!(ends, (Some(t), Some(a)) if t <= together && a <= apart)
    }
}

/// The arguments of the micro-kernel.
pub(super) struct Hand<'a, T> {
    rounds: &'a Rounds,
    from: *const T,
    to: *mut T,
    /// Which way.
    back: bool,
}

impl<T: Real> Kernel<T> {
    /// to\[p · player + y · apart + i\] = from\[y · together + i · step + p\], for each line y, round i and player p.
    ///
    /// # Panics
    /// If a slice is too short, or there are more players than elements in a round.
    pub fn deal(&self, rounds: &Rounds, from: &[T], to: &mut [T]) {
        assert!(rounds.fit(from.len(), to.len()), "{} and {} elements for {rounds:?}", from.len(), to.len());
        let args = Hand { rounds, from: from.as_ptr(), to: to.as_mut_ptr(), back: false };
        // SAFETY: all lines are inside of their slices, and a `Kernel` is only made for an instruction set that the machine has.
        unsafe { (self.deal)(args) }
    }

    /// The way back: to\[y · together + i · step + p\] = from\[p · player + y · apart + i\], if all have a player.
    ///
    /// # Panics
    /// If a slice is too short, or there aren't as many players as elements in a round.
    pub fn collect(&self, rounds: &Rounds, from: &[T], to: &mut [T]) {
        assert_eq!(rounds.players, rounds.step, "every element of a round comes from a player");
        assert!(rounds.fit(to.len(), from.len()), "{} and {} elements for {rounds:?}", to.len(), from.len());
        let args = Hand { rounds, from: from.as_ptr(), to: to.as_mut_ptr(), back: true };
        // SAFETY: as above.
        unsafe { (self.deal)(args) }
    }
}

/// # Safety
/// As [`Kernel::deal`] and [`Kernel::collect`] check; `H` isn't longer than `V`.
#[inline(always)]
pub(super) unsafe fn deal<T: Real, V: Vector<T>, H: Vector<T>>(x: Hand<'_, T>) {
    let r = x.rounds;
    // SAFETY: passed on.
    unsafe {
        match (r.step, r.len, x.back) {
            // Shorter vectors lie across two lines of the cache less often.
            (1, len, _) if len >= H::LANES => each_line(&x, |from, to| copy::<T, H>(r, from, to)),
            (2, len, false) if len >= V::LANES => each_line(&x, |from, to| halves::<T, V>(r, from, to)),
            (2, len, false) if len >= H::LANES => each_line(&x, |from, to| halves::<T, H>(r, from, to)),
            (4, len, false) if len >= V::LANES => each_line(&x, |from, to| quarters::<T, V>(r, from, to)),
            (4, len, false) if len >= H::LANES => each_line(&x, |from, to| quarters::<T, H>(r, from, to)),
            (2, len, true) if len >= V::LANES => each_line(&x, |from, to| join_halves::<T, V>(r, from, to)),
            (2, len, true) if len >= H::LANES => each_line(&x, |from, to| join_halves::<T, H>(r, from, to)),
            (4, len, true) if len >= V::LANES => each_line(&x, |from, to| join_quarters::<T, V>(r, from, to)),
            (4, len, true) if len >= H::LANES => each_line(&x, |from, to| join_quarters::<T, H>(r, from, to)),
            // With a known step the compiler finds the shuffles.
            (6, _, _) => each_line(&x, |from, to| one_by_one(r, 6, x.back, from, to)),
            (9, _, _) => each_line(&x, |from, to| one_by_one(r, 9, x.back, from, to)),
            (step, _, _) => each_line(&x, |from, to| one_by_one(r, step, x.back, from, to)),
        }
    }
}

/// # Safety
/// `line` is right for lines of these rounds.
#[inline(always)]
unsafe fn each_line<T>(x: &Hand<'_, T>, line: impl Fn(*const T, *mut T)) {
    let (together, apart) = (x.rounds.together, x.rounds.apart);
    let (from, to) = if x.back { (apart, together) } else { (together, apart) };
    for y in 0..x.rounds.count {
        // SAFETY: all lines are inside of their slices.
        unsafe { line(x.from.add(y * from), x.to.add(y * to)) }
    }
}

/// # Safety
/// As [`deal`], with a step of 1, and lines of a vector at least.
#[inline(always)]
unsafe fn copy<T: Real, V: Vector<T>>(r: &Rounds, from: *const T, to: *mut T) {
    for i in blocks(r.len, V::LANES) {
        // SAFETY: passed on.
        unsafe { V::load(from.add(i)).store(to.add(i)) }
    }
}

/// # Safety
/// As [`deal`], whose rounds have this step.
#[inline(always)]
unsafe fn one_by_one<T: Copy>(r: &Rounds, step: usize, back: bool, from: *const T, to: *mut T) {
    let players = if back { step } else { r.players }; // known, if the step is
    for i in 0..r.len {
        for p in 0..players {
            let (together, apart) = (i * step + p, p * r.player + i);
            let (read, written) = if back { (apart, together) } else { (together, apart) };
            // SAFETY: passed on.
            unsafe { *to.add(written) = *from.add(read) }
        }
    }
}

/// Where vectors begin that cover a line; the last may overlap with the one before.
#[inline(always)]
fn blocks(len: usize, lanes: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by(lanes).map(move |i| i.min(len - lanes))
}

/// # Safety
/// As [`deal`], with a step of 2, and lines of a vector at least.
#[inline(always)]
unsafe fn halves<T: Real, V: Vector<T>>(r: &Rounds, from: *const T, to: *mut T) {
    for i in blocks(r.len, V::LANES) {
        // SAFETY: passed on.
        unsafe {
            let from = from.add(2 * i);
            let (even, odd) = V::load(from).separate(V::load(from.add(V::LANES)));
            even.store(to.add(i));
            if r.players == 2 {
                odd.store(to.add(r.player + i));
            }
        }
    }
}

/// # Safety
/// As [`deal`], with a step of 2, and lines of a vector at least.
#[inline(always)]
unsafe fn join_halves<T: Real, V: Vector<T>>(r: &Rounds, from: *const T, to: *mut T) {
    for i in blocks(r.len, V::LANES) {
        // SAFETY: passed on.
        unsafe {
            let (low, high) = V::load(from.add(i)).interleave(V::load(from.add(r.player + i)));
            low.store(to.add(2 * i));
            high.store(to.add(2 * i + V::LANES));
        }
    }
}

/// # Safety
/// As [`deal`], with a step of 4, and lines of a vector at least.
#[inline(always)]
unsafe fn quarters<T: Real, V: Vector<T>>(r: &Rounds, from: *const T, to: *mut T) {
    for i in blocks(r.len, V::LANES) {
        // SAFETY: passed on.
        unsafe {
            let at = |j: usize| V::load(from.add(4 * i + j * V::LANES));
            let ((even, odd), (even_2, odd_2)) = (at(0).separate(at(1)), at(2).separate(at(3)));
            let ((p0, p2), (p1, p3)) = (even.separate(even_2), odd.separate(odd_2));
            for (p, vector) in [p0, p1, p2, p3].into_iter().enumerate().take(r.players) {
                vector.store(to.add(p * r.player + i));
            }
        }
    }
}

/// # Safety
/// As [`deal`], with a step of 4, and lines of a vector at least.
#[inline(always)]
unsafe fn join_quarters<T: Real, V: Vector<T>>(r: &Rounds, from: *const T, to: *mut T) {
    for i in blocks(r.len, V::LANES) {
        // SAFETY: passed on.
        unsafe {
            let at = |p: usize| V::load(from.add(p * r.player + i));
            let ((even, even_2), (odd, odd_2)) = (at(0).interleave(at(2)), at(1).interleave(at(3)));
            let ((v0, v1), (v2, v3)) = (even.interleave(odd), even_2.interleave(odd_2));
            for (j, vector) in [v0, v1, v2, v3].into_iter().enumerate() {
                vector.store(to.add(4 * i + j * V::LANES));
            }
        }
    }
}
