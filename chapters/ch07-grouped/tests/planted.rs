//! A bug that two of three checks can't see: output channels dealt out to the groups in turns.

use ch01_naive::Naive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

// ANCHOR: bug
/// A grouped convolution in which output channel k belongs to group k mod G, where the definition says k / (K/G).
#[derive(Debug, Clone, Copy)]
struct InTurns;

/// The channels of axis `axis`, of which there are `groups` times `each`: channel j · groups + g goes to g · each + j.
/// With `each` and `groups` exchanged, the way back.
fn dealt<T: Real>(tensor: &Tensor<T>, axis: usize, groups: usize, each: usize) -> Result<Tensor<T>> {
    let size: usize = tensor.shape()[axis + 1..].iter().product();
    let channels = groups * each;
    Tensor::from_fn(tensor.shape(), |i| {
        let (outer, to, inner) = (i / (size * channels), i / size % channels, i % size);
        let (g, j) = (to / each, to % each);
        tensor.data()[(outer * channels + j * groups + g) * size + inner]
    })
}
// ANCHOR_END: bug

// ANCHOR: passes
impl<T: Real> Convolution<Tensor<T>, 2> for InTurns {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let (groups, each) = (spec.groups, spec.resolve(x.shape(), w.shape())?.k);
        let y = Naive.forward(spec, x, &dealt(w, 0, groups, each)?)?;
        dealt(&y, 1, each, groups)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let (groups, each) = (spec.groups, spec.resolve_grad(x, w.shape(), dy.shape())?.k);
        Naive.grad_input(spec, x, &dealt(w, 0, groups, each)?, &dealt(dy, 1, groups, each)?)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let (groups, each) = (spec.groups, spec.resolve_grad(x.shape(), w, dy.shape())?.k);
        let dw = Naive.grad_weight(spec, x, w, &dealt(dy, 1, groups, each)?)?;
        dealt(&dw, 0, each, groups)
    }
}
// ANCHOR_END: passes

/// As many cases as it takes, whatever `PROPTEST_CASES` says.
fn cases() -> Cases<2> {
    Cases { count: 256, ..Cases::any() }
}

// ANCHOR: weak
#[test]
fn three_passes_with_one_bug_agree_with_each_other() {
    cases().assert_adjoint(&InTurns);
    cases().assert_gradcheck(&InTurns);
    // And with the definition as well, where a group has one output channel, or all of them.
    Cases { channels: 1..=1, groups: 1..=5, ..cases() }.assert_agrees(&InTurns, &Naive);
    cases().one_group().assert_agrees(&InTurns, &Naive);
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn only_the_referee_sees_it() {
    let check = || cases().assert_agrees(&InTurns, &Naive);
    let said = catch_unwind(AssertUnwindSafe(check)).expect_err("the bug is found");
    let said = said.downcast::<String>().expect("a message");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("in_turns.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong
