//! What the exercises of chapter 9 must do.

use crate::max_pool::max_pool as pool;
use crate::momentum::momentum as move_by;
use crate::shift::shift as shifted;
use crate::smoothing::smoothing as loss_and_gradient;
use crate::tanh::tanh as activation;
use unrolled::nn::{self, Pool};
use unrolled::optim::Sgd;
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var, init};

/// Numbers from −`bound` to `bound`.
fn reals(shape: &[usize], bound: f64, seed: u64) -> Tensor<f64> {
    init::uniform(shape, bound, &mut init::rng(seed)).expect("a shape of a test")
}

#[test]
fn smoothing() -> Result<()> {
    for (seed, classes) in [(1, 2), (2, 3), (3, 10), (4, 50)] {
        // Without smoothing it is the loss that the book derives.
        let logits = reals(&[1, classes], 5.0, seed);
        let label = classes / 2;
        let var = Var::parameter(logits.clone());
        let expected = nn::softmax_cross_entropy(&var, &[label])?;
        expected.backward()?;
        let (loss, gradient) = loss_and_gradient(logits.data(), label, 0.0);
        assert!((loss - expected.value().data()[0]).abs() < 1e-12, "{loss}, not {:?}", expected.value());
        assert_eq!(gradient.len(), classes);
        for (got, expected) in gradient.iter().zip(var.grad().expect("a gradient").data()) {
            assert!((got - expected).abs() < 1e-12, "{gradient:?}");
        }
        // With it, the gradient is that of differences.
        let gradient = loss_and_gradient(logits.data(), label, 0.1).1;
        for class in 0..classes {
            let at = |step: f64| {
                let mut moved = logits.data().to_vec();
                moved[class] += step;
                loss_and_gradient(&moved, label, 0.1).0
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!(
                (gradient[class] - difference).abs() < 1e-6,
                "class {class}: {}, not {difference}",
                gradient[class]
            );
        }
    }
    // All alike: the loss is ln K, however it is smoothed.
    assert!((loss_and_gradient(&[7.0; 4], 1, 0.4).0 - 4f64.ln()).abs() < 1e-12);
    let (loss, gradient) = loss_and_gradient(&[1e4, 0.0], 1, 0.5);
    assert!((loss - 7500.0).abs() < 1e-9 && gradient == [0.75, -0.75], "large logits: {loss}, {gradient:?}");
    Ok(())
}

#[test]
fn tanh() -> Result<()> {
    let x = reals(&[3, 4], 2.0, 5);
    let y = activation(&Var::constant(x.clone()))?.value();
    for (x, y) in x.data().iter().zip(y.data()) {
        assert!((x.tanh() - y).abs() < 1e-12);
    }
    gradcheck(|x| activation(&x[0]), &[x]);
    Ok(())
}

#[test]
fn max_pool() -> Result<()> {
    for (seed, [height, width]) in [(1, [2, 2]), (2, [4, 6]), (3, [5, 7])] {
        let x = reals(&[1, 1, height, width], 1.0, seed);
        let var = Var::parameter(x.clone());
        let expected = nn::max_pool(&Pool::new([2, 2]), &var)?;
        let dy = reals(expected.value().shape(), 1.0, !seed);
        expected.backward_from(dy.clone())?;
        let (y, winners) = pool(x.data(), width);
        assert_eq!(y, expected.value().data(), "{height} x {width}");
        let mut dx = vec![0.0; x.len()];
        winners.iter().zip(dy.data()).for_each(|(&winner, dy)| dx[winner] += dy);
        assert_eq!(dx, var.grad().expect("a gradient").data(), "{height} x {width}");
    }
    assert_eq!(pool(&[1.0, 3.0, 3.0, 3.0], 2).1, [1], "the first of equals wins");
    Ok(())
}

#[test]
fn momentum() -> Result<()> {
    for (lr, mu) in [(0.1, 0.0), (0.01, 0.9), (1.0, 0.5)] {
        let start = reals(&[7], 1.0, 11);
        let var = Var::parameter(start.clone());
        let mut sgd = Sgd::new(vec![var.clone()], lr, mu)?;
        let (mut w, mut u) = (start.data().to_vec(), vec![0.0; 7]);
        for step in 0..5 {
            let gradient = reals(&[7], 1.0, step);
            sgd.zero_grad();
            var.backward_from(gradient.clone())?;
            sgd.step()?;
            move_by(&mut w, &mut u, gradient.data(), lr, mu);
            for (got, expected) in w.iter().zip(var.value().data()) {
                assert!((got - expected).abs() < 1e-12, "step {step}, rate {lr}, momentum {mu}");
            }
        }
    }
    Ok(())
}

#[test]
fn shift() {
    let image: Vec<u8> = (1..=12).collect(); // 3 rows of 4
    assert_eq!(shifted(&image, 4, 0, 0), image);
    assert_eq!(shifted(&image, 4, 1, 0), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(shifted(&image, 4, 0, -1), [2, 3, 4, 0, 6, 7, 8, 0, 10, 11, 12, 0]);
    assert_eq!(shifted(&image, 4, -2, 3), [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(shifted(&image, 4, 3, 0), [0; 12]);
    assert_eq!(shifted(&image, 4, 0, -9), [0; 12]);
}
