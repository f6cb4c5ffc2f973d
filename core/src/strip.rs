//! An image laid out so that every row of the column matrix is a part of it, as it stands.
//!
//! Take stride 1 and no padding. The row of P for tap (c, r, s) holds the input of channel c, shifted
//! by r rows and s columns: read the image from there on, and you read that row. Only where a line
//! of output ends there are a few inputs too many, S − 1 of them, whose results are thrown away.
//!
//! Padding adds zeros around the image, and a stride deals its rows and columns out like cards: those
//! with the same remainder, the same *phase*, lie together, and a tap finds all its inputs in the
//! pile of its phase. A strip is an image in that layout: copied once instead of R S times.

use crate::conv::{ConvShape, volume};
use crate::error::{Error, Result};
use crate::gemm::kernel::Kernel;
use crate::gemm::{Grid, Offsets, Rounds};
use crate::real::Real;
use std::ops::Range;

/// The layout of a strip: `[channel, phase z, phase y, phase x, z, y, x]`.
/// Phases that no tap reads are left out.
#[derive(Debug, Clone, Copy)]
pub struct Strip {
    channels: usize,
    /// The stride along each axis.
    step: [usize; 3],
    /// Phases along each axis that are kept: as many as the stride, or fewer.
    phases: [usize; 3],
    /// Positions of each phase along each axis.
    count: [usize; 3],
    /// Elements from one line to the next. Less than `count[2]` where the zeros behind one line serve as
    /// the zeros before the next.
    line: usize,
    /// The input's coordinate of the strip's first element: negative in the padding.
    start: [isize; 3],
    /// Size of the image.
    image: [usize; 3],
}

impl Strip {
    /// The layout for the first `phases` phases of a stride `step`, with `count` positions of each along each axis,
    /// which begin at coordinate `start` of an image `[channels, image...]`.
    pub fn new(
        channels: usize,
        image: [usize; 3],
        step: [usize; 3],
        phases: [usize; 3],
        count: [usize; 3],
        start: [isize; 3],
    ) -> Self {
        let before = usize::try_from(-start[2]).unwrap_or(0);
        let behind = usize::try_from(start[2] + count[2] as isize - image[2] as isize).unwrap_or(0);
        let shared = if step[2] == 1 && before + behind < count[2] { before.min(behind) } else { 0 };
        Self { channels, step, phases, count, line: count[2] - shared, start, image }
    }

    /// The strip of `channels` of a convolution's input that `outputs` positions of the output see, from position
    /// `first` on.
    pub fn of_input(s: &ConvShape<3>, channels: usize, first: [usize; 3], outputs: [usize; 3]) -> Self {
        let (stride, padding) = (s.spec.stride, s.spec.padding);
        let count = std::array::from_fn(|d| (s.kernel[d] - 1) * s.spec.dilation[d] / stride[d] + outputs[d]);
        let start = std::array::from_fn(|d| (first[d] * stride[d]) as isize - padding[d] as isize);
        Self::new(channels, s.input, stride, phases_seen(s), count, start)
    }

    // ANCHOR: taps
    /// Where each tap (c, q, r, s) finds its first input in a strip [of the input](Self::of_input): the rows of P.
    pub fn taps(&self, s: &ConvShape<3>) -> Offsets {
        let ([kq, kr, ks], dilation) = (s.kernel, s.spec.dilation);
        let taps = (0..self.channels * kq * kr * ks).map(|tap| {
            let (c, q, r, s) = (tap / (kq * kr * ks), tap / (kr * ks) % kq, tap / ks % kr, tap % ks);
            self.offset(c, [q * dilation[0], r * dilation[1], s * dilation[2]])
        });
        taps.collect()
    }
    // ANCHOR_END: taps

    /// Elements from one line of positions to the next.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Elements of one plane, all lines of one phase.
    fn plane(&self) -> usize {
        self.count[0] * self.count[1] * self.line
    }

    /// Elements of the strip, the zeros behind the last line included.
    pub fn elements(&self) -> usize {
        self.channels * self.phases.iter().product::<usize>() * self.plane() + self.count[2] - self.line
    }

    /// Whether memory holds it.
    ///
    /// # Errors
    /// If it doesn't: a padding, a stride or a dilation is too large for that.
    pub fn check_memory<T: Real>(&self) -> Result<()> {
        let sizes: Vec<usize> = [self.channels].into_iter().chain(self.phases).chain(self.count).collect();
        match volume(&sizes) {
            Ok(n) if n < 1 << 28 || Vec::<T>::new().try_reserve_exact(n).is_ok() => Ok(()),
            _ => {
                let expected = "a padding, a stride and a dilation with which a padded image fits into memory";
                Err(Error::argument("channels, phases and positions of an image", sizes, expected))
            }
        }
    }

    // ANCHOR: offset
    /// Where channel `c` has the place `u`, counted from `start` in steps of the input.
    pub fn offset(&self, c: usize, u: [usize; 3]) -> usize {
        let [pz, py, px]: [usize; 3] = std::array::from_fn(|d| u[d] % self.step[d]);
        let [z, y, x]: [usize; 3] = std::array::from_fn(|d| u[d] / self.step[d]);
        let phase = ((c * self.phases[0] + pz) * self.phases[1] + py) * self.phases[2] + px;
        phase * self.plane() + (z * self.count[1] + y) * self.line + x
    }
    // ANCHOR_END: offset

    /// Copies the image into the layout; zeros where it has nothing, and behind the end.
    pub fn fill<T: Real>(&self, image: &[T], strip: &mut [T]) {
        strip.fill(T::ZERO);
        self.refill(image, strip);
    }

    /// [`Strip::fill`] for a strip that another image has filled: the zeros are there.
    pub fn refill<T: Real>(&self, image: &[T], strip: &mut [T]) {
        let ([depth, height, width], [sz, sy, sx], [nz, ny, nx]) = (self.image, self.step, self.phases);
        let (kernel, plane) = (Kernel::<T>::current(), self.plane());
        // Rounds of the stride that lie on the image with all they have; of those at the ends it's a part.
        let whole = self.on_image(2, 0).start..self.on_image(2, sx - 1).end;
        let rounds = Rounds {
            count: 0,
            len: whole.len(),
            step: sx,
            players: nx,
            together: sy * width,
            apart: self.line,
            player: plane,
        };
        for (c, phase) in (0..self.channels).flat_map(|c| (0..nz * ny).map(move |phase| (c, phase))) {
            let (pz, py) = (phase / ny, phase % ny);
            let (first, lines) = ((c * nz * ny + phase) * nx * plane, self.on_image(1, py));
            if lines.is_empty() {
                continue;
            }
            for z in self.on_image(0, pz) {
                let coordinate = |d: usize, i: usize| (self.start[d] + i as isize) as usize;
                let (iz, iy) = (coordinate(0, z * sz + pz), coordinate(1, lines.start * sy + py));
                let image = &image[((c * depth + iz) * height + iy) * width..];
                let strip = &mut strip[first + (z * self.count[1] + lines.start) * self.line..];
                if !whole.is_empty() {
                    let from = &image[coordinate(2, whole.start * sx)..];
                    kernel.deal(&Rounds { count: lines.len(), ..rounds }, from, &mut strip[whole.start..]);
                }
                for px in 0..nx {
                    let phase = self.on_image(2, px);
                    for i in (phase.start..whole.start.min(phase.end)).chain(whole.end.max(phase.start)..phase.end) {
                        let (ix, at) = (coordinate(2, i * sx + px), px * plane + i);
                        for y in 0..lines.len() {
                            strip[at + y * self.line] = image[y * sy * width + ix];
                        }
                    }
                }
            }
        }
    }

    /// Positions of a phase along an axis that lie on the image.
    fn on_image(&self, axis: usize, phase: usize) -> Range<usize> {
        let (first, step) = (self.start[axis] + phase as isize, self.step[axis]);
        let count = if axis == 2 { self.line } else { self.count[axis] };
        let steps = |n: isize| usize::try_from(n).unwrap_or(0).div_ceil(step).min(count);
        let before = steps(-first);
        before..steps(self.image[axis] as isize - first).max(before)
    }
}

/// How many phases of the input the kernel reads along each axis: a stride beyond the kernel leaves inputs out, and
/// one that divides the dilation leads all taps to the first.
fn phases_seen(s: &ConvShape<3>) -> [usize; 3] {
    std::array::from_fn(|d| match s.spec.dilation[d] % s.spec.stride[d] {
        0 => 1,
        _ => s.spec.stride[d].min((s.kernel[d] - 1) * s.spec.dilation[d] + 1),
    })
}

/// The way back: lines dealt out into one. to\[x · m + b\] = from\[b · stride + x\], until `to` is full.
pub fn collect<T: Real>(m: usize, from: &[T], stride: usize, to: &mut [T]) {
    collect_lines(m, &Grid { count: 1, len: to.len(), from: 0, to: 0 }, from, stride, to);
}

/// [`collect`] for each line of a grid: to\[y · grid.to + x · m + b\] = from\[b · stride + y · grid.from + x\], until its
/// `grid.len` elements are there.
pub fn collect_lines<T: Real>(m: usize, grid: &Grid, from: &[T], stride: usize, to: &mut [T]) {
    let (count, len) = (grid.count, grid.len / m);
    let rounds = Rounds { count, len, step: m, players: m, together: grid.to, apart: grid.from, player: stride };
    Kernel::<T>::current().collect(&rounds, from, to);
    for (b, y) in (0..grid.len % m).flat_map(|b| (0..count).map(move |y| (b, y))) {
        to[y * grid.to + len * m + b] = from[b * stride + y * grid.from + len];
    }
}
