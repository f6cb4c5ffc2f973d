//! What chapter 7's kernel costs.

use super::{Candidate, Elements, fits_with_padding};
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch07_grouped::Depthwise;
use unrolled::{ConvShape, Real};

/// Of the pace of sums of lines: those of an image are short.
const SHORT: f64 = 1.4;

/// Of the same for dot products, which must be added up across their vectors.
const DOTS: f64 = 1.9;

impl<T: Real, const D: usize> Candidate<T, D> for Depthwise {
    fn name(&self) -> String {
        "depthwise".into()
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        if shape.c != 1 {
            return Err("its groups have one input channel each");
        }
        fits_with_padding(shape)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        let all = Elements::of(shape);
        let sums = model.lines(shape.flops() / 2.0) * if pass == Pass::GradWeight { DOTS } else { SHORT };
        // An input, or what the phases of a stride read, is copied with its padding.
        let dealt = if shape.spec.stride == [1; D] { 1.0 } else { 3.0 };
        let channel = shape.positions_in() as f64;
        sums + model.moved(all.input * dealt, channel)
            + model.streamed((all.input + all.output) as usize)
            + model.call(1, shape.n * shape.spec.groups * shape.taps())
    }
}
