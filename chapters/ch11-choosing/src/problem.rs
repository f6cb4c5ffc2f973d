//! A layer with its numbers: what candidates run on.

use crate::auto::{Auto, Forecasted, describe};
use crate::candidates::{Dimensions, Field};
use crate::layers::{Layer, Shape};
use crate::model::Forecast;
use crate::pass::Pass;
use crate::tuned::Tuned;
use unrolled::{ConvShape, Convolution, Result, Tensor};

/// A candidate that runs on a problem.
pub struct Entrant<'a> {
    /// Its name.
    pub name: String,
    /// What it will take.
    pub forecast: Forecast,
    /// Computes the pass once.
    pub run: Box<dyn Fn() -> Result<Tensor> + 'a>,
}

/// A layer whose tensors are filled, whatever its dimensions.
pub trait Problem {
    /// The convolution in words.
    fn describe(&self) -> String;
    /// Operations of a pass, by the definition.
    fn flops(&self) -> f64;
    /// Bytes of input, weight and output.
    fn bytes(&self) -> f64;
    /// Bytes of the result of a pass.
    fn result_bytes(&self, pass: Pass) -> usize;
    /// The candidates that `auto` admits, the one that it chooses first.
    fn entrants(&self, auto: &Auto, pass: Pass) -> Vec<Entrant<'_>>;
    /// A pass as `auto` computes it.
    ///
    /// # Errors
    /// As [`Convolution`].
    fn auto(&self, auto: &Auto, pass: Pass) -> Result<Tensor>;
    /// A pass as `tuned` computes it.
    ///
    /// # Errors
    /// As [`Convolution`].
    fn tuned(&self, tuned: &Tuned, pass: Pass) -> Result<Tensor>;
    /// Why `tuned` chooses what it does.
    fn explain(&self, tuned: &Tuned, pass: Pass) -> String;
}

struct Filled<const D: usize> {
    transposed: bool,
    shape: ConvShape<D>,
    input: Tensor,
    weight: Tensor,
    output: Tensor,
}

/// Why `auto` chooses what it does for a layer, in `f32`. Nothing is computed.
pub fn explain(layer: &Layer, auto: &Auto, pass: Pass) -> String {
    let dense = if layer.transposed { pass.transposed() } else { pass };
    match layer.shape {
        Shape::One(shape) => auto.explain::<f32, 1>(&shape, dense),
        Shape::Two(shape) => auto.explain::<f32, 2>(&shape, dense),
        Shape::Three(shape) => auto.explain::<f32, 3>(&shape, dense),
    }
}

/// A layer with numbers between -1 and 1.
///
/// # Errors
/// If memory doesn't hold them.
pub fn fill(layer: &Layer) -> Result<Box<dyn Problem>> {
    Ok(match layer.shape {
        Shape::One(shape) => Box::new(filled(layer.transposed, shape)?),
        Shape::Two(shape) => Box::new(filled(layer.transposed, shape)?),
        Shape::Three(shape) => Box::new(filled(layer.transposed, shape)?),
    })
}

fn filled<const D: usize>(transposed: bool, shape: ConvShape<D>) -> Result<Filled<D>> {
    // Without a pattern that a product could take advantage of: Weyl's sequence, of the golden ratio.
    let numbers = |shape: &[usize]| {
        Tensor::from_fn(shape, |i| ((i as u32).wrapping_mul(0x9e37_79b9) >> 8) as f32 / 8_388_608.0 - 1.0)
    };
    let [input, weight, output] = [shape.input_shape(), shape.weight_shape(), shape.output_shape()];
    Ok(Filled { transposed, shape, input: numbers(&input)?, weight: numbers(&weight)?, output: numbers(&output)? })
}

impl<const D: usize> Filled<D> {
    /// The pass of the dense convolution.
    fn dense(&self, pass: Pass) -> Pass {
        if self.transposed { pass.transposed() } else { pass }
    }

    fn compute<A: Convolution<Tensor, D> + ?Sized>(&self, algorithm: &A, pass: Pass) -> Result<Tensor> {
        let Self { shape, input, weight, output, .. } = self;
        match self.dense(pass) {
            Pass::Forward => algorithm.forward(&shape.spec, input, weight),
            Pass::GradInput => algorithm.grad_input(&shape.spec, input.shape(), weight, output),
            Pass::GradWeight => algorithm.grad_weight(&shape.spec, input, weight.shape(), output),
        }
    }
}

impl<const D: usize> Problem for Filled<D>
where
    Field: Dimensions<D>,
{
    fn describe(&self) -> String {
        format!("{}{}", describe(&self.shape), if self.transposed { ", transposed" } else { "" })
    }

    fn flops(&self) -> f64 {
        self.shape.flops()
    }

    fn bytes(&self) -> f64 {
        self.shape.cost().elements as f64 * size_of::<f32>() as f64
    }

    fn result_bytes(&self, pass: Pass) -> usize {
        let result = match self.dense(pass) {
            Pass::Forward => &self.output,
            Pass::GradInput => &self.input,
            Pass::GradWeight => &self.weight,
        };
        result.len() * size_of::<f32>()
    }

    fn entrants(&self, auto: &Auto, pass: Pass) -> Vec<Entrant<'_>> {
        let forecasts = auto.forecasts::<f32, D>(&self.shape, self.dense(pass)).into_iter();
        let entrant = |f: Forecasted<f32, D>| Entrant {
            name: f.candidate.name(),
            forecast: f.cost,
            run: Box::new(move || self.compute(f.candidate, pass)),
        };
        forecasts.map(entrant).collect()
    }

    fn auto(&self, auto: &Auto, pass: Pass) -> Result<Tensor> {
        self.compute(auto, pass)
    }

    fn tuned(&self, tuned: &Tuned, pass: Pass) -> Result<Tensor> {
        self.compute(tuned, pass)
    }

    fn explain(&self, tuned: &Tuned, pass: Pass) -> String {
        tuned.explain::<f32, D>(&self.shape, self.dense(pass))
    }
}
