//! Filters, and their way into the transform domain: G g Gᵀ, packed as the micro-kernel reads it.

use crate::tiles::Axis;
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::caches::Caches;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Left, Offsets, Rows, STEP};
use unrolled::{Real, parallel};

/// Filters of a block at most: what they give must fit beside them.
const ROWS: usize = 16;

/// Channels whose filters are copied together.
const CHANNELS: usize = 32;

/// Elements of a line that are transformed together: few, so that what is in between stays in the nearest cache.
const CHUNK: usize = 512;

/// Filters as a weight has them, for either direction of the convolution.
#[derive(Debug, Clone, Copy)]
pub struct Taps<'a, T> {
    /// The weight.
    pub data: &'a [T],
    /// Elements from one filter to the next, from one channel to the next, and from one group to the next.
    pub steps: [usize; 3],
    /// Taps of a filter for a channel.
    pub count: usize,
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
    pub block: usize,
    /// Filters of a panel.
    mr: usize,
    /// Elements of a panel.
    panel: usize,
    /// Places of the transform domain, along each axis.
    places: [usize; 2],
    /// Where the rows of a block, and the channels of a panel, are.
    offsets: [Offsets; 2],
}

impl Layout {
    /// The layout for `rows` filters of `depth` channels.
    pub fn new<T: Real>(rows: usize, depth: usize, axes: &[Axis<T>; 2]) -> Self {
        let (mr, places) = (Kernel::<T>::current().mr(), axes.each_ref().map(|axis| axis.n));
        // What a block has in a row of places fills a quarter of a second-level cache.
        let most = (Caches::this().second / 4 / size_of::<T>() / (places[1] * depth)).clamp(mr, ROWS);
        let block = rows.div_ceil(rows.div_ceil(most)).next_multiple_of(mr);
        let panel = (depth * mr).next_multiple_of(STEP);
        let offsets = [(0..block).map(|i| i / mr * panel + i % mr).collect(), Offsets::even(depth, mr)];
        Self { rows, depth, block, mr, panel, places, offsets }
    }

    /// Blocks of a group.
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(self.block)
    }

    /// The filters of block `i`.
    pub fn rows_of(&self, i: usize) -> Range<usize> {
        i * self.block..self.rows.min((i + 1) * self.block)
    }

    /// Elements of a block at one place, and some more, or all places would meet in the same few lines of a cache.
    fn line(&self) -> usize {
        self.block / self.mr * self.panel + STEP
    }

    /// Elements of a block in a row of places.
    pub fn row_len(&self) -> usize {
        self.places[1] * self.line()
    }

    /// Elements of a block.
    pub fn len(&self) -> usize {
        self.places[0] * self.row_len()
    }

    /// The left factor of place `x`, from a row of places.
    pub fn left<'a, T>(&'a self, row: &'a [T], x: usize) -> Left<'a, T> {
        let [rows, depth] = &self.offsets;
        Left { data: &row[x * self.line()..], rows: rows.span(), depth: depth.span() }
    }

    /// Copies the filters of block `i` of group `g` into panels: `[tap, panel, channel, mr]`, taps
    /// [`line`](Self::line) apart.
    pub fn gather<T: Real>(&self, taps: &Taps<'_, T>, g: usize, i: usize) -> Buffer<T> {
        let ([row, channel, group], pitch) = (taps.steps, self.line());
        let mut lines = Buffer::scratch(taps.count * pitch);
        let rows = self.rows_of(i);
        // Where a filter's channels lie next to each other, as many are turned at once.
        let together = if channel == taps.count { CHANNELS } else { 1 };
        let mut turned = Buffer::scratch(together * taps.count * self.mr + 8);
        let kernel = Kernel::<T>::current();
        for (panel, first) in rows.clone().step_by(self.mr).enumerate() {
            for c in (0..self.depth).step_by(together) {
                let from = &taps.data[g * group + first * row + c * channel..];
                let (channels, height) = (together.min(self.depth - c), self.mr.min(rows.end - first));
                kernel.transpose(from, row, &mut turned, self.mr, channels * taps.count, height);
                for i in 0..channels {
                    let to = &mut lines[panel * self.panel + (c + i) * self.mr..];
                    for t in 0..taps.count {
                        // Eight, whatever the panel has: what is too much is overwritten by the next.
                        let eight: [T; 8] = *turned[(i * taps.count + t) * self.mr..].first_chunk().expect("eight");
                        *to[t * pitch..].first_chunk_mut().expect("room behind the last") = eight;
                    }
                }
            }
        }
        lines
    }

    // ANCHOR: filters
    /// Row `y` of G g Gᵀ, `[place, panel, channel, mr]`, for [gathered](Self::gather) filters g.
    pub fn fill_row<T: Real>(&self, [ay, ax]: &[Axis<T>; 2], flip: bool, g: &[T], y: usize, row: &mut [T]) {
        let (line, kernel) = (self.line(), Kernel::<T>::current());
        let turn = |tap: usize, of: usize| if flip { of - 1 - tap } else { tap };
        let mut down = Rows::default();
        for s in 0..ax.r {
            down.add(&ay.g[y], |r| (turn(r, ay.r) * ax.r + s) * line);
        }
        let right = Rows::new(&ax.g, |s| turn(s, ax.r) * (CHUNK + STEP));
        let mut half = Buffer::scratch(ax.r * (CHUNK + STEP)); // row y of G g
        for l in (0..line - STEP).step_by(CHUNK) {
            let len = CHUNK.min(line - STEP - l);
            kernel.combine(&down, &g[l..], &mut half, CHUNK + STEP, len);
            kernel.combine(&right, &half, &mut row[l..], line, len);
        }
    }
    // ANCHOR_END: filters

    /// Transforms some blocks, counted over all groups.
    pub fn transform<T: Real>(&self, axes: &[Axis<T>; 2], taps: &Taps<'_, T>, blocks: Range<usize>) -> Buffer<T> {
        let mut u = Buffer::scratch(blocks.len() * self.len());
        parallel::chunks_mut(&mut u, self.len(), |i, block| {
            let i = blocks.start + i;
            let g = self.gather(taps, i / self.blocks(), i % self.blocks());
            for (y, row) in block.chunks_mut(self.row_len()).enumerate() {
                self.fill_row(axes, taps.flip, &g, y, row);
            }
        });
        u
    }
}
