//! The choice by experiment.

use crate::auto::{Auto, Forecasted, WORTH_TIMING, describe};
use crate::candidates::{Candidate, Dimensions, Field};
use crate::pass::Pass;
use crate::race::race;
use crate::records::{Key, Records, Times};
use std::cell::RefCell;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

/// The convolution that times the candidates when it meets a shape for the first time, and knows from then on.
///
/// What it knows it knows for a shape, a pass, an element type and a number of threads; in memory, for it and its clones, and with
/// [`Tuned::with_file`] in a file, for the next program.
///
/// The first call of each takes as long as some dozens of calls. It needs a clock, which wasm hasn't.
///
/// ```
/// use ch11_choosing::{Auto, Machine, Pass, Tuned};
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let tuned = Tuned::new(Auto::on(Machine::assumed(1)));
/// let spec = ConvSpec::<1>::default();
/// let (x, w) = (Tensor::<f32>::full(&[1, 8, 100], 1.0)?, Tensor::full(&[8, 8, 3], 1.0)?);
/// assert_eq!(tuned.forward(&spec, &x, &w)?.shape(), [1, 8, 98]);
///
/// let shape = spec.resolve(x.shape(), w.shape())?;
/// assert!(tuned.explain::<f32, 1>(&shape, Pass::Forward).contains("timed"));
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Clone)]
pub struct Tuned {
    auto: Auto,
    records: Rc<RefCell<Records>>,
    /// Time for each candidate.
    budget: Duration,
}

impl Tuned {
    /// One that knows nothing yet. From `auto` it has the accuracy that it keeps, and the forecasts by which it decides what is
    /// worth timing.
    pub fn new(auto: Auto) -> Self {
        Self { auto, records: Rc::default(), budget: Duration::from_millis(20) }
    }

    /// One that knows what a file has, and adds to it.
    ///
    /// # Errors
    /// If the file can't be read or written, or isn't one of these, or is damaged. One that isn't there is made.
    pub fn with_file(auto: Auto, path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { records: Rc::new(RefCell::new(Records::of_file(path.as_ref())?)), ..Self::new(auto) })
    }

    /// What became of the file, in a line: how much it knew, or why it was ignored.
    pub fn note(&self) -> String {
        self.records.borrow().note().to_owned()
    }

    fn key<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> Key {
        Key::new::<T, D>(shape, pass, self.auto.tolerance, parallel::threads())
    }

    /// The fastest of the candidates that were timed, if they were.
    pub fn choice<T: Real, const D: usize>(
        &self,
        shape: &ConvShape<D>,
        pass: Pass,
    ) -> Option<&'static dyn Candidate<T, D>>
    where
        Field: Dimensions<D>,
    {
        let records = self.records.borrow();
        let times = records.get(&self.key::<T, D>(shape, pass))?;
        // A file may name what isn't a candidate any more.
        times.iter().find_map(|(name, _)| {
            let named = |candidate: &&&'static dyn Candidate<T, D>| candidate.name() == *name;
            Field::candidates().iter().find(named).copied().filter(|c| self.auto.admits(*c, shape).is_ok())
        })
    }

    /// Computes a pass by the fastest candidate; `call` calls one.
    fn compute<T: Real, const D: usize>(
        &self,
        shape: &ConvShape<D>,
        pass: Pass,
        call: impl Fn(&dyn Candidate<T, D>) -> Result<Tensor<T>>,
    ) -> Result<Tensor<T>>
    where
        Field: Dimensions<D>,
    {
        // ANCHOR: compute
        if let Some(candidate) = self.choice(shape, pass) {
            return call(candidate);
        }
        let worth = self.worth_timing::<T, D>(shape, pass);
        let times = race(worth.len(), self.budget, |i| call(worth[i].candidate).map(drop));
        let mut known = Times::new();
        let mut error = None;
        for (forecasted, time) in worth.iter().zip(times) {
            match time {
                Ok(time) => known.push((forecasted.candidate.name(), time.as_secs_f64() * 1e3)),
                Err(e) => error = Some(e),
            }
        }
        if known.is_empty()
            && let Some(error) = error
        {
            return Err(error);
        }
        self.records.borrow_mut().insert(self.key::<T, D>(shape, pass), known)?;
        call(self.choice(shape, pass).unwrap_or(worth[0].candidate))
        // ANCHOR_END: compute
    }

    /// The candidates that may be the fastest, the best forecast first.
    fn worth_timing<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> Vec<Forecasted<T, D>>
    where
        Field: Dimensions<D>,
    {
        let mut forecasts = self.auto.forecasts(shape, pass);
        let most = WORTH_TIMING * forecasts[0].cost.total();
        forecasts.retain(|f| f.cost.total() <= most);
        forecasts
    }

    /// Why: what was timed, and what wasn't, and for which reason.
    pub fn explain<T: Real, const D: usize>(&self, shape: &ConvShape<D>, pass: Pass) -> String
    where
        Field: Dimensions<D>,
    {
        let records = self.records.borrow();
        let times = records.get(&self.key::<T, D>(shape, pass));
        let mut text = format!("{}, {pass}\n", describe(shape));
        match times {
            None => text += "not timed yet\n",
            Some(times) => {
                writeln!(text, "timed on {} thread(s)          ms", parallel::threads())
                    .expect("a String takes any text");
                for (name, ms) in times {
                    writeln!(text, "{name:20} {ms:14.4}").expect("a String takes any text");
                }
            }
        }
        let worth: Vec<_> = self.worth_timing::<T, D>(shape, pass).iter().map(|f| f.candidate.name()).collect();
        for &candidate in Field::candidates::<T>() {
            let name = candidate.name();
            let reason = match self.auto.admits(candidate, shape) {
                Err(reason) => reason,
                Ok(()) if !worth.contains(&name) => {
                    "isn't timed, as it is forecast to take more than four times the best"
                }
                Ok(()) => continue,
            };
            writeln!(text, "{name:20} {reason}").expect("a String takes any text");
        }
        text
    }
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Tuned
where
    Field: Dimensions<D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        self.compute(&shape, Pass::Forward, |candidate| candidate.forward(spec, input, weight))
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        self.compute(&shape, Pass::GradInput, |candidate| candidate.grad_input(spec, input_shape, weight, grad))
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        self.compute(&shape, Pass::GradWeight, |candidate| candidate.grad_weight(spec, input, weight_shape, grad))
    }
}
