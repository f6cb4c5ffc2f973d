//! What chapter 3's algorithm costs.

use super::{Candidate, Elements};
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch03_winograd::{POINTS, Winograd};
use unrolled::gemm::STEP;
use unrolled::{ConvShape, Real};

/// Tiles that are multiplied together, and tiles below which the filters are the larger factor.
const TILES: usize = 64;
const FEW: usize = 32;

/// A line that goes to a place of its own, on a page of its own, against one that follows the last.
const SCATTERED: f64 = 1.5;

/// Filters that are transformed together.
const FILTERS: usize = 16;

/// For grad_weight: tiles that are summed over at a time, and sums that tiles are dealt to.
const MOST_TILES: usize = 256;
const PARTS: usize = 8;

/// One axis: outputs, taps and places of a tile, how many tiles there are, and the places of Bᵀ, Aᵀ and G that aren't 0.
#[derive(Clone, Copy)]
struct Axis {
    m: usize,
    r: usize,
    n: usize,
    tiles: usize,
    bt: f64,
    at: f64,
    g: f64,
}

impl Axis {
    fn new(m: usize, r: usize, outputs: usize) -> Self {
        let m = if r == 1 { 1 } else { m };
        let n = m + r - 1;
        let share = |full: f64, rows: usize, cols: usize| if r == 1 { 1.0 } else { full * (rows * cols) as f64 };
        let (bt, at, g) = (share(0.63, n, n), share(0.76, m, n), share(0.85, n, r));
        Self { m, r, n, tiles: outputs.div_ceil(m), bt, at, g }
    }
}

/// How the tiles fall into blocks.
struct Tiling {
    y: Axis,
    x: Axis,
    /// Images, rows and columns of tiles of a block.
    images: usize,
    rows: usize,
    cols: usize,
    /// Blocks.
    count: usize,
}

impl Tiling {
    /// Blocks of about so many tiles.
    fn new([y, x]: [Axis; 2], images: usize, most_images: usize, most: usize) -> Self {
        let cols = x.tiles.min(most);
        let parts = (y.tiles * cols).div_ceil(most);
        let rows = y.tiles.div_ceil(parts);
        let together = (most / (y.tiles * x.tiles)).clamp(1, most_images.max(1));
        let count = images.div_ceil(together) * y.tiles.div_ceil(rows) * x.tiles.div_ceil(cols);
        Self { y, x, images: together, rows, cols, count }
    }

    fn tiles(&self) -> usize {
        self.images * self.rows * self.cols
    }

    fn places(&self) -> usize {
        self.y.n * self.x.n
    }

    /// The tiles of a channel of a block, into the transform domain by matrices of so many terms: from a strip, along the columns,
    /// along the rows, and each place to its own.
    fn spread(&self, model: &Model, terms: [f64; 2]) -> Forecast {
        let (y, x) = (&self.y, &self.x);
        let beyond = [y.r.div_ceil(y.m.max(1)) - 1, x.r.div_ceil(x.m.max(1)) - 1].map(|b| b.min(1));
        let (down, line) = (self.rows + beyond[0], self.cols + beyond[1]);
        let long = ((self.rows - 1) * line + line).next_multiple_of(STEP);
        let image = model.lines((y.m * x.m * down) as f64, line)
            + model.sum(y.n as f64, terms[0], long) * x.m
            + model.sum(x.n as f64, terms[1], long) * y.n
            + model.lines((self.places() * self.rows) as f64, self.cols) * SCATTERED;
        image * self.images
    }

    /// The way back for a channel of a block.
    fn collect(&self, model: &Model) -> Forecast {
        let (y, x, long) = (&self.y, &self.x, (self.rows * self.cols).next_multiple_of(STEP));
        let image = model.sum(y.m as f64, y.at, long) * x.n
            + model.sum(x.m as f64, x.at, long) * y.m
            + model.lines((self.rows * y.m) as f64, self.cols * x.m) * 2.0;
        image * self.images
    }

    /// So many filters of so many channels: turned, along the columns, along the rows.
    fn filters(&self, model: &Model, rows: usize, depth: usize) -> Forecast {
        let (y, x, blocks, len) =
            (&self.y, &self.x, rows.div_ceil(FILTERS), FILTERS.min(rows.next_multiple_of(8)) * depth);
        let row = model.sum(x.r as f64, y.g / y.n as f64 * x.r as f64, len) + model.sum(x.n as f64, x.g, len);
        (row * y.n) * blocks + model.turned((rows * depth * y.r * x.r) as f64)
    }
}

impl<const M: usize, T: Real, const D: usize> Candidate<T, D> for Winograd<M> {
    fn name(&self) -> String {
        format!("winograd{M}")
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        let (spec, most) = (&shape.spec, POINTS.len() + 1);
        if D == 3 {
            return Err("volumes are taken apart first: sliced");
        }
        if spec.stride != [1; D] {
            return Err("the tiles' outputs share their inputs at stride 1 alone");
        }
        if spec.dilation != [1; D] {
            return Err("kernels with holes are taken apart first: dilated");
        }
        match shape.kernel.iter().max() {
            Some(&taps) if taps > most + 1 - M => Err("there are no points for so many taps"),
            Some(1) => Err("a kernel of one tap has nothing to save"),
            _ => Ok(()),
        }
    }

    /// Measured by chapter 3's tests: a factor of two for each further pair of points along an axis.
    fn tolerance(&self, shape: &ConvShape<D>) -> f64 {
        let axis = |&taps: &usize| match if taps == 1 { 1 } else { M + taps - 1 } {
            1 => 1.0,
            2..=4 => 2.0,
            5..=6 => 4.0,
            _ => 8.0,
        };
        shape.kernel.iter().map(axis).product::<f64>().max(4.0)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        let s = shape.lift();
        let size = if pass == Pass::GradInput { s.input } else { s.output };
        let axes = [1, 2].map(|d| Axis::new(M, s.kernel[d], size[d]));
        let tiles = s.n * axes[0].tiles * axes[1].tiles;
        let one = match pass {
            Pass::Forward => transformed(model, axes, [s.n, tiles, s.k, s.c]),
            Pass::GradInput => transformed(model, axes, [s.n, tiles, s.c, s.k]),
            Pass::GradWeight => grad_weight(model, axes, [s.n, s.k, s.c]),
        };
        one * s.spec.groups + Elements::of(shape).streamed(model) + model.call(2 * s.spec.groups + 1, 0)
    }
}

/// Filters times tiles, in either direction.
fn transformed(model: &Model, axes: [Axis; 2], [images, tiles, rows, depth]: [usize; 4]) -> Forecast {
    let most = if tiles < FEW { tiles.max(1) } else { TILES };
    let tiling = Tiling::new(axes, images, images.div_ceil(model.machine.threads), most);
    let (places, cols) = (tiling.places(), tiling.tiles().next_multiple_of(STEP));
    let (held, v) = ((places * rows * depth) as f64, (places * cols * depth) as f64);
    let block = model.streamed(2.0 * v, v)
        + tiling.spread(model, [axes[0].bt, axes[1].bt]) * depth
        + tiling.collect(model) * rows
        + model.product(FILTERS.min(rows), cols, depth) * (rows.div_ceil(FILTERS) * places);
    // The filters are transformed once, and come by for each block; or, for few tiles, stay in the cache.
    let passes = if tiles < FEW { 0 } else { tiling.count };
    block * tiling.count + tiling.filters(model, rows, depth) + model.streamed(held, held) * passes
}

/// The sum over all tiles, for each place.
fn grad_weight(model: &Model, axes: [Axis; 2], [images, k, c]: [usize; 3]) -> Forecast {
    let places = axes[0].n * axes[1].n;
    let tiling = Tiling::new(axes, images, images, (model.held() / (places * (c + k))).clamp(STEP, MOST_TILES));
    let (wide, at_once) = (c.next_multiple_of(STEP), tiling.tiles());
    let sums = (places * k * wide) as f64;
    let parts = if sums * PARTS as f64 <= model.held() as f64 { tiling.count.clamp(1, PARTS) } else { 1 };
    let factors = (places * (k + c) * at_once) as f64;
    let block = tiling.spread(model, [axes[0].at, axes[1].at]) * k
        + tiling.spread(model, [axes[0].bt, axes[1].bt]) * c
        + model.streamed(2.0 * factors, factors)
        + model.turned((places * wide * at_once) as f64)
        + model.product(k, wide, at_once) * places
        + model.streamed(2.0 * sums, sums);
    // One thread adds the parts up. The way back of a filter is that of its transform.
    block * tiling.count + model.serial(model.packed(sums * (parts - 1) as f64)) + tiling.filters(model, k, c)
}
