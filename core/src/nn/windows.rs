//! Sums and maxima over windows.
//!
//! A window is a box, a range along each axis, and a box can be summed (or searched) one axis after
//! the other: rows first, then columns. An output then costs the sum of its window's sides instead
//! of their product, and one loop serves one, two and three dimensions.

use crate::parallel;
use crate::simd::vectorize;
use std::ops::Range;

/// For each axis, the range of the input that each position of the output comes from. Neither end
/// decreases from one position to the next.
pub(super) type Windows<const D: usize> = [Vec<Range<usize>>; D];

/// The windows of an output of this size, from `range(axis, position)`.
pub(super) fn windows<const D: usize>(output: [usize; D], range: impl Fn(usize, usize) -> Range<usize>) -> Windows<D> {
    std::array::from_fn(|axis| (0..output[axis]).map(|i| range(axis, i)).collect())
}

/// The other way round: for each position of the input, the range of the output that it went into.
pub(super) fn transpose<const D: usize>(windows: &Windows<D>, input: [usize; D]) -> Windows<D> {
    let begun = |axis: usize, i| windows[axis].partition_point(|w| w.start <= i);
    let over = |axis: usize, i| windows[axis].partition_point(|w| w.end <= i);
    self::windows(input, |axis, i| over(axis, i)..begun(axis, i))
}

/// Windows along one axis of a plane; each takes in whole rows of what lies inside of the axis.
pub(super) struct Pass {
    /// Positions along the axis.
    size: usize,
    /// Elements from one position to the next.
    inner: usize,
    windows: Vec<Range<usize>>,
    /// Elements of the plane afterwards.
    len: usize,
}

/// The passes over a plane's axes, in this order.
pub(super) fn passes<const D: usize>(
    mut size: [usize; D],
    windows: &Windows<D>,
    order: impl Iterator<Item = usize>,
) -> Vec<Pass> {
    let pass = |axis: usize| {
        let (n, inner) = (size[axis], size[axis + 1..].iter().product());
        size[axis] = windows[axis].len();
        Pass { size: n, inner, windows: windows[axis].clone(), len: size.iter().product() }
    };
    order.map(pass).collect()
}

impl Pass {
    #[inline(always)] // into the copy for each instruction set
    fn run<E: Copy + Default>(&self, x: &[E], y: &mut [E], combine: impl Fn(E, E) -> E) {
        let inner = self.inner;
        if inner == 1 {
            return self.run_along_rows(x, y, combine);
        }
        for (x, y) in x.chunks_exact(self.size * inner).zip(y.chunks_exact_mut(self.windows.len() * inner)) {
            for (y, window) in y.chunks_exact_mut(inner).zip(&self.windows) {
                let mut rows = x[window.start * inner..window.end * inner].chunks_exact(inner);
                match rows.next() {
                    Some(row) => y.copy_from_slice(row),
                    None => y.fill(E::default()), // between windows that leave gaps
                }
                for row in rows {
                    y.iter_mut().zip(row).for_each(|(y, &x)| *y = combine(*y, x));
                }
            }
        }
    }

    /// The pass along the last axis: a window at a time, for all rows, so that the rows' loop knows how
    /// many elements it combines. One to three are the commonest.
    #[inline(always)]
    fn run_along_rows<E: Copy + Default>(&self, x: &[E], y: &mut [E], combine: impl Fn(E, E) -> E) {
        for (j, window) in self.windows.iter().enumerate() {
            let rows = x.chunks_exact(self.size).zip(y.chunks_exact_mut(self.windows.len()));
            let i = window.start;
            match window.len() {
                1 => rows.for_each(|(x, y)| y[j] = x[i]),
                2 => rows.for_each(|(x, y)| y[j] = combine(x[i], x[i + 1])),
                3 => rows.for_each(|(x, y)| y[j] = combine(combine(x[i], x[i + 1]), x[i + 2])),
                _ => rows.for_each(|(x, y)| {
                    y[j] = x[window.clone()].iter().copied().reduce(&combine).unwrap_or_default();
                }),
            }
        }
    }
}

/// All passes, from `n` planes `x` to as many `y`.
pub(super) fn reduce<E: Copy + Default>(
    passes: &[Pass],
    n: usize,
    x: &[E],
    y: &mut [E],
    scratch: &mut [E],
    combine: impl Fn(E, E) -> E + Copy,
) {
    match passes {
        [] => {}
        [last] => vectorize(
            #[inline(always)]
            || last.run(x, y, combine),
        ),
        [pass, rest @ ..] => {
            let (between, scratch) = scratch.split_at_mut(n * pass.len);
            vectorize(
                #[inline(always)]
                || pass.run(x, between, combine),
            );
            reduce(rest, n, between, y, scratch, combine);
        }
    }
}

/// Elements that all passes together write to a plane: the room that [`reduce`] needs at most for each.
pub(super) fn room(passes: &[Pass]) -> usize {
    passes.iter().map(|pass| pass.len).sum()
}

/// Runs `task(first, planes, scratch)` for each group of the planes, `size` elements long, that
/// `planes` consists of; `scratch` has `room` elements for each plane of the group.
pub(super) fn each_group<E: Copy + Default + Send>(
    planes: &mut [E],
    size: usize,
    room: usize,
    task: impl Fn(usize, &mut [E], &mut [E]) + Sync,
) {
    const GRAIN: usize = 4096; // elements for one task to write
    let group = (GRAIN / (size + room)).max(1);
    parallel::chunks_mut(planes, group * size, |i, chunk| {
        let mut scratch = vec![E::default(); chunk.len() / size * room];
        task(i * group, chunk, &mut scratch);
    });
}
