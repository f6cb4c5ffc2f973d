//! Chapter 0: what its program prints and draws is what the book shows, and its operations are right.

#[allow(dead_code)] // the program prints them as well
#[path = "../src/bin/before/ops.rs"]
mod ops;

use proptest::prelude::*;
use std::panic::catch_unwind;
use unrolled::testing::{Program, gradcheck};
use unrolled::{Real, Result, Tensor, Var, init, nn};

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_before"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--strides", "../book/src/figures/strides.svg");
    PROGRAM.assert_draws("--tape", "../book/src/figures/tape.svg");
    PROGRAM.assert_draws("--whole", "../book/src/figures/whole.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--tapes", "a.svg"][..], &["--tape"], &["--measure", "more"], &["--whole", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}

// ANCHOR: adjoint
proptest! {
    #[test]
    fn differences_have_the_gradient_of_their_matrix(
        (x, dy) in (2..20_usize).prop_flat_map(|n| {
            let integers = |n| prop::collection::vec(-9..=9_i32, n);
            (integers(n), integers(n - 1))
        })
    ) {
        let tensor = |numbers: &[i32]| Tensor::from_fn(&[numbers.len()], |i| f64::from(numbers[i]));
        let (x, dy) = (Var::parameter(tensor(&x)?), tensor(&dy)?);
        let y = ops::differences(&x)?;
        y.backward_from(dy.clone())?;
        let dx = x.grad().expect("a gradient");
        prop_assert_eq!(dy.dot(&y.value())?, dx.dot(&x.value())?);
    }
}
// ANCHOR_END: adjoint

// ANCHOR: gradchecks
#[test]
fn the_operations_agree_with_differences() -> Result<()> {
    let random = |shape: &[usize]| init::uniform(shape, 1.0, &mut init::rng(1));
    gradcheck(|x| ops::differences(&x[0]), &[random(&[7])?]);
    gradcheck(|x| ops::transposed(&x[0]), &[random(&[3, 5])?]);
    gradcheck(|x| ops::differences(&nn::mul(&x[0], &x[1])?), &[random(&[7])?, random(&[7])?]);
    Ok(())
}
// ANCHOR_END: gradchecks

#[test]
fn the_operations_refuse_what_they_are_not_for() {
    let parameter = |shape: &[usize]| Var::parameter(Tensor::<f32>::zeros(shape).expect("a small tensor"));
    for shape in [&[][..], &[0], &[1], &[2, 2]] {
        ops::differences(&parameter(shape)).unwrap_err();
    }
    for shape in [&[][..], &[4], &[2, 2, 2]] {
        ops::transposed(&parameter(shape)).unwrap_err();
    }
    let (x, y) = (Var::parameter(3.0), Var::parameter(-2.0));
    ops::square(&(&x * &y)).backward().expect("a number");
    assert_eq!((x.grad(), y.grad()), (Some(24.0), Some(-36.0)));
}

// ANCHOR: bug
/// The gradient comes back with the right shape. Its elements are in the order of `dy`.
fn wrongly_transposed<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let shape = value.shape().to_vec();
    let y = ops::transposed(&Var::constant(value))?.value();
    Ok(Var::op(y).input(x, move |dy| dy.reshape(&shape)).var())
}
// ANCHOR_END: bug

type Operation = fn(&Var<Tensor<f64>>) -> Result<Var<Tensor<f64>>>;

// ANCHOR: weak
#[test]
fn the_gradient_of_a_sum_is_blind_to_the_order() -> Result<()> {
    let gradient_of_the_sum = |operation: Operation| -> Result<_> {
        let x = Var::parameter(Tensor::from_fn(&[2, 3], |i| i as f64)?);
        nn::sum(&operation(&x)?)?.backward()?;
        Ok(x.grad())
    };
    assert_eq!(gradient_of_the_sum(wrongly_transposed)?, gradient_of_the_sum(ops::transposed)?);
    Ok(())
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn a_random_gradient_sees_the_order() -> Result<()> {
    let x = Tensor::from_fn(&[2, 3], |i| i as f64)?;
    let panic = catch_unwind(|| gradcheck(|x| wrongly_transposed(&x[0]), &[x])).expect_err("the bug is found");
    let said = panic.downcast::<String>().expect("a message").replace(": the", ":\nthe");
    assert_eq!(format!("{said}\n"), include_str!("transposed.txt").replace("\r\n", "\n"));
    Ok(())
}
// ANCHOR_END: strong

#[test]
fn the_identity_sees_it_too() -> Result<()> {
    let (x, dy) = (Tensor::from_fn(&[2, 3], |i| i as f64)?, Tensor::from_fn(&[3, 2], |i| (i * i) as f64)?);
    let differ = |operation: Operation| -> Result<bool> {
        let x = Var::parameter(x.clone());
        let y = operation(&x)?;
        y.backward_from(dy.clone())?;
        Ok(dy.dot(&y.value())? != x.grad().expect("a gradient").dot(&x.value())?)
    };
    assert!(differ(wrongly_transposed)? && !differ(ops::transposed)?);
    Ok(())
}
