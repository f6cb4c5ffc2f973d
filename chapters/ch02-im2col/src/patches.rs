//! The column matrix as an idea: which input element stands at (tap, position).
//!
//! Tap (c, q, r, s) of the kernel meets output position (z, y, x) at the input element
//!
//! ```text
//! P[(c, q, r, s), (z, y, x)] = input[c, z·stride + q·dilation − padding, ...]      0 outside
//! ```
//!
//! Rows and columns enter in the same way: one walks the taps in steps of the dilation, the other
//! the positions in steps of the stride. So the transpose, which the gradient of the weight needs,
//! is the same matrix with the two walks exchanged: stride and dilation change places.

use std::ops::Range;
use unrolled::gemm::{Source, copy_run};
use unrolled::simd::vectorize;
use unrolled::{ConvShape, Real};

/// How one index of the matrix walks over the input: channels, then three axes in steps.
#[derive(Debug, Clone, Copy)]
struct Walk {
    channels: usize,
    sizes: [usize; 3],
    steps: [usize; 3],
}

impl Walk {
    fn len(&self) -> usize {
        self.channels * self.sizes.iter().product::<usize>()
    }

    /// The channel and the three coordinates of an index, in units of steps.
    fn split(&self, index: usize) -> (usize, [usize; 3]) {
        let [z, y, x] = self.sizes;
        (index / (z * y * x), [index / (y * x) % z, index / x % y, index % x])
    }

    /// One further than `at`, along the fastest axis by a whole row.
    fn next_row(&self, (channel, at): &mut (usize, [usize; 3])) {
        at[2] = 0;
        at[1] += 1;
        if at[1] == self.sizes[1] {
            at[1] = 0;
            at[0] += 1;
            if at[0] == self.sizes[0] {
                at[0] = 0;
                *channel += 1;
            }
        }
    }

    fn next(&self, at: &mut (usize, [usize; 3])) {
        at.1[2] += 1;
        if at.1[2] == self.sizes[2] {
            self.next_row(at);
        }
    }
}

/// The column matrix of one image and group, taps × positions, without its memory.
#[derive(Debug, Clone, Copy)]
pub struct Patches {
    /// Spatial size of the input.
    image: [usize; 3],
    padding: [usize; 3],
    rows: Walk,
    cols: Walk,
}

impl Patches {
    /// The matrix `[C/groups · Q R S, Z Y X]` of a convolution.
    pub fn new(shape: &ConvShape<3>) -> Self {
        let rows = Walk { channels: shape.c, sizes: shape.kernel, steps: shape.spec.dilation };
        let cols = Walk { channels: 1, sizes: shape.output, steps: shape.spec.stride };
        Self { image: shape.input, padding: shape.spec.padding, rows, cols }
    }

    /// The transpose, positions × taps.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, ..self }
    }

    /// Calls `run(row, col, len, from)` for each stretch of each row in which the input's elements follow each other:
    /// `row` and `col` count from the beginning of the ranges, `from` is the address of the first
    /// element in the image of one group, or `None` where the stretch lies in the padding. The
    /// stretches of a row come in order and leave nothing out.
    #[inline(always)]
    pub fn for_runs(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        mut run: impl FnMut(usize, usize, usize, Option<usize>),
    ) {
        let [depth, height, width] = self.image;
        let (step, sizes) = (self.cols.steps, self.cols.sizes);
        let mut row_at = self.rows.split(rows.start);
        let first_col = self.cols.split(cols.start);
        for row in 0..rows.len() {
            let (row_channel, tap) = row_at;
            // Where the row's own offset puts index 0 of each axis; negative inside the padding.
            let offset: [isize; 3] =
                std::array::from_fn(|d| (tap[d] * self.rows.steps[d]) as isize - self.padding[d] as isize);
            // The part of the fastest axis that falls onto the image, for the whole row at once.
            let reach = |end: isize| match usize::try_from(end) {
                Ok(end) if step[2] == 1 => end.min(sizes[2]),
                Ok(end) => end.div_ceil(step[2]).min(sizes[2]),
                Err(_) => 0,
            };
            let inside = reach(-offset[2])..reach(width as isize - offset[2]);
            let (mut at, mut col) = (first_col, 0);
            while col < cols.len() {
                let (col_channel, [z, y, x]) = at;
                let len = (sizes[2] - x).min(cols.len() - col);
                let (iz, iy) = (offset[0] + (z * step[0]) as isize, offset[1] + (y * step[1]) as isize);
                let (lo, hi) = (inside.start.clamp(x, x + len) - x, inside.end.clamp(x, x + len) - x);
                if lo < hi && (0..depth as isize).contains(&iz) && (0..height as isize).contains(&iy) {
                    let line = ((row_channel + col_channel) * depth + iz as usize) * height + iy as usize;
                    let from = line * width + ((x + lo) * step[2]).wrapping_add_signed(offset[2]);
                    if lo > 0 {
                        run(row, col, lo, None);
                    }
                    run(row, col + lo, hi - lo, Some(from));
                    if hi < len {
                        run(row, col + hi, len - hi, None);
                    }
                } else {
                    run(row, col, len, None);
                }
                col += len;
                self.cols.next_row(&mut at);
            }
            self.rows.next(&mut row_at);
        }
    }

    /// Input elements from one column to the next, within a stretch.
    pub fn step(&self) -> usize {
        self.cols.steps[2]
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols.len()
    }

    /// Writes a part of the matrix of `input` (one image, one group), a row every `stride` elements.
    #[inline(always)]
    pub fn write<T: Real>(&self, input: &[T], rows: Range<usize>, cols: Range<usize>, out: &mut [T], stride: usize) {
        let step = self.step();
        self.for_runs(rows, cols, |row, col, len, from| {
            let to = &mut out[row * stride + col..];
            match from {
                Some(from) if step == 1 => copy_run(&input[from..], to, len),
                Some(from) => to[..len].iter_mut().zip(input[from..].iter().step_by(step)).for_each(|(y, &x)| *y = x),
                None => to[..len].fill(T::ZERO),
            }
        });
    }

    /// The adjoint of [`Patches::write`]: adds a part of the matrix back to the places of `input`
    /// it came from. Elements that several windows share collect all of their gradients.
    #[inline(always)]
    pub fn add_back<T: Real>(
        &self,
        matrix: &[T],
        stride: usize,
        rows: Range<usize>,
        cols: Range<usize>,
        input: &mut [T],
    ) {
        let step = self.step();
        self.for_runs(rows, cols, |row, col, len, from| {
            let (dy, Some(from)) = (&matrix[row * stride + col..][..len], from) else { return };
            if step == 1 {
                add_run(dy, &mut input[from..][..len]);
            } else {
                input[from..].iter_mut().step_by(step).zip(dy).for_each(|(x, &dy)| *x += dy);
            }
        });
    }
}

/// to += from. In pieces of fixed length: for a few elements, a loop that the compiler unrolls
/// beats one that it vectorises.
#[inline(always)]
fn add_run<T: Real>(from: &[T], to: &mut [T]) {
    let (from, from_rest) = from.as_chunks::<8>();
    let (to, to_rest) = to.as_chunks_mut::<8>();
    for (to, from) in to.iter_mut().zip(from) {
        for (y, &x) in to.iter_mut().zip(from) {
            *y += x;
        }
    }
    for (y, &x) in to_rest.iter_mut().zip(from_rest) {
        *y += x;
    }
}

/// The column matrix of one image and group as a factor of a product: packed straight into panels.
pub struct PatchesOf<'a, T> {
    /// Which element stands where.
    pub patches: Patches,
    /// The image `[C/groups, ...]`.
    pub input: &'a [T],
}

impl<T: Real> Source<T> for PatchesOf<'_, T> {
    fn depth(&self) -> usize {
        self.patches.rows()
    }

    fn width(&self) -> usize {
        self.patches.cols()
    }

    fn pack(&self, depth: Range<usize>, cols: Range<usize>, panel: &mut [T], stride: usize) {
        vectorize(
            #[inline(always)]
            || self.patches.write(self.input, depth, cols, panel, stride),
        );
    }
}
