//! The parts as one writes them first compute what the crate's do.

use ch09_lenet::steps;
use unrolled::nn::{self, Cpu};
use unrolled::optim::{Adam, Sgd};
use unrolled::{Result, Tensor, Var, init};

fn reals(shape: &[usize], seed: u64) -> Tensor {
    init::uniform(shape, 4.0, &mut init::rng(seed)).expect("a shape of a test")
}

#[track_caller]
fn near(got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= 2e-6 * e.abs().max(1.0), "{got:?}, not {expected:?}");
    }
}

#[test]
fn pooling() -> Result<()> {
    for (input, output) in [(10, 5), (24, 14), (4, 3), (3, 4), (7, 1), (1, 1)] {
        let x = Var::parameter(reals(&[1, 1, input], 1));
        let y = nn::adaptive_avg_pool([output], &x)?;
        let dy = reals(&[1, 1, output], 2);
        y.backward_from(dy.clone())?;
        near(&steps::pool(x.value().data(), output), y.value().data());
        near(&steps::pool_grad(dy.data(), input), x.grad().expect("a gradient").data());
    }
    Ok(())
}

#[test]
fn the_loss() -> Result<()> {
    for classes in [1, 2, 10, 33] {
        let x = Var::parameter(reals(&[1, classes], 3));
        let loss = nn::softmax_cross_entropy(&x, &[classes / 2])?;
        loss.backward()?;
        let (got, gradient) = steps::cross_entropy(x.value().data(), classes / 2);
        near(&[got], loss.value().data());
        near(&gradient, x.grad().expect("a gradient").data());
        near(&steps::softmax_as_written(x.value().data()), nn::softmax(&x.value())?.data());
    }
    Ok(())
}

#[test]
fn optimisers() -> Result<()> {
    let (mut a, mut u, mut b, mut m, mut v) = (0.5, 0.0, 0.5, 0.0, 0.0);
    let start = || Tensor::new(&[1], vec![0.5f32]).map(Var::parameter);
    let [x, y] = [start()?, start()?];
    let mut sgd = Sgd::new(vec![x.clone()], 0.1, 0.9)?;
    let mut adam = Adam::on(Cpu, vec![y.clone()], 0.1)?;
    for (t, g) in (1..).zip([1.0, -0.5, 3.0, 0.0, 1e-4]) {
        steps::momentum([&mut a, &mut u], g, 0.1, 0.9);
        steps::adam([&mut b, &mut m, &mut v], g, 0.1, t);
        sgd.zero_grad();
        adam.zero_grad();
        for w in [&x, &y] {
            w.backward_from(Tensor::new(&[1], vec![g])?)?;
        }
        sgd.step()?;
        adam.step()?;
        near(&[a], x.value().data());
        assert!((b - y.value().data()[0]).abs() < 1e-5, "step {t}: {b}");
    }
    Ok(())
}
