//! Time that runs backwards: what a video that doesn't move can't show, and what the adjoint identity can't.

use ch01_naive::Naive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// [`Naive`] with the last slice of the kernel where the first should be: in `grad_weight` alone, or in all passes.
#[derive(Debug, Clone, Copy)]
struct Backwards {
    everywhere: bool,
}

/// The planes of `[A, B, D, H, W]` in the opposite order.
fn reversed<T: Real>(t: &Tensor<T>) -> Result<Tensor<T>> {
    let &[_, _, depth, h, w] = t.shape() else { panic!("five axes") };
    Tensor::from_fn(t.shape(), |i| {
        let (volume, z, place) = (i / (depth * h * w), i / (h * w) % depth, i % (h * w));
        t.data()[(volume * depth + depth - 1 - z) * h * w + place]
    })
}

impl<T: Real> Convolution<Tensor<T>, 3> for Backwards {
    fn forward(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.forward(spec, x, &if self.everywhere { reversed(w)? } else { w.clone() })
    }
    fn grad_input(&self, spec: &ConvSpec<3>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_input(spec, x, &if self.everywhere { reversed(w)? } else { w.clone() }, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        reversed(&Naive.grad_weight(spec, x, w, dy)?)
    }
}

fn cases() -> Cases<3> {
    Cases { count: 128, ..Cases::any() }
}

/// What the harness says of a bug, if it finds it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: weak
#[test]
fn a_video_of_one_image_is_blind_to_time() {
    let cases = Cases { padding: 0..=0, ..cases() };
    cases.check(|case| {
        let [x, w, dy] = case.integers::<f64>();
        let [depth, h, w_] = case.shape.input;
        // Every frame is the first one of its channel.
        let boring = Tensor::from_fn(x.shape(), |i| x.data()[i / (depth * h * w_) * depth * h * w_ + i % (h * w_)])?;
        let right = Naive.grad_weight(&case.shape.spec, &boring, w.shape(), &dy)?;
        let wrong = Backwards { everywhere: false }.grad_weight(&case.shape.spec, &boring, w.shape(), &dy)?;
        proptest::prop_assert_eq!(right, wrong, "never, where nothing moves");
        Ok(())
    });
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn a_video_that_moves_sees_it() {
    let said = found(|| cases().assert_adjoint(&Backwards { everywhere: false })).expect("the bug is found");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("backwards.txt").replace("\r\n", "\n"));
}

#[test]
fn backwards_in_all_three_passes_is_seen_by_the_referee_alone() {
    cases().assert_adjoint(&Backwards { everywhere: true });
    assert!(found(|| cases().assert_agrees(&Backwards { everywhere: true }, &Naive)).is_some());
}
// ANCHOR_END: strong
