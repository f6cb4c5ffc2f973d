//! Bugs of sub-grids, planted: which tests find them, and which don't.

use ch01_naive::Naive;
use ch04_dilated::SubGrids;
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    /// The sub-grids of all images go in phase by phase, and come out image by image.
    Order,
    /// Where a phase has an output fewer than others, its gradient isn't zero there, but what came last.
    Surplus,
}

/// `Dilated(Naive)`, with a bug.
#[derive(Debug, Clone, Copy)]
struct Buggy(Bug);

type Grids = (ConvSpec<2>, SubGrids<2>, SubGrids<2>);

impl Buggy {
    fn split(shape: &ConvShape<2>) -> Result<Grids> {
        let (x, y) = SubGrids::of(shape)?;
        Ok((ConvSpec { groups: shape.spec.groups, ..ConvSpec::default() }, x, y))
    }

    // ANCHOR: order
    /// The sub-grids of a tensor: of images n and phases p, part n + p N. It should be n P + p.
    fn gather<T: Real>(self, grids: &SubGrids<2>, whole: &Tensor<T>) -> Result<Tensor<T>> {
        let parts = grids.gather(whole)?;
        let images = whole.shape()[0];
        let phases = parts.shape()[0].checked_div(images).unwrap_or(0);
        let part: usize = parts.shape()[1..].iter().product();
        Tensor::from_fn(parts.shape(), |i| {
            let (n, p) = (i / part % images, i / part / images);
            let of = if self.0 == Bug::Order { n * phases + p } else { i / part };
            parts.data()[of * part + i % part]
        })
    }
    // ANCHOR_END: order

    /// The sub-grids of the gradient, with the surplus of each line filled by what came last in it.
    fn gather_grad<T: Real>(self, grids: &SubGrids<2>, grad: &Tensor<T>) -> Result<Tensor<T>> {
        if self.0 != Bug::Surplus {
            return self.gather(grids, grad);
        }
        let (mut parts, mask) = (grids.gather(grad)?, grids.gather(&grad.clone().map(|_| T::ONE))?);
        for i in 1..parts.len() {
            if mask.data()[i] == T::ZERO {
                parts.data_mut()[i] = parts.data()[i - 1];
            }
        }
        Ok(parts)
    }
}

impl<T: Real> Convolution<Tensor<T>, 2> for Buggy {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let (dense, input, output) = Self::split(&spec.resolve(x.shape(), w.shape())?)?;
        output.scatter(&Naive.forward(&dense, &self.gather(&input, x)?, w)?)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let (dense, input, output) = Self::split(&spec.resolve_grad(x, w.shape(), dy.shape())?)?;
        input.scatter(&Naive.grad_input(&dense, &input.parts_shape(), w, &self.gather_grad(&output, dy)?)?)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let (dense, input, output) = Self::split(&spec.resolve_grad(x.shape(), w, dy.shape())?)?;
        Naive.grad_weight(&dense, &self.gather(&input, x)?, w, &self.gather_grad(&output, dy)?)
    }
}

/// As many cases as it takes, whatever `PROPTEST_CASES` says.
fn cases() -> Cases<2> {
    Cases { count: 256, ..Cases::any() }.stride_one()
}

/// Whether the harness finds a bug, and what it says of it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: weak
#[test]
fn one_image_doesn_t_see_the_order() {
    let one = Cases { batch: 0..=1, ..cases() };
    one.assert_agrees(&Buggy(Bug::Order), &Naive);
    one.assert_adjoint(&Buggy(Bug::Order));
}

#[test]
fn round_sizes_don_t_see_the_surplus() -> Result<()> {
    // 8 × 8, 16 × 16, 32 × 32, padded to the same size, at dilations 2 and 4; random gradients.
    for (size, dilation) in [8, 16, 32].into_iter().flat_map(|size| [(size, 2), (size, 4)]) {
        let spec = ConvSpec::new([1, 1], [dilation; 2], [dilation; 2], 1)?;
        let case = Case { shape: spec.resolve(&[3, 2, size, size], &[4, 2, 3, 3])?, seed: size as u64 };
        let data = case.integers::<f64>();
        assert_eq!(case.passes(&Buggy(Bug::Surplus), &data)?, case.passes(&Naive, &data)?);
    }
    Ok(())
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn random_cases_see_both() {
    let order = found(|| cases().assert_adjoint(&Buggy(Bug::Order))).expect("two images are enough");
    assert!(order.contains("n: 2,"), "{order}");
    let surplus = found(|| cases().assert_adjoint(&Buggy(Bug::Surplus))).expect("some outputs don't divide");
    let shown = format!("{}\n\n{}\n", text(&order), text(&surplus));
    assert_eq!(shown, include_str!("planted.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong

/// What the harness says, in lines: first what is wrong, then the smallest case.
fn text(said: &str) -> String {
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    format!("{said}\nfor {case}")
}

#[test]
fn every_planted_bug_is_found() {
    for bug in [Bug::Order, Bug::Surplus] {
        assert!(found(|| cases().assert_agrees(&Buggy(bug), &Naive)).is_some(), "{bug:?}: agreement");
        assert!(found(|| cases().assert_gradcheck(&Buggy(bug))).is_some(), "{bug:?}: differences");
    }
}
