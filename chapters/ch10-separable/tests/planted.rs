//! A bug that shows only at the edge: a bias between two steps, folded into the one behind them.

use ch01_naive::Naive;
use ch10_separable::spatial::{composed, steps};
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Result, Tensor, Var, conv};

/// A column with a bias, then a row: what a framework computes whose layers have biases unless told otherwise.
fn two_steps(spec: &ConvSpec<2>, x: &Tensor, [column, row, bias]: [&Tensor; 3]) -> Result<Tensor> {
    let [first, second] = steps(spec)?;
    let [x, column, row, bias] = [x, column, row, bias].map(|t| Var::constant(t.clone()));
    let middle = conv(&Naive, &first, &x, &column, Some(&bias))?;
    Ok(conv(&Naive, &second, &middle, &row, None)?.value())
}

// ANCHOR: folded
/// The same as one dense convolution, to be faster: the kernels composed, and as the row is linear, the bias of the middle goes
/// through it and becomes a bias in the end, Σ over m, s of row[k, m, s] bias[m].
fn folded(spec: &ConvSpec<2>, x: &Tensor, [column, row, bias]: [&Tensor; 3]) -> Result<Tensor> {
    let each = row.len() / row.shape()[0];
    let width = row.shape()[3];
    let sum = |k: usize| (0..each).map(|i| row.data()[k * each + i] * bias.data()[i / width]).sum();
    let through = Var::constant(Tensor::from_fn(&[row.shape()[0]], sum)?);
    let dense = Var::constant(composed(column, row)?);
    Ok(conv(&Naive, spec, &Var::constant(x.clone()), &dense, Some(&through))?.value())
}
// ANCHOR_END: folded

/// Small integers, in the shapes that a case's kernel has as a column and a row with two channels between them.
fn weights(case: &Case<2>) -> Result<[Tensor; 3]> {
    let (c, k, [r, s]) = (case.shape.c, case.shape.k, case.shape.kernel);
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| ((i as u64 * 7 + case.seed) % 11 % 5) as f32 - 2.0);
    Ok([numbers(&[2, c, r, 1])?, numbers(&[k, 2, 1, s])?, Tensor::new(&[2], vec![1.0, 2.0])?])
}

// ANCHOR: check
fn check(cases: Cases<2>) {
    cases.one_group().check(|case| {
        let ([x, ..], [column, row, bias]) = (case.integers(), weights(case)?);
        let weights = [&column, &row, &bias];
        let (two, one) = (two_steps(&case.shape.spec, &x, weights)?, folded(&case.shape.spec, &x, weights)?);
        assert_eq!(two, one);
        Ok(())
    });
}
// ANCHOR_END: check

fn cases() -> Cases<2> {
    Cases { count: 128, batch: 1..=1, ..Cases::any() }
}

// ANCHOR: weak
#[test]
fn without_padding_it_is_exact() {
    check(Cases { padding: 0..=0, ..cases() });
    check(Cases { padding: 0..=0, size: 12..=12, kernel: [1..=5, 1..=5], ..cases() });
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn with_padding_it_is_wrong_at_the_edge() -> Result<()> {
    assert!(catch_unwind(AssertUnwindSafe(|| check(cases()))).is_err(), "the bug is found");
    // Where: ones everywhere, a kernel of 1 × 3, and a bias of 1 in the middle.
    let spec = ConvSpec { padding: [0, 1], ..ConvSpec::default() };
    let ones = |shape: &[usize]| Tensor::full(shape, 1.0_f32);
    let (x, column, row) = (ones(&[1, 1, 1, 5])?, ones(&[1, 1, 1, 1])?, ones(&[1, 1, 1, 3])?);
    let weights = [&column, &row, &ones(&[1])?];
    assert_eq!(two_steps(&spec, &x, weights)?.data(), [4.0, 6.0, 6.0, 6.0, 4.0]);
    assert_eq!(folded(&spec, &x, weights)?.data(), [5.0, 6.0, 6.0, 6.0, 5.0]);
    Ok(())
}
// ANCHOR_END: strong
