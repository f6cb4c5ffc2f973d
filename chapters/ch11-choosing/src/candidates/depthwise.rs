//! What chapter 7's kernel costs.

use super::{Candidate, Elements, fits_with_padding};
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch07_grouped::Depthwise;
use unrolled::strip::Strip;
use unrolled::{ConvShape, Real};

/// What a sum of lines costs if they are shared by eight results, against one alone.
const SHARED: f64 = 0.4;

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
        // ANCHOR: depthwise
        let s = shape.lift();
        let all = Elements::of(shape);
        let phases: usize = (0..3).map(|d| s.spec.stride[d].min(s.input[d])).product();
        let filled = |strip: Strip| model.lines(strip.elements() as f64 / strip.line() as f64, strip.line());
        let strip = Strip::of_input(&s, 1, [0; 3], s.output);
        let planes = s.k * s.output[0];
        // Each line of results is a sum of as many lines as there are taps, of which eight results share the loads; a dot
        // product for each tap shares nothing.
        let results = (s.output[1] * s.output[2].next_multiple_of(model.lanes())).max(1);
        let sums = model.sum(1.0, s.taps() as f64, results) * planes;
        let dealt = |lines: usize, len| model.lines(lines as f64, len) * 2.5;
        let one = match pass {
            Pass::Forward => filled(strip) + sums * SHARED,
            Pass::GradInput if phases == 1 => filled(strip) + sums * SHARED,
            Pass::GradInput => sums + dealt(s.input[0] * s.input[1], s.input[2]),
            Pass::GradWeight => filled(strip) + sums + model.lines((planes * s.output[1]) as f64, s.output[2]),
        };
        one * (s.n * s.spec.groups) + all.streamed(model) + model.call(1, 0)
        // ANCHOR_END: depthwise
    }
}
