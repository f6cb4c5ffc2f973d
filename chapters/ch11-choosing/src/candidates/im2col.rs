//! What chapter 2's algorithms cost.

use super::{Candidate, Elements, fits_with_padding};
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch02_im2col::{Fused, Im2col};
use unrolled::strip::Strip;
use unrolled::{ConvShape, Real};

/// Bytes that the column matrix may have.
const MOST_COLUMNS: usize = 256 << 20;

impl<T: Real, const D: usize> Candidate<T, D> for Im2col {
    fn name(&self) -> String {
        "im2col".into()
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        let bytes = shape.taps().saturating_mul(shape.positions_out()).saturating_mul(size_of::<T>());
        match bytes <= MOST_COLUMNS {
            true => Ok(()),
            false => Err("its column matrix is larger than 256 MiB"),
        }
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        // ANCHOR: im2col
        let (k, taps, positions, line) = (shape.k, shape.taps(), shape.positions_out(), shape.output[D - 1]);
        let (columns, weight) = ((taps * positions) as f64, (k * taps) as f64);
        // The matrix is written line by line, and read by the product; or the other way round, and added up.
        let written = model.lines(columns / line as f64, line) + model.streamed(3.0 * columns, columns);
        let one = match pass {
            Pass::Forward => written + model.packed(columns + weight) + model.product(k, positions, taps),
            Pass::GradInput => written + model.turned(weight) + model.product(taps, positions, k),
            Pass::GradWeight => written + model.turned(columns) + model.product(k, taps, positions),
        };
        (one + model.call(3, 0)) * (shape.n * shape.spec.groups) + Elements::of(shape).streamed(model)
        // ANCHOR_END: im2col
    }
}

/// Columns that a block of lines has at least.
const COLUMNS: usize = 480;

/// Parts that the sums of `grad_weight` fall into, for weights of up to so many elements.
const PARTS: usize = 8;
const SMALL: usize = 256 * 1024;

/// Weights above this many elements are packed.
const FEW: usize = 16 * 1024;

/// The lines of results that a block has, and the strip that it reads.
struct Blocks {
    count: usize,
    lines: usize,
    strip: Strip,
    /// Lines of the strip.
    filled: f64,
}

impl Blocks {
    fn new(size: [usize; 3], most: usize, strip: impl Fn(usize) -> Strip) -> Self {
        let lines = COLUMNS.div_ceil(size[2]).min(size[1]).min(most);
        let strip = strip(lines);
        let filled = strip.elements() as f64 / strip.line() as f64;
        let blocks = size[1].div_ceil(lines);
        Self { count: size[0] * blocks, lines: size[1].div_ceil(blocks), strip, filled }
    }

    /// The strip, a product for each phase of the stride, and the results on the way to their places.
    fn cost(&self, model: &Model, [rows, depth]: [usize; 2], width: usize, phases: usize) -> Forecast {
        // Lines are computed with what lies between them, unless there are so many rows that it is left out first.
        let columns = match rows {
            0..32 => (self.lines - 1) * self.strip.line() + width,
            _ => self.lines * width,
        };
        // Those of several phases are dealt out, element by element.
        let results = if phases == 1 { 1.0 } else { 2.5 };
        // The weight comes by for each block.
        let weight = (rows * depth) as f64;
        let phase = model.streamed(weight, weight)
            + model.product(rows, columns, depth)
            + model.lines((rows * self.lines) as f64, width) * results;
        (model.lines(self.filled, self.strip.line()) + phase * phases) * self.count
    }
}

impl<T: Real, const D: usize> Candidate<T, D> for Fused {
    fn name(&self) -> String {
        "fused".into()
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        fits_with_padding(shape)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        let s = shape.lift();
        let all = Elements::of(shape);
        let (images, taps) = (s.n * s.spec.groups, s.taps() / s.c);
        let input_strip = |lines| Strip::of_input(&s, s.c, [0; 3], [1, lines, s.output[2]]);
        let one = match pass {
            Pass::Forward => {
                let blocks = Blocks::new(s.output, usize::MAX, input_strip);
                blocks.cost(model, [s.k, s.taps()], s.output[2], 1)
            }
            Pass::GradInput => {
                // The inputs of each phase of the stride are a convolution of dy, with the taps that reach them.
                let phases: usize = (0..3).map(|d| s.spec.stride[d].min(s.input[d])).product();
                let inputs: [usize; 3] = std::array::from_fn(|d| s.input[d].div_ceil(s.spec.stride[d]));
                let reach: [usize; 3] =
                    std::array::from_fn(|d| (s.kernel[d] - 1) * s.spec.dilation[d] / s.spec.stride[d]);
                let start = reach.map(|reach| -(reach as isize) / 2);
                let strip = |lines| {
                    let count = [1 + reach[0], lines + reach[1], inputs[2] + reach[2]];
                    Strip::new(s.k, s.output, [1; 3], [1; 3], count, start)
                };
                let blocks = Blocks::new(inputs, usize::MAX, strip);
                blocks.cost(model, [s.c, (s.k * taps).div_ceil(phases)], inputs[2], phases)
            }
            Pass::GradWeight => {
                let parts = if all.weight > SMALL as f64 { 1 } else { PARTS };
                let cuts = PARTS.div_ceil(parts * s.spec.groups).min(s.c);
                let blocks = Blocks::new(s.output, s.output[1].div_ceil(PARTS.div_ceil(images.max(1))), input_strip);
                let depth = s.positions_out().div_ceil(blocks.count);
                // Each block of channels turns the gradients for itself.
                (model.lines(blocks.filled, blocks.strip.line())
                    + (model.product(s.taps() / cuts, s.k, depth) + model.turned((s.k * depth) as f64)) * cuts)
                    * blocks.count
            }
        };
        let weight = match pass {
            // One thread adds up the parts' sums.
            Pass::GradWeight if all.weight > SMALL as f64 => model.turned(all.weight),
            Pass::GradWeight => model.serial(model.packed(PARTS as f64 * all.weight)) + model.turned(all.weight),
            _ if s.k * s.taps() > FEW => model.turned(all.weight),
            _ => Forecast::default(),
        };
        // The tables of taps; that of grad_input is of all outputs' taps.
        let entries = if pass == Pass::GradInput { 4 * s.k * taps } else { s.taps() };
        one * images + weight + all.streamed(model) + model.call(1, entries)
    }
}
