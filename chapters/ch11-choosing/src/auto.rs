//! The choice by forecast.

use crate::candidates::{Candidate, Dimensions, Field};
use crate::machine::Machine;
use crate::model::{Forecast, Model};
use crate::pass::Pass;
use std::fmt::Write;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

/// The convolution that picks an algorithm for each call: of those that take the shape, the one with the lowest forecast.
///
/// The forecast comes from the shape, the pass, and the machine's ceilings, which are measured when the first call needs them.
/// To give them instead, see [`Auto::on`]: then the choice is the same in every run.
///
/// Any dimension from 1 to 3, any stride, padding, dilation and groups.
///
/// ```
/// use ch11_choosing::{Auto, Machine, Pass};
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let auto = Auto::on(Machine::assumed(1));
/// let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
/// let shape = spec.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])?;
/// assert_eq!(auto.choose::<f32, 2>(&shape, Pass::Forward).name(), "winograd4");
/// assert_eq!(Auto { tolerance: 1.0, ..auto }.choose::<f32, 2>(&shape, Pass::Forward).name(), "fused");
///
/// let (x, w) = (Tensor::<f32>::full(&[1, 64, 56, 56], 1.0)?, Tensor::full(&[64, 64, 3, 3], 1.0)?);
/// let y = auto.forward(&spec, &x, &w)?;
/// assert!((y.at(&[0, 0, 1, 1]).unwrap() - 576.0).abs() < 0.01);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auto {
    /// How many times the largest rounding error of the plain sum is accepted.
    ///
    /// With 1 there are plain sums only. From 4 on Winograd's F(2×2, 3×3) is among the candidates, from 16 on, the
    /// default, F(4×4, 3×3) and F(2×2, 5×5), from 64 on F(6×6, 3×3) and F(4×4, 5×5). F(4×4, 3×3) costs a digit, as chapter 3 measures: 1e-5 of the
    /// largest output in `f32`, which the rounding of the weights themselves to half precision, common in networks, exceeds a
    /// hundred times. F(6×6, 3×3) costs as much or more, and its larger transforms eat what it saves.
    pub tolerance: f64,
    /// The ceilings to forecast with; `None` for those of this machine and the threads in use, measured.
    pub machine: Option<Machine>,
}

impl Default for Auto {
    fn default() -> Self {
        Self { tolerance: 16.0, machine: None }
    }
}

/// Candidates whose forecast is above this many times the best one aren't worth timing: no forecast is as wrong as that, and
/// some would take minutes.
pub const WORTH_TIMING: f64 = 4.0;

/// Why a candidate isn't one.
const TOO_INEXACT: &str = "its rounding error may be larger than is accepted";

impl Auto {
    /// The choice for this machine.
    pub fn on(machine: Machine) -> Self {
        Self { machine: Some(machine), ..Self::default() }
    }

    /// The prices that forecasts are made with.
    pub fn model<T: Real>(&self) -> Model {
        Model::new::<T>(self.machine.unwrap_or_else(|| Machine::this(parallel::threads())))
    }

    /// Whether a candidate is one for this shape, and exact enough.
    ///
    /// # Errors
    /// If it isn't: why.
    pub fn admits<T: Real, const D: usize>(
        &self,
        candidate: &dyn Candidate<T, D>,
        shape: &ConvShape<D>,
    ) -> Result<(), &'static str> {
        candidate.takes(shape)?;
        match candidate.tolerance(shape) <= self.tolerance.max(1.0) {
            true => Ok(()),
            false => Err(TOO_INEXACT),
        }
    }

    /// Those that are, and their forecasts, the best first.
    pub fn forecasts<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> Vec<Forecasted<T, D>>
    where
        Field: Dimensions<D>,
    {
        let model = self.model::<T>();
        let admitted = Field::candidates().iter().filter(|candidate| self.admits(**candidate, shape).is_ok());
        let mut forecasts: Vec<_> =
            admitted.map(|&c| Forecasted { candidate: c, cost: c.cost(shape, pass, &model) }).collect();
        forecasts.sort_by(|a, b| a.cost.total().total_cmp(&b.cost.total()));
        forecasts
    }

    // ANCHOR: choose
    /// The algorithm for a pass.
    pub fn choose<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> &'static dyn Candidate<T, D>
    where
        Field: Dimensions<D>,
    {
        let model = self.model::<T>();
        let all = Field::candidates();
        let (mut best, mut least) = (all[0], f64::INFINITY);
        for &candidate in all.iter().filter(|candidate| self.admits(**candidate, shape).is_ok()) {
            let seconds = candidate.cost(shape, pass, &model).total();
            if seconds < least {
                (best, least) = (candidate, seconds);
            }
        }
        best
    }
    // ANCHOR_END: choose

    /// Why: every candidate with its forecast, or with the reason for which it isn't one.
    pub fn explain<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> String
    where
        Field: Dimensions<D>,
    {
        let machine = self.model::<T>().machine;
        let mut text = format!("{}, {pass}\n{machine}\n", describe(shape));
        text += "                            ms = multiplying +   moving + overhead\n";
        for Forecasted { candidate, cost } in self.forecasts::<T, D>(shape, pass) {
            let ms = [cost.total(), cost.arithmetic, cost.memory, cost.overhead].map(|s| format!("{:.4}", s * 1e3));
            let [total, arithmetic, memory, overhead] = ms;
            writeln!(text, "{:20} {total:>9} = {arithmetic:>11} {memory:>10} {overhead:>10}", candidate.name())
                .expect("a String takes any text");
        }
        for candidate in Field::candidates::<T>() {
            if let Err(reason) = self.admits(*candidate, shape) {
                writeln!(text, "{:20} {reason}", candidate.name()).expect("a String takes any text");
            }
        }
        text
    }
}

/// A candidate, and what a pass of it will take.
#[derive(Clone, Copy)]
pub struct Forecasted<T: Real, const D: usize> {
    /// The candidate.
    pub candidate: &'static dyn Candidate<T, D>,
    /// The forecast.
    pub cost: Forecast,
}

/// A convolution in words: `64 -> 128 channels, 3x3, on 1 x 56x56`, and what isn't the default.
pub fn describe<const D: usize>(shape: &ConvShape<D>) -> String {
    let by = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let ConvSpec { stride, padding, dilation, groups } = shape.spec;
    let (c, k) = (shape.c * groups, shape.k * groups);
    let mut text = format!("{c} -> {k} channels, {}, on {} x {}", by(&shape.kernel), shape.n, by(&shape.input));
    for (what, sizes, default) in [("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)] {
        if sizes != [default; D] {
            let same = sizes.iter().all(|&n| n == sizes[0]);
            let sizes = if same { sizes[0].to_string() } else { by(&sizes) };
            write!(text, ", {what} {sizes}").expect("a String takes any text");
        }
    }
    if groups > 1 {
        write!(text, ", {groups} groups").expect("a String takes any text");
    }
    text
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Auto
where
    Field: Dimensions<D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        self.choose(&shape, Pass::Forward).forward(spec, input, weight)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        self.choose(&shape, Pass::GradInput).grad_input(spec, input_shape, weight, grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        self.choose(&shape, Pass::GradWeight).grad_weight(spec, input, weight_shape, grad)
    }
}
