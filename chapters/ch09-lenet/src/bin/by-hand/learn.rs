//! Optimisers, and a network that learns.

use crate::mnist;
use crate::parts::row;
use ch09_lenet::idx::{SIDE, Split};
use ch09_lenet::network::LeNet;
use ch09_lenet::{draw, train};
use std::rc::Rc;
use unrolled::nn::{self, Cpu};
use unrolled::optim::{Adam, Sgd};
use unrolled::{Result, Tensor, Var, init, no_grad, parallel, say};

/// A network that has learned nothing yet.
pub fn network(seed: u64) -> Result<LeNet> {
    LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut init::rng(seed))
}

/// Half of a² + 25 b²: a valley, steep along b and flat along a.
fn valley(at: &Var<Tensor>) -> Result<Var<Tensor>> {
    let curvature = Var::constant(Tensor::new(&[2], vec![0.5, 12.5])?);
    nn::sum(&nn::mul(&curvature, &nn::mul(at, at)?)?)
}

/// How many steps an optimiser takes from (1, 1) until the loss is below a thousandth, and where it has been.
fn descend(at: &Var<Tensor>, mut step: impl FnMut() -> Result<()>) -> Result<Vec<f32>> {
    let mut losses = Vec::new();
    for _ in 0..=60 {
        let loss = valley(at)?;
        losses.push(loss.value().data()[0]);
        at.clear_grad();
        loss.backward()?;
        step()?;
    }
    Ok(losses)
}

pub fn optimisers() -> Result<()> {
    let start = || Tensor::new(&[2], vec![1.0, 1.0]).map(Var::parameter);
    let [a, b, c] = [start()?, start()?, start()?];
    let mut plain = Sgd::new(vec![a.clone()], 0.06, 0.0)?;
    let mut momentum = Sgd::new(vec![b.clone()], 0.06, 0.7)?;
    let mut adam = Adam::new(vec![c.clone()], 0.1)?;
    let runs = [descend(&a, || plain.step())?, descend(&b, || momentum.step())?, descend(&c, || adam.step())?];
    say!("Down a valley, (a² + 25 b²) / 2, from a = b = 1:\n");
    say!("step    plain  momentum     Adam");
    for step in [0, 1, 2, 5, 10, 20, 40, 60] {
        let [plain, momentum, adam] = runs.each_ref().map(|run| format!("{:8.4}", run[step]));
        say!("{step:4} {plain}  {momentum} {adam}");
    }
    say!("");
    Ok(())
}

pub fn first_steps() -> Result<()> {
    let gradients = [0.001, 1.0, 1000.0];
    let w = Var::parameter(Tensor::zeros(&[3])?);
    let mut adam = Adam::new(vec![w.clone()], 0.001)?;
    w.backward_from(Tensor::new(&[3], gradients.to_vec())?)?;
    adam.step()?;
    say!("Adam's first step at a rate of 0.001, from 0, for gradients of 0.001, 1 and 1000:\n");
    say!("{}\n", row(w.value().data(), 6));
    Ok(())
}

pub fn untrained() -> Result<()> {
    let data = mnist(Split::Train, 1000)?;
    let all: Vec<usize> = (0..1000).collect();
    let (images, labels) = train::batch(&Cpu, &data, &all)?;
    let network = network(1)?;
    let logits = no_grad(|| network.forward(&images))?;
    let loss = nn::softmax_cross_entropy(&logits, &labels)?.value().data()[0];
    let right = nn::accuracy(&logits.value(), &labels)?;
    say!(
        "Before its first step: a loss of {loss:.2} on 1,000 images, {:.0}% of them right. ln 10 is {:.4}.\n",
        100.0 * right,
        10f32.ln()
    );
    Ok(())
}

// ANCHOR: by_heart
/// The losses of a network that sees the same eight images again and again.
fn learn_by_heart(steps: usize) -> Result<Vec<f32>> {
    let data = mnist(Split::Train, 8)?;
    let (images, labels) = train::batch(&Cpu, &data, &[0, 1, 2, 3, 4, 5, 6, 7])?;
    let network = network(1)?;
    let mut adam = Adam::new(network.parameters().to_vec(), 0.003)?;
    (0..steps)
        .map(|_| {
            let loss = nn::softmax_cross_entropy(&network.forward(&images)?, &labels)?;
            adam.zero_grad();
            loss.backward()?;
            adam.step()?;
            Ok(loss.value().data()[0])
        })
        .collect()
}
// ANCHOR_END: by_heart

pub fn by_heart() -> Result<()> {
    let losses = learn_by_heart(51)?;
    say!("Eight images, learned by heart:\n\nstep  loss");
    for (step, loss) in losses.iter().enumerate().step_by(10) {
        say!("{step:4}  {loss:.2}");
    }
    say!("");
    Ok(())
}

/// The bits of all parameters after some steps of training on this many threads.
fn trained_bits(threads: usize) -> Result<Vec<u32>> {
    parallel::set_threads(threads)?;
    let data = mnist(Split::Train, 320)?;
    let (network, mut rng) = (network(1)?, init::rng(2));
    let mut adam = Adam::new(network.parameters().to_vec(), 0.001)?;
    train::epoch(&Cpu, |images| network.forward(images), &mut adam, &data, 32, &mut rng, |_| ())?;
    Ok(network.named()?.iter().flat_map(|(_, t)| t.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect())
}

pub fn threads() -> Result<()> {
    let before = parallel::threads();
    let one = trained_bits(1)?;
    for threads in [2, 3, 7] {
        let same = trained_bits(threads)?.iter().zip(&one).filter(|(a, b)| a == b).count();
        say!("{threads} threads: {same} of {} parameters have the bits they get on one thread", one.len());
    }
    say!("");
    parallel::set_threads(before)
}

pub fn reads_a_digit() -> Result<()> {
    let (data, test) = (mnist(Split::Train, 3200)?, mnist(Split::Test, 1000)?);
    let (network, mut rng) = (network(1)?, init::rng(2));
    let mut adam = Adam::new(network.parameters().to_vec(), 0.003)?;
    train::epoch(&Cpu, |images| network.forward(images), &mut adam, &data, 32, &mut rng, |_| ())?;
    let accuracy = train::test(&Cpu, |images| network.forward(images), &test, |_| ())?;
    say!("After 100 steps, {:.0}% of 1,000 images that it has never seen are right. One of them:\n", 100.0 * accuracy);
    let index = 2;
    let pixels = &test.images.pixels[index * SIDE * SIDE..][..SIDE * SIDE];
    let (image, _) = train::batch(&Cpu, &test, &[index])?;
    let logits = no_grad(|| network.forward(&image))?.value();
    say!("test image {index}, a {}\n{}\n", test.labels[index], draw::digit(pixels));
    say!("prediction: {}\n", nn::argmax(&logits)?[0]);
    Ok(())
}
