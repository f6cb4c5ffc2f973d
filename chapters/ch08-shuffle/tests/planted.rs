//! A gradient that shuffles again instead of back: right where a group has as many channels as there are groups.

mod common;

use ch01_naive::Naive;
use ch08_shuffle::Shuffle;
use common::integers;
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// As `Shuffled(Naive)`, with gradients that are shuffled by the groups, where they should be by the way back.
#[derive(Clone)]
struct ShuffledAgain;

fn again<T: Real>(t: &Tensor<T>, groups: usize) -> Result<Tensor<T>> {
    Shuffle::new(t.shape()[1], groups)?.apply(t)
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for ShuffledAgain {
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        again(&Naive.forward(spec, x, w)?, spec.groups)
    }
    fn grad_input(&self, spec: &ConvSpec<D>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_input(spec, x, w, &again(dy, spec.groups)?)
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_weight(spec, x, w, &again(dy, spec.groups)?)
    }
}

// ANCHOR: weak
#[test]
fn square_tables_are_blind_to_the_direction() -> Result<()> {
    for groups in 1..=6 {
        let channels = groups * groups;
        let (x, dy) = (integers::<f64>(&[2, channels, 3], 1), integers(&[2, channels, 3], 2));
        let shuffle = Shuffle::new(channels, groups)?;
        let wrong = shuffle.apply(&dy)?; // not shuffle.inverse()
        assert_eq!(dy.dot(&shuffle.apply(&x)?)?, wrong.dot(&x)?, "the adjoint identity holds");
    }
    Ok(())
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn other_tables_see_it() {
    let check = || Cases { groups: 1..=4, ..Cases::<1>::any() }.assert_adjoint(&ShuffledAgain);
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("the bug is found");
    let said = *panic.downcast::<String>().expect("a message");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("again.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong
