//! Filters, and their way into the transform domain: G g Gᵀ, packed as the micro-kernel reads it.

use crate::tiles::{Axis, kernel};
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::{Left, Offsets, Rows, STEP};
use unrolled::{Real, parallel};

/// Elements of a block of transformed filters: half of a second-level cache.
const BLOCK: usize = 128 * 1024;

/// Filters of a block at most: what they give must fit beside them.
const ROWS: usize = 64;

/// Channels whose filters are transformed together: few, so that all but the result stays in the nearest cache.
const CHANNELS: usize = 32;

/// Filters as a weight has them, for either direction of the convolution.
#[derive(Debug, Clone, Copy)]
pub struct Taps<'a, T> {
    /// The weight.
    pub data: &'a [T],
    /// Elements from one filter to the next, from one channel to the next, and from one group to the next.
    pub steps: [usize; 3],
    /// Whether the taps are read backwards.
    pub flip: bool,
}

/// How the filters of a group are cut into blocks, and those into panels: `[block, place, panel, channel, mr]`.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Filters of a group.
    pub rows: usize,
    /// Channels that each sums over.
    pub depth: usize,
    /// Filters of a block; the last may have fewer.
    block: usize,
    /// Filters of a panel.
    mr: usize,
    /// Elements of a panel at one place.
    panel: usize,
    /// Places of the transform domain.
    places: usize,
    /// Where the rows of a block, and the channels of a panel, are.
    offsets: [Offsets; 2],
}

impl Layout {
    /// The layout for `rows` filters of `depth` channels.
    pub fn new<T: Real>(rows: usize, depth: usize, places: usize) -> Self {
        let mr = kernel::<T>().mr();
        let most = (BLOCK / (places * depth)).clamp(mr, ROWS);
        let block = rows.div_ceil(rows.div_ceil(most)).next_multiple_of(mr);
        let panel = (depth * mr).next_multiple_of(STEP);
        let offsets = [(0..block).map(|i| i / mr * panel + i % mr).collect(), Offsets::even(depth, mr)];
        Self { rows, depth, block, mr, panel, places, offsets }
    }

    /// Blocks of a group.
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(self.block)
    }

    /// Filters of a full block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// The filters of block `i`.
    pub fn rows_of(&self, i: usize) -> Range<usize> {
        i * self.block..self.rows.min((i + 1) * self.block)
    }

    /// Elements of a block.
    pub fn len(&self) -> usize {
        self.places * self.block / self.mr * self.panel
    }

    /// The left factor of a place, from a block.
    pub fn left<'a, T>(&'a self, block: &'a [T], place: usize) -> Left<'a, T> {
        let [rows, depth] = &self.offsets;
        Left { data: &block[place * self.block / self.mr * self.panel..], rows: rows.span(), depth: depth.span() }
    }

    // ANCHOR: filters
    /// Transforms block `i` of the filters of group `g`.
    pub fn fill<T: Real>(&self, [ay, ax]: &[Axis<T>; 2], taps: &Taps<'_, T>, g: usize, i: usize, block: &mut [T]) {
        let kernel = kernel::<T>();
        let panels = self.block / self.mr;
        let pitch = (CHANNELS.min(self.depth) * self.mr).next_multiple_of(STEP) + STEP;
        let mut filters = Buffer::scratch(ay.r * ax.r * pitch); // g
        let mut half = Buffer::scratch(ay.n * ax.r * pitch); // G g
        let turn = |tap: usize, of: usize| if taps.flip { of - 1 - tap } else { tap };
        let down = Rows::new(&ay.g, |r| turn(r, ay.r) * ax.r * pitch);
        let right = Rows::new(&ax.g, |s| turn(s, ax.r) * pitch);
        let rows = self.rows_of(i);
        for (panel, first) in rows.clone().step_by(self.mr).enumerate() {
            for c in (0..self.depth).step_by(CHANNELS) {
                let channels = c..self.depth.min(c + CHANNELS);
                let len = (channels.len() * self.mr).next_multiple_of(STEP);
                self.gather(taps, g, first..rows.end, channels, &mut filters, pitch, ay.r * ax.r);
                for s in 0..ax.r {
                    kernel.combine(&down, &filters[s * pitch..], &mut half[s * pitch..], ax.r * pitch, len);
                }
                for y in 0..ay.n {
                    let to = &mut block[(y * ax.n * panels + panel) * self.panel + c * self.mr..];
                    kernel.combine(&right, &half[y * ax.r * pitch..], to, panels * self.panel, len);
                }
            }
        }
    }
    // ANCHOR_END: filters

    /// Copies a panel of filters, the first of `rows`: tap t of filter i and channel c to `to[t * pitch + c * mr + i]`.
    #[allow(clippy::too_many_arguments)]
    fn gather<T: Real>(
        &self,
        taps: &Taps<'_, T>,
        g: usize,
        rows: Range<usize>,
        channels: Range<usize>,
        to: &mut [T],
        pitch: usize,
        count: usize,
    ) {
        let [row, channel, group] = taps.steps;
        for (i, c) in channels.enumerate() {
            // Eight filters even where there are fewer: what is too much is overwritten, or not looked at.
            let filters: [&[T]; 8] = std::array::from_fn(|i| {
                let k = rows.end.min(rows.start + i + 1) - 1;
                &taps.data[g * group + k * row + c * channel..][..count]
            });
            for t in 0..count {
                let to = to[t * pitch + i * self.mr..].first_chunk_mut().expect("room behind the line");
                *to = std::array::from_fn::<_, 8, _>(|i| filters[i][t]);
            }
        }
    }

    /// Transforms some blocks, counted over all groups.
    pub fn transform<T: Real>(&self, axes: &[Axis<T>; 2], taps: &Taps<'_, T>, blocks: Range<usize>) -> Buffer<T> {
        let mut u = Buffer::scratch(blocks.len() * self.len());
        parallel::chunks_mut(&mut u, self.len(), |i, block| {
            let i = blocks.start + i;
            self.fill(axes, taps, i / self.blocks(), i % self.blocks(), block);
        });
        u
    }
}
