//! Channels side by side, and apart again.

mod common;

use ch08_shuffle::concat;
use common::integers;
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var, nn};

fn shape(n: usize, channels: usize, positions: &[usize]) -> Vec<usize> {
    [&[n, channels], positions].concat()
}

#[test]
fn joins_in_any_rank_and_takes_apart_exactly() -> Result<()> {
    for (n, positions) in [(3, &[][..]), (2, &[5]), (2, &[3, 4]), (1, &[2, 3, 2]), (0, &[3]), (2, &[0])] {
        for channels in [&[2][..], &[1, 3], &[4, 2, 1], &[2, 0, 3], &[0, 0]] {
            let xs: Vec<Tensor> =
                channels.iter().enumerate().map(|(i, &c)| integers(&shape(n, c, positions), i as u64)).collect();
            let vars: Vec<_> = xs.iter().cloned().map(Var::parameter).collect();
            let y = concat(&vars.iter().collect::<Vec<_>>())?;
            assert_eq!(y.value().shape(), shape(n, channels.iter().sum(), positions));

            let dy = integers(y.value().shape(), 9);
            y.backward_from(dy.clone())?;
            let (mut start, size) = (0, positions.iter().product::<usize>());
            let mut sum = 0.0;
            for (x, var) in xs.iter().zip(&vars) {
                let c = x.shape()[1];
                let dx = var.grad().expect("y was made from it");
                assert_eq!(dx.shape(), x.shape());
                for i in 0..x.len() {
                    let (image, rest) = (i / (c * size), i % (c * size));
                    let j = (image * y.value().shape()[1] + start) * size + rest;
                    assert_eq!([y.value().data()[j], dy.data()[j]], [x.data()[i], dx.data()[i]]);
                }
                sum += dx.dot(x)?;
                start += c;
            }
            assert_eq!(dy.dot(&y.value())?, sum);
        }
    }
    Ok(())
}

#[test]
fn has_the_gradient_of_its_differences() {
    let parts = [integers(&[2, 2, 3], 1), integers(&[2, 1, 3], 2), integers(&[2, 3, 3], 3)];
    gradcheck(|x| concat(&[&x[0], &x[1], &x[2]]), &parts);
    gradcheck(|x| concat(&[&x[0], &x[1], &x[0]]), &parts[..2]); // one that comes twice
}

#[test]
fn an_input_without_gradient_costs_none() -> Result<()> {
    let (a, b) = (Var::constant(integers::<f32>(&[2, 1], 1)), Var::parameter(integers(&[2, 2], 2)));
    nn::sum(&concat(&[&a, &b])?)?.backward()?;
    assert_eq!((a.grad(), b.grad()), (None, Some(Tensor::full(&[2, 2], 1.0)?)));
    Ok(())
}

#[test]
fn refuses_what_does_not_fit() -> Result<()> {
    let refused = |shapes: &[&[usize]], starts: &str| -> Result<()> {
        let vars = shapes.iter().map(|s| Ok(Var::parameter(Tensor::<f32>::zeros(s)?))).collect::<Result<Vec<_>>>()?;
        let message = concat(&vars.iter().collect::<Vec<_>>()).expect_err("bad input").to_string();
        assert!(message.starts_with(starts) && message.lines().count() == 1, "{message}");
        Ok(())
    };
    refused(&[], "inputs: got [], expected at least one")?;
    refused(&[&[2]], "input 0: got [2], expected at least two axes")?;
    refused(&[&[2, 3], &[]], "input 1: got []")?;
    refused(&[&[2, 3, 4], &[2, 3]], "input 1: got [2, 3]")?;
    refused(&[&[2, 3, 4], &[1, 3, 4]], "input 1: got [1, 3, 4]")?;
    refused(&[&[2, 3, 4], &[2, 1, 4], &[2, 3, 5]], "input 2: got [2, 3, 5], expected the shape of input 0, [2, 3, 4]")?;
    // Each is empty, so that it can exist; together they have more channels than can be counted.
    let many = vec![&[0, 1 << 59][..]; 33];
    refused(&many, "shape: got [0, ")
}
