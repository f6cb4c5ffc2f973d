//! What every convolution of the book is held to.
//!
//! Three kinds of check find three kinds of bug. *Agreement* with a referee: the right numbers. The
//! *adjoint identity*: a forward pass and gradients that belong together, without any referee. And
//! *differences*: the gradients are those of what the tape really runs, its bias included.

use super::{Case, Cases, gradcheck};
use crate::conv::{ConvSpec, Convolution, conv};
use crate::error::Result;
use crate::real::Real;
use crate::tensor::Tensor;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::any::type_name;
use std::ops::RangeInclusive;

/// An algorithm that can be checked: one for `f32` and for `f64`, that the tape can keep.
pub trait Algorithm<const D: usize>:
    Convolution<Tensor<f32>, D> + Convolution<Tensor<f64>, D> + Clone + 'static
{
}
impl<const D: usize, A> Algorithm<D> for A where
    A: Convolution<Tensor<f32>, D> + Convolution<Tensor<f64>, D> + Clone + 'static
{
}

impl<const D: usize> Cases<D> {
    /// Runs every check below.
    ///
    /// # Panics
    /// If one fails.
    pub fn assert_all(&self, algorithm: &impl Algorithm<D>, referee: &impl Algorithm<D>) {
        self.assert_agrees(algorithm, referee);
        self.assert_adjoint(algorithm);
        self.assert_gradcheck(algorithm);
        self.assert_refuses_bad_input(algorithm);
    }

    /// The checks of an algorithm of one precision, such as a GPU's: [agreement](Self::assert_agrees) with the
    /// referee, the [adjoint identity](Self::assert_adjoint), and the [refusal of bad
    /// input](Self::assert_refuses_bad_input), in `f32` alone.
    ///
    /// Differences have no place among them: `f32` is too coarse, and the two identities already say that the
    /// gradients are right.
    ///
    /// # Panics
    /// If one fails.
    pub fn assert_f32(&self, algorithm: &impl Convolution<Tensor, D>, referee: &impl Convolution<Tensor, D>) {
        self.check(|case| {
            self.agrees(case, algorithm, referee, f32::EPSILON.into())?;
            self.adjoint(case, algorithm, f32::EPSILON.into())
        });
        self.refuses_bad_input(algorithm);
    }

    /// The output and both gradients are those of `referee`, in `f32` and `f64`: on integers exactly
    /// (if the algorithm is [`exact`](Self::exact)), on other numbers up to rounding.
    ///
    /// A sum of m products, added in any order, is wrong by at most m ε/2 Σ|aᵢ||bᵢ|. So two of them
    /// may differ by twice that, and Σ|aᵢ||bᵢ| is a convolution too, of absolute values. Hence each
    /// element may be off by (m + 1) ε conv(|x|, |w|), and no more: an error in one small element can't hide
    /// behind a large one. With a [`tolerance`](Self::tolerance) above 1 it may be off by that many times the
    /// largest of these bounds: an algorithm that isn't the plain sum mixes neighbours, and with them their errors.
    ///
    /// # Panics
    /// If they aren't.
    pub fn assert_agrees(&self, algorithm: &impl Algorithm<D>, referee: &impl Algorithm<D>) {
        self.check(|case| {
            self.agrees::<f32>(case, algorithm, referee, f32::EPSILON.into())?;
            self.agrees::<f64>(case, algorithm, referee, f64::EPSILON)
        });
    }

    fn agrees<T: Real>(
        &self,
        case: &Case<D>,
        algorithm: &impl Convolution<Tensor<T>, D>,
        referee: &impl Convolution<Tensor<T>, D>,
        epsilon: f64,
    ) -> TestCaseResult {
        let terms = case.terms();
        for (exact, data) in [(self.exact, case.integers::<T>()), (false, case.reals())] {
            let most = case.passes(referee, &data.clone().map(|t| t.map(|x| if x < T::ZERO { -x } else { x })))?;
            let (got, expected) = (case.passes(algorithm, &data)?, case.passes(referee, &data)?);
            for (i, name) in ["forward", "grad_input", "grad_weight"].into_iter().enumerate() {
                prop_assert_eq!(got[i].shape(), expected[i].shape(), "{} ({}): the shape", name, type_name::<T>());
                let forgiven = if exact { 0.0 } else { self.tolerance * (terms[i] + 1) as f64 * epsilon };
                let largest = most[i].data().iter().fold(0.0, |largest, m| m.f64().max(largest));
                for (j, &g) in got[i].data().iter().enumerate() {
                    let most = if self.tolerance > 1.0 { largest } else { most[i].data()[j].f64() };
                    let (e, most) = (expected[i].data()[j], forgiven * most);
                    prop_assert!(
                        (g.f64() - e.f64()).abs() <= most, // false for NaN
                        "{name} ({}): element {j} of {:?} is {g}, the referee has {e}, and {most:.0e} is forgiven",
                        type_name::<T>(),
                        got[i].shape(),
                    );
                }
            }
        }
        Ok(())
    }

    /// ⟨dy, conv(x, w)⟩ = ⟨grad_input(w, dy), x⟩ = ⟨grad_weight(x, dy), w⟩: the identity that defines
    /// the two gradients, in `f32` and `f64`.
    ///
    /// All data are small integers, and every sum stays below 2²⁴, so that floating point is exact and
    /// the three numbers are equal with `==`: no tolerance for a bug to hide in. (An algorithm that
    /// isn't [`exact`](Self::exact) gets its tolerance.) And dy is random, for a dy of ones is blind: it
    /// looks the same when flipped, transposed or reordered, and so does the gradient made from it.
    ///
    /// # Panics
    /// If they differ.
    pub fn assert_adjoint(&self, algorithm: &impl Algorithm<D>) {
        self.check(|case| {
            self.adjoint::<f32>(case, algorithm, f32::EPSILON.into())?;
            self.adjoint::<f64>(case, algorithm, f64::EPSILON)
        });
    }

    fn adjoint<T: Real>(
        &self,
        case: &Case<D>,
        algorithm: &impl Convolution<Tensor<T>, D>,
        epsilon: f64,
    ) -> TestCaseResult {
        let [x, w, dy] = case.integers::<T>();
        let [y, dx, dw] = case.passes(algorithm, &[x.clone(), w.clone(), dy.clone()])?;
        let dot = |a: &Tensor<T>, b: &Tensor<T>| a.cast::<f64>().dot(&b.cast());
        let [a, b, c] = [dot(&dy, &y)?, dot(&dx, &x)?, dot(&dw, &w)?];
        // As in `agrees`, summed over the output; no product of three elements is above 27.
        let longest = case.terms().into_iter().max().unwrap_or(0) + 1;
        let rounding = longest as f64 * epsilon * 27.0 * case.shape.flops() / 2.0;
        let most = if self.exact { 0.0 } else { self.tolerance * rounding };
        prop_assert!(
            (a - b).abs() <= most && (a - c).abs() <= most,
            "({}) ⟨dy, forward⟩ = {a}, ⟨grad_input, x⟩ = {b}, ⟨grad_weight, w⟩ = {c} are not the same",
            type_name::<T>()
        );
        Ok(())
    }

    /// The differentiable [`conv`](fn@conv) made of the algorithm, with bias, has the gradients that
    /// central differences in `f64` give. On fewer and smaller cases: it takes two forward passes for
    /// each element of the input.
    ///
    /// # Panics
    /// If it hasn't.
    pub fn assert_gradcheck(&self, algorithm: &impl Algorithm<D>) {
        let cap =
            |range: &RangeInclusive<usize>, most: usize| *range.start()..=most.clamp(*range.start(), *range.end());
        let small = Self {
            batch: cap(&self.batch, 2),
            groups: cap(&self.groups, 2),
            channels: cap(&self.channels, 2),
            kernel: self.kernel.clone().map(|kernel| cap(&kernel, 3)),
            size: cap(&self.size, 5),
            count: self.count.div_ceil(8),
            ..self.clone()
        };
        small.check(|case| {
            let [x, w, _] = case.reals();
            let bias = Tensor::from_fn(&[w.shape()[0]], |k| k as f64)?;
            gradcheck(|v| conv(algorithm, &case.shape.spec, &v[0], &v[1], Some(&v[2])), &[x, w, bias]);
            Ok(())
        });
    }

    /// What a caller can get wrong comes back as an error with a message of one line, from each of
    /// the three passes: no panic, no result.
    ///
    /// # Panics
    /// If it doesn't.
    pub fn assert_refuses_bad_input(&self, algorithm: &impl Algorithm<D>) {
        self.refuses_bad_input::<f64>(algorithm);
    }

    fn refuses_bad_input<T: Real>(&self, algorithm: &impl Convolution<Tensor<T>, D>) {
        Self { count: self.count.div_ceil(8), ..self.clone() }.check(|case| refuses_bad_input(algorithm, case));
    }
}

fn refuses_bad_input<T: Real, const D: usize>(
    algorithm: &impl Convolution<Tensor<T>, D>,
    case: &Case<D>,
) -> TestCaseResult {
    let (good, p) = (case.shape.spec, case.shape);
    let [x, w, y] = [p.input_shape(), p.weight_shape(), p.output_shape()];
    let zeros = Tensor::<T>::zeros;
    let with = |shape: &[usize], axis: usize, size: usize| {
        let mut shape = shape.to_vec();
        shape[axis] = size;
        shape
    };
    let longer = |shape: &[usize]| [shape, &[1]].concat();
    let refused = |what: &str, result: Result<Tensor<T>>| match result {
        Ok(_) => Err(TestCaseError::fail(format!("{what}: accepted"))),
        Err(e) => {
            let text = e.to_string();
            prop_assert!(!text.is_empty() && !text.contains('\n'), "{what}: the message is {text:?}");
            Ok(())
        }
    };

    // Each entry is the good case with one thing wrong.
    let mut bad = vec![
        ("no groups", ConvSpec { groups: 0, ..good }, x.clone(), w.clone()),
        ("more groups than channels", ConvSpec { groups: x[1] + 1, ..good }, x.clone(), w.clone()),
        ("an input with an axis too few", good, x[1..].to_vec(), w.clone()),
        ("an input with an axis too many", good, longer(&x), w.clone()),
        ("a weight with an axis too few", good, x.clone(), w[1..].to_vec()),
        ("a weight with an axis too many", good, x.clone(), longer(&w)),
        ("an input without channels", good, with(&x, 1, 0), w.clone()),
        ("an input with a channel too many", good, with(&x, 1, x[1] + 1), w.clone()),
        ("a weight for another number of channels", good, x.clone(), with(&w, 1, w[1] + 1)),
        ("a weight without output channels", good, x.clone(), with(&w, 0, 0)),
    ];
    if good.groups > 1 {
        bad.push(("output channels that groups don't divide", good, x.clone(), with(&w, 0, w[0] + 1)));
    }
    for axis in 0..D {
        let spec = |change: fn(&mut ConvSpec<D>, usize)| {
            let mut spec = good;
            change(&mut spec, axis);
            spec
        };
        bad.push(("a stride of 0", spec(|s, axis| s.stride[axis] = 0), x.clone(), w.clone()));
        bad.push(("a dilation of 0", spec(|s, axis| s.dilation[axis] = 0), x.clone(), w.clone()));
        bad.push(("a padding that overflows", spec(|s, axis| s.padding[axis] = usize::MAX), x.clone(), w.clone()));
        bad.push(("a kernel without taps", good, x.clone(), with(&w, axis + 2, 0)));
        let taps = p.input[axis] + 2 * good.padding[axis] + 1;
        bad.push(("a kernel larger than the padded input", good, x.clone(), with(&w, axis + 2, taps)));
    }
    for (what, spec, x, w) in bad {
        refused(what, algorithm.forward(&spec, &zeros(&x)?, &zeros(&w)?))?;
        refused(what, algorithm.grad_input(&spec, &x, &zeros(&w)?, &zeros(&y)?))?;
        refused(what, algorithm.grad_weight(&spec, &zeros(&x)?, &w, &zeros(&y)?))?;
    }

    for grad in [with(&y, D + 1, y[D + 1] + 1), y[1..].to_vec(), longer(&y)] {
        let what = "a gradient of another shape than the output";
        refused(what, algorithm.grad_input(&good, &x, &zeros(&w)?, &zeros(&grad)?))?;
        refused(what, algorithm.grad_weight(&good, &zeros(&x)?, &w, &zeros(&grad)?))?;
    }
    // Sizes that no tensor can have, but a shape can.
    for axis in 0..D + 2 {
        let what = "a shape whose product overflows";
        refused(what, algorithm.grad_input(&good, &with(&x, axis, usize::MAX), &zeros(&w)?, &zeros(&y)?))?;
        refused(what, algorithm.grad_weight(&good, &zeros(&x)?, &with(&w, axis, usize::MAX), &zeros(&y)?))?;
    }
    Ok(())
}
