//! What the exercises of chapter 0 must do.

use crate::add_row::add_row as with_row;
use crate::checkpoint::checkpoint as without_inside;
use crate::index_of::index_of as index_at;
use crate::running_sum::running_sum as sums;
use crate::sigmoid::sigmoid as logistic;
use std::cell::Cell;
use std::rc::Rc;
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var, init, nn};

#[test]
fn index_of() -> Result<()> {
    for shape in [&[2, 3, 4][..], &[5], &[1, 7, 1, 2], &[]] {
        let tensor = Tensor::from_fn(shape, |place| place as f64)?;
        for place in 0..tensor.len() {
            let index = index_at(place, shape);
            assert_eq!(tensor.at(&index), Some(place as f64), "place {place} of {shape:?} is at {index:?}");
        }
    }
    Ok(())
}

fn random(shape: &[usize]) -> Result<Tensor<f64>> {
    init::uniform(shape, 2.0, &mut init::rng(3))
}

#[test]
fn sigmoid() -> Result<()> {
    let x = Var::constant(Tensor::new(&[3], vec![0.0, 3.0_f64.ln(), -(3.0_f64.ln())])?);
    let y = logistic(&x)?.value();
    for (y, wanted) in y.data().iter().zip([0.5, 0.75, 0.25]) {
        assert!((y - wanted).abs() < 1e-15, "{y} for {wanted}");
    }
    gradcheck(|x| logistic(&x[0]), &[random(&[3, 4])?]);
    Ok(())
}

/// ⟨dy, y⟩ = ⟨dx, x⟩ for a linear operation, on integers, exactly.
fn assert_adjoint(operation: impl Fn(&Var<Tensor<f64>>) -> Result<Var<Tensor<f64>>>, x: &[f64]) -> Result<()> {
    let x = Var::parameter(Tensor::new(&[x.len()], x.to_vec())?);
    let y = operation(&x)?;
    let dy = Tensor::from_fn(y.value().shape(), |i| (i * i) as f64 - 3.0)?;
    y.backward_from(dy.clone())?;
    let dx = x.grad().expect("a gradient");
    assert_eq!(dy.dot(&y.value())?, dx.dot(&x.value())?, "⟨dy, y⟩ and ⟨dx, x⟩, for x = {}", x.value());
    Ok(())
}

#[test]
fn running_sum() -> Result<()> {
    let x = Var::constant(Tensor::new(&[4], vec![1.0, 2.0, 3.0, 4.0])?);
    assert_eq!(sums(&x)?.value().data(), [1.0, 3.0, 6.0, 10.0]);
    for x in [&[][..], &[5.0], &[1.0, -2.0, 3.0, 7.0, 0.0, 4.0]] {
        assert_adjoint(sums, x)?;
    }
    gradcheck(|x| sums(&x[0]), &[random(&[6])?]);
    assert!(sums(&Var::constant(random(&[2, 2])?)).is_err(), "two axes");
    Ok(())
}

#[test]
fn add_row() -> Result<()> {
    let matrix = Var::constant(Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?);
    let row = Var::constant(Tensor::new(&[3], vec![10.0, 20.0, 30.0])?);
    assert_eq!(with_row(&matrix, &row)?.value().data(), [11.0, 22.0, 33.0, 14.0, 25.0, 36.0]);
    gradcheck(|v| with_row(&v[0], &v[1]), &[random(&[4, 3])?, random(&[3])?]);
    assert!(with_row(&row, &row).is_err(), "a matrix of one axis");
    assert!(with_row(&matrix, &Var::constant(random(&[2])?)).is_err(), "a row of another length");
    Ok(())
}

#[test]
fn checkpoint() -> Result<()> {
    let part = |x: &Var<Tensor<f64>>| nn::mul(&nn::mul(x, x)?, x);
    gradcheck(move |x| without_inside(part, &nn::scale(&x[0], 0.5)?), &[random(&[2, 3])?]);

    // Once forwards, where nothing is recorded, and once more when the gradient comes by.
    let runs = Rc::new(Cell::new(0));
    let counted = {
        let runs = runs.clone();
        move |x: &Var<f64>| {
            runs.set(runs.get() + 1);
            Ok(&(x * x) * x)
        }
    };
    let x = Var::parameter(2.0);
    let y = without_inside(counted, &x)?;
    assert_eq!((y.value(), runs.get()), (8.0, 1), "forwards");
    y.backward()?;
    assert_eq!((x.grad(), runs.get()), (Some(12.0), 2), "backwards");
    Ok(())
}
