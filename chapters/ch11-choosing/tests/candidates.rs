//! What the candidates say of themselves: what they take, how exact they are, and what they cost.

use ch01_naive::Naive;
use ch11_choosing::{Auto, Candidate, Dimensions, Field, Machine, Model, Pass};
use std::cell::Cell;
use unrolled::testing::{Case, Cases};
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// One candidate by its name, where it takes the shape; the referee elsewhere.
#[derive(Clone)]
struct Only<'a> {
    name: &'a str,
    /// How often it was the candidate.
    taken: &'a Cell<usize>,
}

impl Only<'_> {
    fn pick<T: Real, const D: usize>(&self, shape: &ConvShape<D>) -> &'static dyn Candidate<T, D>
    where
        Field: Dimensions<D>,
    {
        let named = Field::candidates::<T>().iter().find(|candidate| candidate.name() == self.name);
        match named.filter(|candidate| candidate.takes(shape).is_ok()) {
            Some(candidate) => {
                self.taken.set(self.taken.get() + 1);
                *candidate
            }
            None => Field::candidates()[0],
        }
    }
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Only<'_>
where
    Field: Dimensions<D>,
{
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        self.pick(&spec.resolve(x.shape(), w.shape())?).forward(spec, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<D>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        self.pick(&spec.resolve(x, w.shape())?).grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        self.pick(&spec.resolve(x.shape(), w)?).grad_weight(spec, x, w, dy)
    }
}

/// Whoever takes a shape computes it, as exactly as it says. The names fit the lists, and each has its turn.
fn keep_their_word<const D: usize>(cases: &[Cases<D>])
where
    Field: Dimensions<D>,
{
    for candidate in Field::candidates::<f32>() {
        let (name, taken) = (candidate.name(), Cell::new(0));
        let only = Only { name: &name, taken: &taken };
        for cases in cases {
            cases.check(|case| {
                let takes = candidate.takes(&case.shape).is_ok();
                let tolerance = if takes { candidate.tolerance(&case.shape) } else { 1.0 };
                // The harness has its checks for many cases; this is one.
                let referee = case.passes(&Naive, &case.reals::<f32>())?;
                let largest = case.passes(&Naive, &case.reals::<f32>().map(|t| t.map(f32::abs)))?;
                let got = case.passes(&only, &case.reals::<f32>())?;
                let terms = [
                    case.shape.taps(),
                    case.shape.k * case.shape.taps() / case.shape.c,
                    case.shape.n * case.shape.positions_out(),
                ];
                for i in 0..3 {
                    let most = largest[i].data().iter().fold(0.0_f32, |most, &x| most.max(x));
                    let forgiven = tolerance as f32 * (terms[i] + 1) as f32 * f32::EPSILON * most;
                    let error = got[i].clone().zip(&referee[i], |a, b| (a - b).abs())?;
                    let worst = error.data().iter().fold(0.0_f32, |most, &x| most.max(x));
                    assert!(worst <= forgiven, "{name}: off by {worst}, {forgiven} is forgiven");
                }
                Ok(())
            });
        }
        assert!(taken.get() > 0, "no case for {name}");
    }
}

#[test]
fn candidates_keep_their_word_on_lines() {
    let any = Cases { count: 24, ..Cases::<1>::any() };
    let dense = Cases { size: 1..=20, count: 24, ..Cases::any() }.stride_one().no_dilation();
    let depthwise = Cases { channels: 1..=1, groups: 1..=5, ..any.clone() };
    let dilated = Cases { count: 24, ..Cases::any() }.stride_one();
    keep_their_word(&[any, dense, depthwise, dilated]);
}

#[test]
fn candidates_keep_their_word_on_images() {
    let any = Cases { count: 24, ..Cases::<2>::any() };
    let dense = Cases { size: 1..=20, count: 24, ..Cases::any() }.stride_one().no_dilation();
    let depthwise = Cases { channels: 1..=1, groups: 1..=5, ..any.clone() };
    let dilated = Cases { count: 24, ..Cases::any() }.stride_one();
    keep_their_word(&[any, dense, depthwise, dilated]);
}

#[test]
fn candidates_keep_their_word_on_volumes() {
    let any = Cases { count: 16, ..Cases::<3>::any() };
    let dense = Cases { count: 16, ..Cases::any() }.stride_one().no_dilation();
    let depthwise = Cases { channels: 1..=1, groups: 1..=5, ..any.clone() };
    let dilated = Cases { count: 16, ..Cases::any() }.stride_one();
    keep_their_word(&[any, dense, depthwise, dilated]);
}

/// A forecast is a time: above 0, and longer for two images than for one, whatever the shape.
fn forecasts_are_times<const D: usize>()
where
    Field: Dimensions<D>,
{
    let model = Model::new::<f32>(Machine::assumed(1));
    Cases { batch: 1..=3, ..Cases::<D>::any() }.check(|case| {
        let twice = ConvShape { n: 2 * case.shape.n, ..case.shape };
        for candidate in Field::candidates::<f32>() {
            if candidate.takes(&case.shape).is_err() {
                continue;
            }
            for pass in Pass::ALL {
                let [one, two] = [case.shape, twice].map(|shape| candidate.cost(&shape, pass, &model).total());
                assert!(one > 0.0 && one.is_finite(), "{}, {pass}: {one}", candidate.name());
                assert!(two >= one, "{}, {pass}: {one} for one, {two} for two", candidate.name());
            }
        }
        Ok(())
    });
}

#[test]
fn forecasts_are_times_in_every_dimension() {
    forecasts_are_times::<1>();
    forecasts_are_times::<2>();
    forecasts_are_times::<3>();
}

/// No shape that the contract allows makes a candidate panic before it computes anything.
#[test]
fn extreme_shapes_are_refused_or_forecast() -> Result<()> {
    let model = Model::new::<f32>(Machine::assumed(2));
    let far = 1 << 50;
    for (stride, padding, dilation, kernel, n) in
        [(1 << 40, 0, 1, 3, 1), (far, far, far, 2, 1), (1, far, 2 * far, 2, 1), (7, 100, 200, 2, 0), (1, 2, 1, 9, 0)]
    {
        let spec = ConvSpec { stride: [stride], padding: [padding], dilation: [dilation], groups: 2 };
        let shape = spec.resolve(&[n, 4, 9], &[6, 2, kernel])?;
        for candidate in Field::candidates::<f32>() {
            if candidate.takes(&shape).is_ok() {
                let finite = Pass::ALL.iter().all(|&pass| candidate.cost(&shape, pass, &model).total().is_finite());
                assert!(finite, "{}: {shape:?}", candidate.name());
            }
        }
        // Somebody computes it.
        let [x, w, dy] = Case { shape, seed: 5 }.integers::<f32>();
        let auto = Auto { tolerance: 1.0, ..Auto::on(Machine::assumed(1)) };
        assert_eq!(auto.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
        assert_eq!(auto.grad_input(&spec, x.shape(), &w, &dy)?, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
        assert_eq!(auto.grad_weight(&spec, &x, w.shape(), &dy)?, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
    }
    Ok(())
}

/// The ideas of which the constants are made, as inequalities.
#[test]
fn the_model_knows_what_costs() {
    let model = Model::new::<f32>(Machine::assumed(1));
    let time = |forecast: ch11_choosing::Forecast| forecast.total();
    // A product of few rows takes longer than its share of one of many: it loads as much.
    assert!(time(model.product(1, 480, 256)) > 1.5 * time(model.product(64, 480, 256)) / 64.0);
    // A short depth brings results to the registers and back for little.
    assert!(time(model.product(64, 64, 8)) > 1.5 * time(model.product(64, 64, 256)) / 32.0);
    // Many short lines take longer than few long ones; `f64` takes longer than `f32`; and what doesn't fit into a cache comes
    // from further away.
    assert!(time(model.lines(64.0, 8)) > time(model.lines(8.0, 64)));
    assert!(time(Model::new::<f64>(Machine::assumed(1)).product(64, 64, 64)) > 1.5 * time(model.product(64, 64, 64)));
    assert!(time(model.streamed(1e6, 1e8)) > time(model.streamed(1e6, 1e6)));
    // Two threads halve the work, and not the hand-over.
    let two = Model::new::<f32>(Machine::assumed(2));
    assert!((time(two.product(64, 64, 64)) - time(model.product(64, 64, 64)) / 2.0).abs() < 1e-12);
    assert!(time(two.call(1, 0)) > time(model.call(1, 0)));
    assert!((time(two.serial(two.product(64, 64, 64))) - time(model.product(64, 64, 64))).abs() < 1e-12);
}
