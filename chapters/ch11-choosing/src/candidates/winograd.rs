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

/// Of the places of Bᵀ, of Aᵀ and of G, these have a number other than 0.
const B_FULL: f64 = 0.63;
const A_FULL: f64 = 0.76;
const G_FULL: f64 = 0.85;

/// One axis: outputs, taps and places of a tile, and how many tiles there are.
#[derive(Clone, Copy)]
struct Axis {
    m: f64,
    r: f64,
    n: f64,
    tiles: usize,
}

impl Axis {
    fn new(m: usize, r: usize, outputs: usize) -> Self {
        let m = if r == 1 { 1 } else { m };
        Self { m: m as f64, r: r as f64, n: (m + r - 1) as f64, tiles: outputs.div_ceil(m) }
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

    /// Measured by chapter 3's tests, and a factor of two for each further pair of points along an axis.
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
        let all = Elements::of(shape);
        let size = if pass == Pass::GradInput { s.input } else { s.output };
        let axes = [1, 2].map(|d| Axis::new(M, s.kernel[d], size[d]));
        let [y, x] = axes;
        let tiles = s.n * y.tiles * x.tiles;
        let places = (y.n * x.n) as usize;
        // Into the transform domain, for each tile of a channel: along its columns, then along its rows. Neighbours share what
        // their columns share.
        let inputs = |channels: usize| {
            let work = (channels * tiles) as f64;
            model.lines(work * B_FULL * (y.n * y.n * x.m + y.n * x.n * x.n))
                + model.moved(work * (y.m * x.m + y.n * x.n), (TILES * places) as f64)
        };
        let filters = |count: usize| {
            let work = count as f64;
            model.lines(work * G_FULL * (y.n * y.r * x.r + y.n * x.n * x.r)) + model.turned(work * y.r * x.r, work * y.r * x.r)
        };
        let one = match pass {
            Pass::Forward | Pass::GradInput => {
                let [rows, depth] = if pass == Pass::Forward { [s.k, s.c] } else { [s.c, s.k] };
                let outputs = {
                    let work = (rows * tiles) as f64;
                    model.lines(work * A_FULL * (y.m * y.n * x.n + y.m * x.m * x.n))
                        + model.moved(work * (y.n * x.n + 2.0 * y.m * x.m), (TILES * places) as f64)
                };
                let cols = block(s.n, [y.tiles, x.tiles], model.machine.threads);
                let product = model.product(rows.min(16), cols, depth) * (rows.div_ceil(16) * places * tiles.div_ceil(cols));
                let held = (rows * depth * places) as f64;
                // The transformed filters come by once for each block of tiles.
                let passes = if tiles < FEW { 0 } else { tiles.div_ceil(cols) };
                inputs(depth) + filters(rows * depth) + outputs + product + model.streamed((held as usize) * passes)
            }
            Pass::GradWeight => {
                let gradients = {
                    let work = (s.k * tiles) as f64;
                    model.lines(work * A_FULL * (y.n * y.m * x.m + y.n * x.n * x.m))
                        + model.moved(work * (y.m * x.m + y.n * x.n), (TILES * places) as f64)
                };
                let (at_once, sums) = ((4 << 20) / (places * (s.c + s.k)), (places * s.k * s.c) as f64);
                let at_once = at_once.clamp(STEP, 256).min(tiles);
                let blocks = tiles.div_ceil(at_once);
                let wide = s.c.next_multiple_of(STEP);
                let parts = if sums * 8.0 <= (4 << 20) as f64 { blocks.min(8) } else { 1 };
                let product = model.product(s.k, wide, at_once) * (places * blocks);
                let turned = (places * wide * tiles) as f64;
                inputs(s.c)
                    + gradients
                    + product
                    + model.turned(turned, (at_once * wide) as f64)
                    + model.streamed((sums as usize) * blocks)
                    + model.serial(model.moved(sums * (parts - 1) as f64, sums * parts as f64))
                    + filters(s.k * s.c)
            }
        };
        one * s.spec.groups + model.streamed((all.input + all.output) as usize) + model.call(2 * s.spec.groups + 1, 0)
    }
}

/// Tiles of a block, in whole vectors, as the algorithm cuts them.
fn block(images: usize, [down, right]: [usize; 2], threads: usize) -> usize {
    let all = images * down * right;
    if all < FEW {
        return all.max(1).next_multiple_of(STEP);
    }
    let together = (TILES / (down * right)).clamp(1, images.div_ceil(threads));
    let rows = down.div_ceil((down * right).div_ceil(TILES));
    (together * rows * right).next_multiple_of(STEP)
}
