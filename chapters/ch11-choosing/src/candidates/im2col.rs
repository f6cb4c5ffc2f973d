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
        let (k, taps, positions) = (shape.k, shape.taps(), shape.positions_out());
        let columns = (taps * positions) as f64;
        // The matrix is written (or added up) once, and packed once.
        let copies = model.moved(columns, columns);
        let weight = model.moved((k * taps) as f64, (k * taps) as f64);
        let one = match pass {
            Pass::Forward => copies * 2usize + model.product(k, positions, taps) + weight,
            Pass::GradInput => copies * 1.5 + model.product(taps, positions, k) + weight,
            Pass::GradWeight => {
                copies + model.turned(columns, columns) + model.product(k, taps, positions) + weight * 2usize
            }
        };
        let all = Elements::of(shape);
        (one + model.call(3, 0)) * (shape.n * shape.spec.groups) + model.streamed((all.input + all.output) as usize)
    }
}

/// Columns that a block of lines has at least.
const COLUMNS: usize = 480;

/// A task's share of the sums of `grad_weight`.
const PARTS: usize = 8;

/// Weights above this many elements are packed.
const FEW: usize = 16 * 1024;

impl<T: Real, const D: usize> Candidate<T, D> for Fused {
    fn name(&self) -> String {
        "fused".into()
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        fits_with_padding(shape)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        let s = shape.lift();
        let images = s.n * s.spec.groups;
        let all = Elements::of(shape);
        let taps_of_channel = s.taps() / s.c;
        let one = match pass {
            Pass::Forward => {
                let lines = COLUMNS.div_ceil(s.output[2]).min(s.output[1]);
                let strip = Strip::of_input(&s, s.c, [0; 3], [1, lines, s.output[2]]);
                blocks(model, s.output, lines, strip, [s.c, s.k, s.taps()], 1)
            }
            Pass::GradInput => {
                // The inputs of each phase of the stride are a convolution of dy with the taps that reach them.
                let phases: usize = (0..3).map(|d| s.spec.stride[d].min(s.input[d])).product();
                let inputs: [usize; 3] = std::array::from_fn(|d| s.input[d].div_ceil(s.spec.stride[d]));
                let lines = COLUMNS.div_ceil(inputs[2]).min(inputs[1]);
                let reach: [usize; 3] =
                    std::array::from_fn(|d| (s.kernel[d] - 1) * s.spec.dilation[d] / s.spec.stride[d]);
                let count = [1 + reach[0], lines + reach[1], inputs[2] + reach[2]];
                let start = std::array::from_fn(|d| -(s.spec.padding[d].min(reach[d]) as isize));
                let strip = Strip::new(s.k, s.output, [1; 3], [1; 3], count, start);
                let depth = (s.k * taps_of_channel).div_ceil(phases);
                blocks(model, inputs, lines, strip, [s.k, s.c, depth], phases)
            }
            Pass::GradWeight => {
                let positions = s.positions_out();
                let parts = if s.k * s.taps() * s.spec.groups > 256 * 1024 { 1 } else { PARTS };
                let cuts = PARTS.div_ceil(parts * s.spec.groups).min(s.c);
                let lines = COLUMNS.div_ceil(s.output[2]).min(s.output[1].div_ceil(PARTS.div_ceil(images.max(1))));
                let strip = Strip::of_input(&s, s.c, [0; 3], [1, lines, s.output[2]]);
                let blocks = s.output[0] * s.output[1].div_ceil(lines);
                let depth = positions.div_ceil(blocks);
                let dy = (s.k * depth) as f64;
                (model.product(s.taps(), s.k, depth)
                    + model.moved(strip.elements() as f64, strip.elements() as f64)
                    + model.turned(dy, dy) * cuts)
                    * blocks
            }
        };
        let rest = match pass {
            // Partial sums, added up by one thread, and turned.
            Pass::GradWeight => {
                let parts = if all.weight > 256.0 * 1024.0 { 1.0 } else { PARTS as f64 };
                model.serial(model.moved(parts * all.weight, parts * all.weight)) + model.turned(all.weight, all.weight)
            }
            _ if s.k * taps_of_channel * s.c > FEW => model.turned(all.weight, all.weight),
            _ => Forecast::default(),
        };
        let entries = match pass {
            Pass::GradInput => 4 * s.k * taps_of_channel,
            _ => s.taps(),
        };
        one * images + rest + model.streamed((all.input + all.output) as usize) + model.call(1, entries)
    }
}

/// The blocks of lines of an image: a strip for each, a product for each phase, and the results on their way to their places.
fn blocks(
    model: &Model,
    size: [usize; 3],
    lines: usize,
    strip: Strip,
    [_, rows, depth]: [usize; 3],
    phases: usize,
) -> Forecast {
    let blocks = size[0] * size[1].div_ceil(lines);
    // Lines are computed with what lies between them.
    let columns = size[1] * size[0] * strip.line() / blocks;
    let results = (rows * columns) as f64;
    let filled = strip.elements() as f64;
    let scattered = if phases > 1 { 3.0 } else { 1.0 };
    (model.moved(filled, filled)
        + (model.product(rows, columns, depth) + model.moved(results, results) * scattered) * phases)
        * blocks
}
