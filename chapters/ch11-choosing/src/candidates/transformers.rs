//! What the transformers cost: their maps before and after, and what is between.

use super::{Candidate, Elements};
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch04_dilated::Dilated;
use ch06_conv3d::Sliced;
use ch07_grouped::Grouped;
use unrolled::{ConvShape, ConvSpec, Real, workspace};

/// The dense convolution of a dilated one's sub-grids.
fn sub_grids<const D: usize>(shape: &ConvShape<D>) -> ConvShape<D> {
    let (dilation, groups) = (shape.spec.dilation, shape.spec.groups);
    let phases: usize = (0..D).map(|d| dilation[d].min(shape.output[d])).product();
    let output: [usize; D] = std::array::from_fn(|d| shape.output[d].div_ceil(dilation[d]));
    let input = std::array::from_fn(|d| output[d] + shape.kernel[d] - 1);
    ConvShape { spec: ConvSpec { groups, ..ConvSpec::default() }, n: shape.n * phases, input, output, ..*shape }
}

impl<A: Candidate<T, D>, T: Real, const D: usize> Candidate<T, D> for Dilated<A> {
    fn name(&self) -> String {
        format!("dilated {}", self.0.name())
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        if shape.spec.dilation == [1; D] {
            return Err("there are no holes to take apart");
        }
        if shape.spec.stride != [1; D] {
            return Err("with a stride the sub-grids don't pair up");
        }
        self.0.takes(&sub_grids(shape))
    }

    fn tolerance(&self, shape: &ConvShape<D>) -> f64 {
        self.0.tolerance(shape)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        let dense = sub_grids(shape);
        let (parts, [x, y]) = (Elements::of(&dense), [dense.input[D - 1], dense.output[D - 1]]);
        // Elements lie a dilation apart where they come from and go to.
        let copies = model.lines(parts.input / x as f64, x) + model.lines(parts.output / y as f64, y);
        self.0.cost(&dense, pass, model) + copies * 2.0 + parts.streamed(model) + model.call(2, 0)
    }
}

impl<A: Candidate<T, D>, T: Real, const D: usize> Candidate<T, D> for Grouped<A> {
    fn name(&self) -> String {
        format!("grouped {}", self.0.name())
    }

    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str> {
        match shape.spec.groups {
            1 => Err("there is one group"),
            _ => self.0.takes(&one_group(shape)),
        }
    }

    fn tolerance(&self, shape: &ConvShape<D>) -> f64 {
        self.0.tolerance(shape)
    }

    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast {
        // One thread takes the parts out and puts them side by side: long copies, in which the way from memory is all.
        let copies = Elements::of(shape).streamed(model);
        self.0.cost(&one_group(shape), pass, model) * shape.spec.groups + model.serial(copies) * 2usize
    }
}

fn one_group<const D: usize>(shape: &ConvShape<D>) -> ConvShape<D> {
    ConvShape { spec: ConvSpec { groups: 1, ..shape.spec }, ..*shape }
}

/// The 2D convolution of a volume's planes, stacked.
fn slices(shape: &ConvShape<3>) -> ConvShape<2> {
    let ConvShape { spec, n, c, k, input, kernel, output } = *shape;
    let plane = |axes: [usize; 3]| [axes[1], axes[2]];
    let spec = ConvSpec {
        stride: plane(spec.stride),
        padding: plane(spec.padding),
        dilation: plane(spec.dilation),
        groups: spec.groups,
    };
    let (n, c) = (n * output[0], c * kernel[0]);
    ConvShape { spec, n, c, k, input: plane(input), kernel: plane(kernel), output: plane(output) }
}

impl<A: Candidate<T, 2>, T: Real> Candidate<T, 3> for Sliced<A> {
    fn name(&self) -> String {
        format!("sliced {}", self.0.name())
    }

    fn takes(&self, shape: &ConvShape<3>) -> Result<(), &'static str> {
        self.0.takes(&slices(shape))
    }

    fn tolerance(&self, shape: &ConvShape<3>) -> f64 {
        self.0.tolerance(&slices(shape))
    }

    fn cost(&self, shape: &ConvShape<3>, pass: Pass, model: &Model) -> Forecast {
        let flat = slices(shape);
        let Elements { input, output, .. } = Elements::of(&flat);
        // What is stacked at a time fits into the workspace. Planes are long lines.
        let within = (input + output).min(workspace::elements::<T>((1, 1)) as f64);
        self.0.cost(&flat, pass, model) + model.streamed(2.0 * (input + output), within) + model.call(2, 0)
    }
}
