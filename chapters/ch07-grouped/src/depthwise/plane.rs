//! One channel, laid out so that every tap finds its inputs side by side.
//!
//! Put the padding around a channel, and tap (q, r, s) of the output (z, y, x) reads the place (z + q, y + r, x + s):
//! for a whole row of outputs, a whole row of inputs, from a place on that depends on the tap alone.
//!
//! A stride deals the padded channel out like cards: coordinates with the same remainder, the same *phase*, lie
//! together, and a tap again reads neighbours, all of them from the pile of its phase. Dilation only changes
//! where each tap begins.

use super::columns::{Column, Columns};
use super::kernel::{LANES, ROWS};
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::conv::volume;
use unrolled::simd::vectorize;
use unrolled::{ConvShape, Error, Real, Result};

/// A tap along one axis, and where it begins to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tap {
    /// The phase that it reads.
    phase: usize,
    /// Its first position there.
    at: usize,
    /// Its number.
    tap: usize,
}

/// One axis of the layout.
#[derive(Debug, Clone)]
struct Axis {
    /// Positions of the image.
    image: usize,
    /// The image's coordinate where each phase begins; negative in the padding.
    starts: Vec<isize>,
    /// Coordinates from one position of a phase to the next.
    step: usize,
    /// Positions of each phase.
    count: usize,
    /// The taps that meet in a result, in the order of their places. There is one kind of results in the
    /// forward pass; in the backward pass, one for each phase of the inputs.
    taps: Vec<Vec<Tap>>,
}

impl Axis {
    /// The input as the outputs see it: output y meets tap r at coordinate y · stride + r · dilation − padding.
    fn forward(s: &ConvShape<3>, d: usize) -> Self {
        let (stride, dilation, kernel) = (s.spec.stride[d], s.spec.dilation[d], s.kernel[d]);
        let mut phases: Vec<_> = (0..kernel).map(|r| r * dilation % stride).collect();
        phases.sort_unstable();
        phases.dedup();
        let phase = |tap: usize| phases.partition_point(|&phase| phase < tap * dilation % stride);
        let mut taps: Vec<_> =
            (0..kernel).map(|tap| Tap { phase: phase(tap), at: tap * dilation / stride, tap }).collect();
        taps.sort_unstable();
        Self {
            image: s.input[d],
            starts: phases.iter().map(|&phase| phase as isize - s.spec.padding[d] as isize).collect(),
            step: stride,
            count: s.output[d] + (kernel - 1) * dilation / stride,
            taps: vec![taps],
        }
    }

    /// The gradient of the output as the inputs see it: input i · stride + phase gets it through tap r from
    /// output i + (phase + padding − r · dilation) / stride, where that is a whole number.
    fn backward(s: &ConvShape<3>, d: usize) -> Self {
        let (stride, dilation, padding) = (s.spec.stride[d], s.spec.dilation[d], s.spec.padding[d]);
        let hits = |phase: usize| {
            let place = move |tap: usize| (phase + padding) as isize - (tap * dilation) as isize;
            let hits = (0..s.kernel[d]).filter(move |&tap| place(tap).rem_euclid(stride as isize) == 0);
            hits.map(move |tap| (place(tap) / stride as isize, tap)).collect()
        };
        let hits: Vec<Vec<(isize, usize)>> = (0..stride.min(s.input[d])).map(hits).collect();
        let places = || hits.iter().flatten().map(|&(place, _)| place);
        let (least, most) = (places().min().unwrap_or(0), places().max().unwrap_or(0));
        let taps = |hits: &Vec<(isize, usize)>| {
            // Later taps read earlier places.
            hits.iter().rev().map(|&(place, tap)| Tap { phase: 0, at: (place - least) as usize, tap }).collect()
        };
        Self {
            image: s.output[d],
            starts: vec![least],
            step: 1,
            count: (most - least) as usize + s.input[d].div_ceil(stride),
            taps: hits.iter().map(taps).collect(),
        }
    }

    /// The positions of a phase that lie on the image, and the coordinate of the first.
    fn inside(&self, phase: usize) -> (Range<usize>, usize) {
        let start = self.starts[phase];
        let reach = |end: usize| match usize::try_from(end as isize - start) {
            Ok(n) => n.div_ceil(self.step).min(self.count),
            Err(_) => 0,
        };
        let inside = reach(0)..reach(self.image);
        let first = start + (inside.start * self.step) as isize;
        (inside, first as usize)
    }
}

/// A row of the image, or those of its elements that belong to one phase, and its place in the layout.
#[derive(Debug, Clone, Copy)]
struct Row {
    from: usize,
    to: usize,
    len: usize,
}

/// The layout of one channel: `[phase z, phase y, phase x, z, y, x]`.
#[derive(Debug, Clone)]
pub struct Plane {
    axes: [Axis; 3],
    rows: Vec<Row>,
}

impl Plane {
    /// The input as the outputs see it.
    ///
    /// # Errors
    /// If there is no memory for one channel of elements `T`.
    pub fn forward<T: Real>(s: &ConvShape<3>) -> Result<Self> {
        Self::new::<T>(std::array::from_fn(|d| Axis::forward(s, d)))
    }

    /// The gradient of the output as the inputs see it.
    ///
    /// # Errors
    /// As [`Plane::forward`].
    pub fn backward<T: Real>(s: &ConvShape<3>) -> Result<Self> {
        Self::new::<T>(std::array::from_fn(|d| Axis::backward(s, d)))
    }

    /// The gradient of the output in whole blocks of [`ROWS`] rows (one, if there are fewer) and [`LANES`] columns.
    ///
    /// # Errors
    /// As [`Plane::forward`].
    pub fn blocks<T: Real>(s: &ConvShape<3>) -> Result<Self> {
        let rows = if s.output[1] < ROWS { 1 } else { ROWS };
        let blocks = [1, rows, LANES];
        Self::new::<T>(std::array::from_fn(|d| Axis {
            image: s.output[d],
            starts: vec![0],
            step: 1,
            count: s.output[d].next_multiple_of(blocks[d]),
            taps: vec![],
        }))
    }

    fn new<T: Real>(axes: [Axis; 3]) -> Result<Self> {
        let mut plane = Self { axes, rows: Vec::new() };
        let sizes = plane.axes.iter().flat_map(|axis| [axis.starts.len(), axis.count]).chain([ROWS + LANES]);
        let sizes: Vec<_> = sizes.collect(); // with what is behind the end, and more
        if !volume(&sizes).is_ok_and(|n| Vec::<T>::new().try_reserve_exact(n).is_ok()) {
            let expected = "a padding and a dilation with which a channel, holes and all, fits into memory";
            return Err(Error::argument("a padded channel", sizes, expected));
        }
        let [zs, ys, xs] = &plane.axes;
        for pz in 0..zs.starts.len() {
            for py in 0..ys.starts.len() {
                for px in 0..xs.starts.len() {
                    let ([(z, iz), (y, iy), (x, ix)], phase) =
                        ([zs.inside(pz), ys.inside(py), xs.inside(px)], plane.phase([pz, py, px]));
                    if x.is_empty() {
                        continue;
                    }
                    for (i, z) in z.enumerate() {
                        for (j, y) in y.clone().enumerate() {
                            let from = ((iz + i * zs.step) * ys.image + iy + j * ys.step) * xs.image + ix;
                            let to = phase + plane.row(z, y) + x.start;
                            plane.rows.push(Row { from, to, len: x.len() });
                        }
                    }
                }
            }
        }
        Ok(plane)
    }

    /// The place where a phase begins.
    fn phase(&self, [z, y, x]: [usize; 3]) -> usize {
        let [_, ys, xs] = &self.axes;
        let size: usize = self.axes.iter().map(|axis| axis.count).product();
        ((z * ys.starts.len() + y) * xs.starts.len() + x) * size
    }

    /// The place of position (z, y, 0) of the first phase.
    pub fn row(&self, z: usize, y: usize) -> usize {
        (z * self.axes[1].count + y) * self.pitch()
    }

    /// Elements from one row to the next.
    pub fn pitch(&self) -> usize {
        self.axes[2].count
    }

    /// Elements of the layout, and as many behind it as a block of rows may look beyond the end.
    pub fn elements(&self) -> usize {
        self.phase([self.axes[0].starts.len(), 0, 0]) + (ROWS - 1) * self.pitch() + LANES
    }

    /// Elements of the rows of one z.
    pub fn slice(&self) -> usize {
        self.row(1, 0)
    }

    /// Memory for `channels` channels, one behind the other: zeros, so far.
    pub fn buffer<T: Real>(&self, channels: usize) -> Buffer<T> {
        Buffer::full(channels * self.elements(), T::ZERO)
    }

    /// Copies a channel into the layout. Its surroundings stay as they are: zeros.
    pub fn fill<T: Real>(&self, image: &[T], to: &mut [T]) {
        vectorize(
            #[inline(always)]
            || {
                for row in &self.rows {
                    copy_every(self.axes[2].step, &image[row.from..], &mut to[row.to..][..row.len]);
                }
            },
        );
    }

    /// The kinds of results along each axis.
    pub fn kinds(&self) -> [usize; 3] {
        self.axes.each_ref().map(|axis| axis.taps.len())
    }

    /// The taps (q, r, s) that meet in one kind of results, by their places in the kernel `[Q, R, S]`.
    pub fn columns(&self, kind: [usize; 3], [_, height, width]: [usize; 3]) -> Columns<usize> {
        let mut columns = Columns::default();
        let [zs, ys, xs]: [&[Tap]; 3] = std::array::from_fn(|d| &self.axes[d].taps[kind[d]][..]);
        for q in zs {
            let mut left = ys;
            while let [r, rest @ ..] = left {
                let three = left.first_chunk::<3>().filter(|[a, b, c]| {
                    let next = |tap: &Tap, n| tap.phase == a.phase && tap.at == a.at + n;
                    next(b, 1) && next(c, 2)
                });
                for s in xs {
                    let offset = self.phase([q.phase, r.phase, s.phase]) + self.row(q.at, r.at) + s.at;
                    let place = |r: &Tap| (q.tap * height + r.tap) * width + s.tap;
                    match three {
                        Some(rs) => columns.threes.push(Column { offset, taps: rs.each_ref().map(place) }),
                        None => columns.ones.push(Column { offset, taps: [place(r)] }),
                    }
                }
                left = if three.is_some() { &left[3..] } else { rest };
            }
        }
        columns
    }
}

/// Copies every `step`th element.
#[inline(always)]
fn copy_every<T: Real>(step: usize, from: &[T], to: &mut [T]) {
    let n = to.len();
    if step == 1 && n < LANES {
        for (to, &x) in to.iter_mut().zip(from) {
            *to = x;
        }
    } else if step == 1 {
        // Whole vectors; the last one may overlap with the one before.
        for block in 0..n.div_ceil(LANES) {
            let at = (block * LANES).min(n - LANES);
            let to: &mut [T; LANES] = to[at..].first_chunk_mut().expect("room for a vector");
            *to = *from[at..].first_chunk().expect("as many elements");
        }
    } else if step == 2 {
        // Pairs, of which the compiler makes vectors; the last may be half of one.
        let (pairs, half) = from[..from.len().min(2 * n)].as_chunks::<2>();
        for (to, &[x, _]) in to.iter_mut().zip(pairs) {
            *to = x;
        }
        if let &[x] = half {
            to[n - 1] = x;
        }
    } else {
        for i in 0..n {
            to[i] = from[i * step];
        }
    }
}
