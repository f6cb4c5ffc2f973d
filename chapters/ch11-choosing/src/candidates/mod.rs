//! The candidates: every algorithm of the book, with what it takes and what it costs.
//!
//! A new one takes an `impl` of [`Candidate`] and a line in one of the lists below.

mod depthwise;
mod im2col;
mod transformers;
mod winograd;

use crate::model::{Forecast, Model};
use crate::pass::Pass;
use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch04_dilated::Dilated;
use ch06_conv3d::Sliced;
use ch07_grouped::{Depthwise, Grouped};
use unrolled::{ConvShape, Convolution, Real, Tensor};

// ANCHOR: candidate
/// An algorithm that may be chosen.
pub trait Candidate<T: Real, const D: usize>: Convolution<Tensor<T>, D> {
    /// Its name, in tables and files.
    fn name(&self) -> String;

    /// Whether it computes such a convolution.
    ///
    /// # Errors
    /// If it doesn't: why.
    fn takes(&self, shape: &ConvShape<D>) -> Result<(), &'static str>;

    /// How many times the largest rounding error of the plain sum its own may be, in the units of the harness
    /// (`unrolled::testing`): 1 for whatever only adds up the definition's products.
    fn tolerance(&self, _shape: &ConvShape<D>) -> f64 {
        1.0
    }

    /// What a pass takes, for a shape that it [takes](Candidate::takes).
    fn cost(&self, shape: &ConvShape<D>, pass: Pass, model: &Model) -> Forecast;
}
// ANCHOR_END: candidate

/// A list of candidates.
pub type List<T, const D: usize> = &'static [&'static dyn Candidate<T, D>];

/// All there are.
pub struct Field;

/// The candidates for `D` dimensions. The first of them takes everything.
pub trait Dimensions<const D: usize> {
    /// The list.
    fn candidates<T: Real>() -> List<T, D>;
}

// ANCHOR: lists
/// What computes lines and images.
fn flat<T: Real, const D: usize>() -> List<T, D> {
    &[
        &Naive,
        &Im2col,
        &Fused,
        &Winograd::<2>,
        &Winograd::<4>,
        &Winograd::<6>,
        &Dilated(Winograd::<2>),
        &Dilated(Winograd::<4>),
        &Dilated(Winograd::<6>),
        &Depthwise,
        &Grouped(Fused),
    ]
}
// ANCHOR_END: lists

/// What computes volumes.
fn volumes<T: Real>() -> List<T, 3> {
    &[
        &Naive,
        &Im2col,
        &Fused,
        &Depthwise,
        &Grouped(Fused),
        &Sliced(Fused),
        &Sliced(Winograd::<2>),
        &Sliced(Winograd::<4>),
        &Sliced(Winograd::<6>),
        &Sliced(Dilated(Winograd::<4>)),
    ]
}

impl Dimensions<1> for Field {
    fn candidates<T: Real>() -> List<T, 1> {
        flat()
    }
}

impl Dimensions<2> for Field {
    fn candidates<T: Real>() -> List<T, 2> {
        flat()
    }
}

impl Dimensions<3> for Field {
    fn candidates<T: Real>() -> List<T, 3> {
        volumes()
    }
}

/// Steps of a product of the definition's loops, which goes alone, and in `f64`.
const ALONE: f64 = 12.0;

impl<T: Real, const D: usize> Candidate<T, D> for Naive {
    fn name(&self) -> String {
        "naive".into()
    }

    fn takes(&self, _shape: &ConvShape<D>) -> Result<(), &'static str> {
        Ok(())
    }

    fn cost(&self, shape: &ConvShape<D>, _pass: Pass, model: &Model) -> Forecast {
        model.serial(model.one_by_one(shape.flops() / 2.0, ALONE))
    }
}

/// Elements of tensors, as the model counts them.
struct Elements {
    input: f64,
    weight: f64,
    output: f64,
}

impl Elements {
    /// Each on its way from or to memory.
    fn streamed(&self, model: &Model) -> Forecast {
        [self.input, self.weight, self.output]
            .into_iter()
            .fold(Forecast::default(), |sum, n| sum + model.streamed(n, n))
    }

    fn of<const D: usize>(shape: &ConvShape<D>) -> Self {
        let (images, k) = ((shape.n * shape.spec.groups) as f64, shape.k as f64);
        Self {
            input: images * (shape.c * shape.positions_in()) as f64,
            weight: shape.spec.groups as f64 * k * shape.taps() as f64,
            output: images * k * shape.positions_out() as f64,
        }
    }
}

/// Elements that an image may have with its padding, where an algorithm copies it with that: 1 GiB of `f32`.
const MOST: f64 = (256 << 20) as f64;

/// Whether an image of one group fits into memory with its padding.
fn fits_with_padding<const D: usize>(shape: &ConvShape<D>) -> Result<(), &'static str> {
    let s = &shape.spec;
    let axis = |d: usize| shape.input[d] as f64 + 2.0 * s.padding[d] as f64 + (s.dilation[d] * shape.kernel[d]) as f64;
    match shape.c.max(shape.k) as f64 * (0..D).map(axis).product::<f64>() <= MOST {
        true => Ok(()),
        false => Err("a channel's image with its padding is too large to be copied"),
    }
}
