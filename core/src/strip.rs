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
use crate::gemm::{Offsets, copy_run};
use crate::real::Real;
use crate::simd::vectorize;

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
        vectorize(
            #[inline(always)]
            || self.copy(image, strip),
        );
    }

    #[inline(always)]
    fn copy<T: Real>(&self, image: &[T], strip: &mut [T]) {
        let ([depth, height, width], [sz, sy, sx], [nz, ny, nx]) = (self.image, self.step, self.phases);
        let mut lines = strip.chunks_exact_mut(self.line);
        for c in 0..self.channels {
            for phase in 0..nz * ny * nx {
                let (pz, py, px) = (phase / (ny * nx), phase / nx % ny, phase % nx);
                // Positions on the image: first + i·step from 0 to the width.
                let first = self.start[2] + px as isize;
                let reach = |end: usize| match usize::try_from(end as isize - first) {
                    Ok(n) if sx == 1 => n.min(self.line),
                    Ok(n) => n.div_ceil(sx).min(self.line),
                    Err(_) => 0,
                };
                let inside = reach(0)..reach(width);
                let from = (first + (inside.start * sx) as isize) as usize;
                for z in 0..self.count[0] {
                    for y in 0..self.count[1] {
                        let iz = (self.start[0] + (z * sz + pz) as isize) as usize;
                        let iy = (self.start[1] + (y * sy + py) as isize) as usize;
                        let line = lines.next().expect("a line for each");
                        if iz >= depth || iy >= height || inside.is_empty() {
                            continue;
                        }
                        let image = &image[((c * depth + iz) * height + iy) * width + from..];
                        let line = &mut line[inside.clone()];
                        match sx {
                            1 => copy_short(&image[..line.len()], line),
                            2 => copy_every::<T, 2, 15, 31>(image, line),
                            4 => copy_every::<T, 4, 29, 61>(image, line),
                            6 => copy_every::<T, 6, 43, 91>(image, line),
                            _ => line.iter_mut().zip(image.iter().step_by(sx)).for_each(|(to, &x)| *to = x),
                        }
                    }
                }
            }
        }
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

/// Copies a line; for a few elements, fixed pieces are faster than a call.
#[inline(always)]
fn copy_short<T: Copy>(from: &[T], to: &mut [T]) {
    if to.len() > 64 {
        return to.copy_from_slice(from);
    }
    let (pieces, rest) = to.as_chunks_mut::<8>();
    let (from_pieces, from_rest) = from.as_chunks::<8>();
    pieces.iter_mut().zip(from_pieces).for_each(|(to, from)| *to = *from);
    rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = *from);
}

/// Copies every S-th element. With a known distance the compiler finds the shuffles.
#[inline(always)]
fn copy_every<T: Real, const S: usize, const REACH8: usize, const REACH16: usize>(from: &[T], to: &mut [T]) {
    match to.len() {
        16.. => copy_blocks::<T, S, 16, REACH16>(from, to),
        8.. => copy_blocks::<T, S, 8, REACH8>(from, to),
        _ => to.iter_mut().zip(from.iter().step_by(S)).for_each(|(to, &x)| *to = x),
    }
}

/// N at a time from REACH = (N − 1) S + 1; the last N may overlap with those before.
#[inline(always)]
fn copy_blocks<T: Real, const S: usize, const N: usize, const REACH: usize>(from: &[T], to: &mut [T]) {
    let n = to.len();
    for block in 0..n.div_ceil(N) {
        let at = (N * block).min(n - N);
        let from: &[T; REACH] = from[at * S..].first_chunk().expect("as many elements as places");
        *to[at..].first_chunk_mut::<N>().expect("N places") = std::array::from_fn(|i| from[i * S]);
    }
}

/// The way back: lines dealt out into one. to\[x · m + b\] = from\[b · stride + x\], until `to` is full.
pub fn deal<T: Real>(m: usize, from: &[T], stride: usize, to: &mut [T]) {
    vectorize(
        #[inline(always)]
        || match m {
            1 => copy_run(from, to, to.len()),
            2 => deal_known::<T, 2>(from, stride, to),
            4 => deal_known::<T, 4>(from, stride, to),
            6 => deal_known::<T, 6>(from, stride, to),
            9 => deal_known::<T, 9>(from, stride, to),
            _ => {
                for b in 0..m {
                    to.iter_mut().skip(b).step_by(m).zip(&from[b * stride..]).for_each(|(to, &x)| *to = x);
                }
            }
        },
    );
}

/// With a known number of lines, the compiler finds the shuffles.
#[inline(always)]
fn deal_known<T: Real, const M: usize>(from: &[T], stride: usize, to: &mut [T]) {
    let (whole, rest) = to.as_chunks_mut::<M>();
    let lines: [&[T]; M] = std::array::from_fn(|b| &from[b * stride..][..whole.len()]);
    for (x, to) in whole.iter_mut().enumerate() {
        for b in 0..M {
            to[b] = lines[b][x];
        }
    }
    let last = whole.len();
    rest.iter_mut().enumerate().for_each(|(b, to)| *to = from[b * stride + last]);
}
