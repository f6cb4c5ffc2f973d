//! A harness that passes everything is worth nothing: here it meets algorithms with a bug planted.

use ch01_naive::{Naive, flip};
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::{Algorithm, Case, Cases};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// The bugs, each seen in a real library.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    /// grad_weight sees dy backwards.
    FlippedGrad,
    /// Stride and dilation don't change places in grad_weight, where they should.
    StrideForDilation,
    /// The input that no window touches gets something else than zero.
    TailNotZero,
    /// Every group sees the channels of the first.
    GroupsIgnored,
    /// The padding behind the input is forgotten.
    OneSidedPadding,
    /// Bad arguments are an index out of bounds.
    Panics,
}

/// [`Naive`], with a bug.
#[derive(Debug, Clone, Copy)]
struct Buggy(Bug);

impl<T: Real> Convolution<Tensor<T>, 2> for Buggy {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape());
        let shape = if self.0 == Bug::Panics { shape.expect("good arguments") } else { shape? };
        let mut x = x.clone();
        match self.0 {
            Bug::GroupsIgnored => {
                let (image, group) = (spec.groups * shape.c * shape.positions_in(), shape.c * shape.positions_in());
                for image in x.data_mut().chunks_mut(image.max(1)) {
                    (1..spec.groups).for_each(|g| image.copy_within(..group, g * group));
                }
            }
            Bug::OneSidedPadding if shape.input[1] > 0 && spec.padding[1] > 0 => {
                x.data_mut().chunks_mut(shape.input[1]).for_each(|row| row[shape.input[1] - 1] = T::ZERO);
            }
            _ => {}
        }
        Naive.forward(spec, &x, w)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let mut dx = Naive.grad_input(spec, x, w, dy)?;
        let shape = spec.resolve(x, w.shape())?;
        let seen = (shape.output[1] - 1) * spec.stride[1] + (shape.kernel[1] - 1) * spec.dilation[1] + 1;
        if self.0 == Bug::TailNotZero && seen < shape.input[1] + spec.padding[1] && shape.input[1] > 0 {
            dx.data_mut().chunks_mut(shape.input[1]).for_each(|row| row[shape.input[1] - 1] = T::ONE);
        }
        Ok(dx)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let dw = Naive.grad_weight(spec, x, w, dy)?;
        match self.0 {
            Bug::FlippedGrad => Naive.grad_weight(spec, x, w, &flip(dy, 2)),
            Bug::StrideForDilation => {
                let swapped = ConvSpec { stride: spec.dilation, dilation: spec.stride, ..*spec };
                Ok(Naive.grad_weight(&swapped, x, w, dy).unwrap_or(dw)) // where the shapes allow it
            }
            _ => Ok(dw),
        }
    }
}

/// As many cases as it takes, whatever `PROPTEST_CASES` says.
fn cases() -> Cases<2> {
    Cases { count: 256, ..Cases::any() }
}

/// Whether the harness finds a bug, and what it says of it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: weak
#[test]
fn a_gradient_of_ones_is_blind_to_a_flip() -> Result<()> {
    cases().check(|case| {
        let [x, w, dy] = case.integers::<f64>();
        let ones = dy.map(|_| 1.0);
        let right = Naive.grad_weight(&case.shape.spec, &x, w.shape(), &ones)?;
        let wrong = Buggy(Bug::FlippedGrad).grad_weight(&case.shape.spec, &x, w.shape(), &ones)?;
        proptest::prop_assert_eq!(right, wrong, "never, with a gradient of ones");
        Ok(())
    });
    Ok(())
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn a_random_gradient_sees_the_flip() {
    let said = found(|| cases().assert_adjoint(&Buggy(Bug::FlippedGrad))).expect("the bug is found");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("flipped_gradient.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong

#[test]
fn every_planted_bug_is_found() {
    for bug in [Bug::FlippedGrad, Bug::StrideForDilation, Bug::TailNotZero, Bug::GroupsIgnored, Bug::OneSidedPadding] {
        assert!(found(|| cases().assert_agrees(&Buggy(bug), &Naive)).is_some(), "{bug:?}: agreement");
        assert!(found(|| cases().assert_adjoint(&Buggy(bug))).is_some(), "{bug:?}: adjoint identity");
        assert!(found(|| cases().assert_gradcheck(&Buggy(bug))).is_some(), "{bug:?}: differences");
    }
    assert!(found(|| cases().assert_refuses_bad_input(&Buggy(Bug::Panics))).is_some());
}

/// An algorithm of one precision.
struct Single<A>(A);

impl<A: Convolution<Tensor, 2>> Convolution<Tensor, 2> for Single<A> {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        self.0.forward(spec, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor, dy: &Tensor) -> Result<Tensor> {
        self.0.grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor, w: &[usize], dy: &Tensor) -> Result<Tensor> {
        self.0.grad_weight(spec, x, w, dy)
    }
}

#[test]
fn every_planted_bug_is_found_in_one_precision() {
    cases().assert_f32(&Single(Naive), &Single(Naive));
    for bug in [Bug::FlippedGrad, Bug::StrideForDilation, Bug::TailNotZero, Bug::GroupsIgnored, Bug::OneSidedPadding] {
        let said = found(|| cases().assert_f32(&Single(Buggy(bug)), &Naive)).expect("agreement");
        assert!(said.contains("(f32): "), "{said}");
        // A referee with the same bug: what disagrees then are the passes, with each other.
        let said = found(|| cases().assert_f32(&Single(Buggy(bug)), &Single(Buggy(bug)))).expect("adjoint identity");
        assert!(said.contains("(f32) ⟨dy, forward⟩"), "{said}");
    }
    assert!(found(|| cases().assert_f32(&Single(Buggy(Bug::Panics)), &Naive)).is_some());
}

#[test]
fn rounding_is_no_bug_but_the_last_digit_too_many_is() {
    /// Off by a few units in the last place of the largest number, everywhere.
    #[derive(Clone)]
    struct Off(f64);
    impl<T: Real> Convolution<Tensor<T>, 2> for Off {
        fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
            Ok(Naive.forward(spec, x, w)?.map(|y| y * T::of(1.0 + self.0)))
        }
        fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
            Naive.grad_input(spec, x, w, dy)
        }
        fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
            Naive.grad_weight(spec, x, w, dy)
        }
    }
    fn check(algorithm: &impl Algorithm<2>, tolerance: f64) -> bool {
        let rounding = Cases { exact: false, tolerance, ..cases() };
        found(|| rounding.assert_agrees(algorithm, &Naive)).is_none()
    }
    let f64_digit = f64::EPSILON;
    assert!(check(&Off(f64_digit), 2.0));
    assert!(!check(&Off(1e6 * f64_digit), 2.0), "in f32 this is nothing, in f64 it is a bug");
    let check = |off| found(|| Cases { exact: false, ..cases() }.assert_f32(&Off(off), &Naive)).is_none();
    assert!(check(1e6 * f64_digit) && !check(1e3 * f64::from(f32::EPSILON)));
}

#[test]
fn a_failure_is_shrunk_to_a_case_that_can_be_pasted() {
    let said = found(|| cases().assert_adjoint(&Buggy(Bug::GroupsIgnored))).expect("a bug");
    let case = said.rsplit_once("for ").expect("the case").1;
    assert!(case.starts_with("Case { shape: ConvShape { spec: ConvSpec { stride: [1, 1], padding: [0, 0]"), "{case}");
    assert!(case.contains("groups: 2 }, n: 1, c: 1, k: 1,"), "{case}");
}

#[test]
fn cases_are_legal_and_reach_every_corner() {
    fn corners<const D: usize>() {
        let seen = std::cell::RefCell::new([false; 7]);
        Cases::<D> { count: 256, ..Cases::any() }.check(|Case { shape, .. }| {
            let again = shape.spec.resolve(&shape.input_shape(), &shape.weight_shape())?;
            proptest::prop_assert_eq!(&again, shape);
            let any = |f: &dyn Fn(usize) -> bool| (0..D).any(f);
            let now = [
                shape.n == 0,
                shape.spec.groups > 1,
                any(&|a| shape.kernel[a] > shape.spec.stride[a]),
                any(&|a| shape.kernel[a] < shape.spec.stride[a]),
                any(&|a| shape.spec.padding[a] > shape.kernel[a]),
                any(&|a| shape.spec.dilation[a] > 1 && shape.spec.stride[a] > 1),
                any(&|a| {
                    let reach = (shape.kernel[a] - 1) * shape.spec.dilation[a] + 1;
                    !(shape.input[a] + 2 * shape.spec.padding[a] - reach).is_multiple_of(shape.spec.stride[a])
                }),
            ];
            seen.borrow_mut().iter_mut().zip(now).for_each(|(seen, now)| *seen |= now);
            Ok(())
        });
        assert_eq!(seen.into_inner(), [true; 7]);
    }
    corners::<1>();
    corners::<2>();
    corners::<3>();
}
