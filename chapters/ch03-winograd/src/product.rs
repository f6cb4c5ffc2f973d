//! The product in the transform domain: a matrix product of filters and tiles for each place.
//!
//! M\[place\] `[K, tiles]` = U\[place\] `[K, C]` · V\[place\] `[C, tiles]`. One of the factors is transformed
//! once, by all threads together, and the other block by block where it is needed, so that it never leaves the
//! cache: the filters, where there are many tiles; the tiles, where there are few.

use crate::filters::{Layout, Taps};
use crate::tiles::{Block, Tiles};
use crate::transform::{Collect, Spread};
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::{Offsets, Right, STEP, multiply};
use unrolled::parallel::Tile;
use unrolled::{Real, Result, Tensor, parallel, workspace};

/// Tiles that are multiplied together: enough for full tiles of the micro-kernel, and few enough for the caches.
const TILES: usize = 64;

/// With fewer tiles than this, the filters are the larger factor.
const FEW: usize = 32;

/// The most tiles in a block: a longer row of tiles is computed in parts.
const MOST_TILES: usize = 512;

/// A convolution of images with filters, in either direction.
pub struct Product<'a, T> {
    /// How the output is covered.
    pub tiles: &'a Tiles<T>,
    /// Images.
    pub images: usize,
    /// Groups of channels.
    pub groups: usize,
    /// How the filters are arranged.
    pub layout: &'a Layout,
    /// The filters.
    pub filters: Filters<'a, T>,
    /// `[N, G, depth, H, W]`.
    pub input: &'a [T],
}

/// The filters of a product.
#[derive(Clone, Copy)]
pub enum Filters<'a, T> {
    /// Still to be transformed.
    Taps(Taps<'a, T>),
    /// The blocks of all groups.
    Transformed(&'a [T]),
}

/// How the tiles are shared out, where there are many: some whole images to a task, or some rows of tiles of one; of an
/// image of one line, a part of that.
struct Tasks {
    images: usize,
    rows: usize,
    cols: usize,
    /// The part of the output: rows and columns of `[N G K, Y X]`.
    shape: (usize, usize),
}

/// Transformed tiles of some images: `[place, depth, stride]`.
struct Spectrum<T: Real> {
    data: Buffer<T>,
    /// Elements from one channel to the next.
    stride: usize,
    /// Where the channels are.
    channels: Offsets,
    /// Elements from one place to the next: not a power of two, which would send all places to the same few
    /// lines of a cache.
    pitch: usize,
}

impl<T: Real> Spectrum<T> {
    fn new(images: usize, block: &Block, depth: usize, places: usize) -> Self {
        let stride = (images * block.tiles()).next_multiple_of(STEP);
        let pitch = depth * stride + STEP;
        Self { data: Buffer::scratch(places * pitch), stride, channels: Offsets::even(depth, stride), pitch }
    }
}

/// The products of some filters and the tiles of a [`Spectrum`]: `[place, filter, stride]`.
struct Products<T: Real> {
    data: Buffer<T>,
    rows: usize,
    stride: usize,
    pitch: usize,
}

impl<T: Real> Products<T> {
    fn new(tiles: &Tiles<T>, rows: usize, stride: usize) -> Self {
        let pitch = rows * stride + STEP;
        // Lines are read in whole steps: there is room behind the last.
        Self { data: Buffer::scratch(tiles.places() * pitch + STEP), rows, stride, pitch }
    }
}

impl<T: Real> Product<'_, T> {
    /// Computes the output, `[N, G K, ...]`: of the given shape.
    ///
    /// # Errors
    /// If memory doesn't hold it.
    pub fn run(&self, shape: &[usize]) -> Result<Tensor<T>> {
        let mut output = Tensor::scratch(shape)?;
        match self.images * self.tiles.all().tiles() {
            0 => {}
            tiles if tiles < FEW => self.few_tiles(output.data_mut()),
            _ => self.many_tiles(output.data_mut()),
        }
        Ok(output)
    }

    /// Channels of a group of an image.
    fn image(&self, n: usize, g: usize, channels: Range<usize>) -> &[T] {
        let positions = self.tiles.input[0] * self.tiles.input[1];
        let first = (n * self.groups + g) * self.layout.depth;
        &self.input[(first + channels.start) * positions..(first + channels.end) * positions]
    }

    /// All filters first, then the tiles, block by block.
    fn many_tiles(&self, output: &mut [T]) {
        let (layout, tasks) = (self.layout, self.tasks());
        let positions = self.tiles.output[0] * self.tiles.output[1];
        let all = self.groups * layout.blocks();
        let held = (workspace::elements::<T>((5, 8)) / layout.len()).clamp(1, all);
        for held in (0..all).step_by(held).map(|first| first..all.min(first + held)) {
            let fresh = match &self.filters {
                Filters::Taps(taps) => layout.transform(&self.tiles.axes, taps, held.clone()),
                Filters::Transformed(_) => Buffer::default(),
            };
            let u = match self.filters {
                Filters::Taps(_) => &fresh,
                Filters::Transformed(u) => &u[held.start * layout.len()..held.end * layout.len()],
            };
            parallel::tiles_mut(output, positions, tasks.shape, |n_g, i, y| self.task(&tasks, n_g, i, u, &held, y));
        }
    }

    /// The most tiles that a task has room for, transformed: the filters leave a quarter of the workspace to all threads.
    fn room(&self) -> usize {
        let tile = self.tiles.places() * (self.layout.depth + self.layout.block);
        (workspace::elements::<T>((1, 4)) / (parallel::threads() * tile) / STEP * STEP).max(STEP)
    }

    /// How `many_tiles` is cut into tasks.
    fn tasks(&self) -> Tasks {
        let ([ty, tx], [height, width]) = (self.tiles.count(), self.tiles.output);
        let [my, mx] = self.tiles.axes.each_ref().map(|axis| axis.m);
        let (threads, room) = (parallel::threads(), self.room());
        let tiles = TILES.min(room);
        let images = match self.groups {
            1 => (tiles / (ty * tx)).clamp(1, self.images.div_ceil(threads)),
            _ => 1,
        };
        // About as many tiles each; if there are few tasks, a number of which all threads have as many.
        let parts = (ty * tx).div_ceil(tiles);
        let few = self.images.div_ceil(images) * self.groups < threads;
        let parts = if few { parts.next_multiple_of(threads) } else { parts };
        match height {
            1 => {
                let cols = tx.div_ceil(parts);
                Tasks { images, rows: ty, cols, shape: (images * self.layout.rows, cols * mx) }
            }
            _ => {
                let rows = ty.div_ceil(parts).min((room / tx).max(1));
                Tasks { images, rows, cols: tx, shape: (images * self.layout.rows, rows * my * width) }
            }
        }
    }

    /// One of them: the tiles of part `i` of images and group `n_g`, with the blocks `held` of filters, which `u` has.
    fn task(&self, tasks: &Tasks, n_g: usize, i: usize, u: &[T], held: &Range<usize>, mut y: Tile<'_, T>) {
        let (layout, [ty, tx], places) = (self.layout, self.tiles.count(), self.tiles.places());
        let (first, g) = (n_g / self.groups * tasks.images, n_g % self.groups);
        let blocks = held.start.max(g * layout.blocks())..held.end.min((g + 1) * layout.blocks());
        if blocks.is_empty() {
            return;
        }
        let count = y.rows() / layout.rows;
        let images: Vec<_> = (first..first + count).map(|n| self.image(n, g, 0..layout.depth)).collect();
        let across = tx.div_ceil(tasks.cols);
        let (row, col) = (i / across * tasks.rows, i % across * tasks.cols);
        let end = tx.min(col + tasks.cols);
        let most = MOST_TILES.min(self.room());
        for from in (col..end).step_by(most) {
            let block = Block { rows: row..ty.min(row + tasks.rows), cols: from..end.min(from + most) };
            let mut v = Spectrum::new(count, &block, layout.depth, places);
            let to = &mut Tile::new(&mut v.data, v.pitch, places);
            Spread::of_inputs(self.tiles).apply(&images, &block, to, v.stride);
            for j in blocks.clone() {
                let filters = layout.rows_of(j % layout.blocks());
                let mut m = Products::new(self.tiles, filters.len(), v.stride);
                let u = &u[(j - held.start) * layout.len()..][..layout.len()];
                for (row, u) in u.chunks(layout.row_len()).enumerate() {
                    self.multiply(row, u, &v, &mut m);
                }
                let part = (from - col) * self.tiles.axes[1].m..y.cols();
                let place = |image, row| (image * layout.rows + filters.start + row, part.clone());
                self.collect(&m, count, &block, &mut y, place);
            }
        }
    }

    /// All tiles first, then the filters, block by block.
    fn few_tiles(&self, output: &mut [T]) {
        let (layout, places, block) = (self.layout, self.tiles.places(), self.tiles.all());
        let positions = self.tiles.output[0] * self.tiles.output[1];
        let channels = layout.depth.div_ceil(4 * parallel::threads());
        let mut v = Spectrum::new(self.images, &block, layout.depth, places);
        // Filters are cut into tasks, so the outputs of a filter must lie together: [K, N, Y, X], with one image the
        // output as it is.
        let group = layout.rows * positions;
        let mut turned = Buffer::scratch(if self.images == 1 { 0 } else { self.images * group });
        for g in 0..self.groups {
            let cols = channels * v.stride;
            parallel::tiles_mut(&mut v.data, v.pitch, (places, cols), |_, j, mut to| {
                let channels = j * channels..layout.depth.min((j + 1) * channels);
                if !channels.is_empty() {
                    let images: Vec<_> = (0..self.images).map(|n| self.image(n, g, channels.clone())).collect();
                    Spread::of_inputs(self.tiles).apply(&images, &block, &mut to, v.stride);
                }
            });
            let width = self.images * positions;
            let y = if self.images == 1 { &mut output[g * group..][..group] } else { &mut turned };
            parallel::tiles_mut(y, width, (layout.block, width), |i, _, mut y| {
                let mut m = Products::new(self.tiles, y.rows(), v.stride);
                match &self.filters {
                    Filters::Transformed(u) => {
                        let u = &u[(g * layout.blocks() + i) * layout.len()..][..layout.len()];
                        for (row, u) in u.chunks(layout.row_len()).enumerate() {
                            self.multiply(row, u, &v, &mut m);
                        }
                    }
                    Filters::Taps(taps) => {
                        let gathered = layout.gather(taps, g, i);
                        let mut u = Buffer::scratch(layout.row_len());
                        for row in 0..self.tiles.axes[0].n {
                            layout.fill_row(&self.tiles.axes, taps.flip, &gathered, row, &mut u);
                            self.multiply(row, &u, &v, &mut m);
                        }
                    }
                }
                let place = |image, row| (row, image * positions..(image + 1) * positions);
                self.collect(&m, self.images, &block, &mut y, place);
            });
            for (k, from) in turned.chunks(width).enumerate() {
                for (n, from) in from.chunks(positions).enumerate() {
                    output[(n * self.groups + g) * group + k * positions..][..positions].copy_from_slice(from);
                }
            }
        }
    }

    // ANCHOR: multiply
    /// The products at a row of places: M\[place\] = U\[place\] V\[place\].
    fn multiply(&self, row: usize, u: &[T], v: &Spectrum<T>, m: &mut Products<T>) {
        for x in 0..self.tiles.axes[1].n {
            let place = row * self.tiles.axes[1].n + x;
            let v = Right { data: &v.data[place * v.pitch..], depth: v.channels.span() };
            let m = &mut Tile::new(&mut m.data[place * m.pitch..], m.stride, m.rows);
            multiply(T::ONE, &self.layout.left(u, x), &v, 0, T::ZERO, m);
        }
    }
    // ANCHOR_END: multiply

    /// The way back: the outputs of filter `row` for an image go to `place(image, row)` of `y`, a row and a part of it.
    fn collect(
        &self,
        m: &Products<T>,
        images: usize,
        block: &Block,
        y: &mut Tile<'_, T>,
        place: impl Fn(usize, usize) -> (usize, Range<usize>),
    ) {
        let mut back = Collect::new(self.tiles, block, m.pitch);
        for row in 0..m.rows {
            for image in 0..images {
                let (k, part) = place(image, row);
                back.apply(&m.data[row * m.stride + image * block.tiles()..], m.pitch, &mut y.row(k)[part]);
            }
        }
    }
}
