//! Where the time of a step goes.

use crate::learn::network;
use crate::mnist;
use ch09_lenet::idx::Split;
use ch09_lenet::train;
use std::rc::Rc;
use std::time::{Duration, Instant};
use unrolled::nn::{self, Cpu};
use unrolled::optim::Adam;
use unrolled::text::thousands;
use unrolled::timing::median;
use unrolled::{ConvSpec, Result, Tensor, Var, conv, init, parallel, say};

const BATCH: usize = 32;

pub fn measure() -> Result<()> {
    phases()?;
    layers()?;
    batches()
}

/// The parts of a step, one after another.
fn phases() -> Result<()> {
    parallel::set_threads(1)?;
    let data = mnist(Split::Train, 6400)?;
    let (network, mut times, steps) = (network(1)?, [Duration::ZERO; 5], data.images.len() / BATCH);
    let mut adam = Adam::new(network.parameters().to_vec(), 0.001)?;
    for step in 0..steps {
        let indices: Vec<usize> = (step * BATCH..(step + 1) * BATCH).collect();
        let start = Instant::now();
        let (images, labels) = train::batch(&Cpu, &data, &indices)?;
        let batch = start.elapsed();
        let logits = network.forward(&images)?;
        let forward = start.elapsed();
        let loss = nn::softmax_cross_entropy(&logits, &labels)?;
        let with_loss = start.elapsed();
        adam.zero_grad();
        loss.backward()?;
        let backward = start.elapsed();
        adam.step()?;
        let all = start.elapsed();
        let parts = [batch, forward - batch, with_loss - forward, backward - with_loss, all - backward];
        times.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    }
    let all: Duration = times.iter().sum();
    say!("A step of {BATCH} images, one thread:\n\n                us  of all");
    for (name, time) in ["batch", "forward", "loss", "backward", "Adam"].into_iter().zip(times) {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64();
        say!("{name:10} {:7.0}  {share:5.1}%", time.as_secs_f64() * 1e6 / steps as f64);
    }
    say!("all        {:7.0}\n", all.as_secs_f64() * 1e6 / steps as f64);
    Ok(())
}

/// A layer by itself: its time forward, and forward and backward.
fn layer(
    name: &str,
    x: &[usize],
    multiplies: usize,
    needs_grad: bool,
    f: impl Fn(&Var<Tensor>) -> Result<Var<Tensor>>,
) -> Result<()> {
    let x: Tensor = init::uniform(x, 1.0, &mut init::rng(3))?;
    let x = if needs_grad { Var::parameter(x) } else { Var::constant(x) };
    let dy: Tensor = init::uniform(f(&x)?.value().shape(), 1.0, &mut init::rng(4))?;
    let budget = Duration::from_millis(100);
    let forward = median(budget, || f(&x))?;
    let both = median(budget, || {
        x.clear_grad();
        f(&x)?.backward_from(dy.clone())
    })?;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let speed = match multiplies {
        0 => String::new(),
        n => format!("{:8.0}", 2e-3 * (n * BATCH) as f64 / us(forward)),
    };
    say!("{name:14} {:8.0} {:9.0} {speed}", us(forward), us(both) - us(forward));
    Ok(())
}

fn layers() -> Result<()> {
    let network = network(1)?;
    let p = network.parameters();
    let algorithm: ch09_lenet::network::Algorithm = Rc::new(ch02_im2col::Fused);
    let spec = ConvSpec::default();
    say!("Its layers, each by itself, in us:\n");
    say!("                forward  backward  GFLOP/s");
    layer("c1", &[BATCH, 1, 28, 28], 86_400, false, |x| conv(&algorithm, &spec, x, &p[0], Some(&p[1])))?;
    layer("ReLU", &[BATCH, 6, 24, 24], 0, true, nn::relu)?;
    layer("s2", &[BATCH, 6, 24, 24], 0, true, |x| nn::adaptive_avg_pool([14, 14], x))?;
    layer("c3", &[BATCH, 6, 14, 14], 240_000, true, |x| conv(&algorithm, &spec, x, &p[2], Some(&p[3])))?;
    layer("ReLU", &[BATCH, 16, 10, 10], 0, true, nn::relu)?;
    layer("s4", &[BATCH, 16, 10, 10], 0, true, |x| nn::adaptive_avg_pool([5, 5], x))?;
    layer("l5", &[BATCH, 400], 48_000, true, |x| nn::linear(x, &p[4], Some(&p[5])))?;
    layer("l6", &[BATCH, 120], 10_080, true, |x| nn::linear(x, &p[6], Some(&p[7])))?;
    layer("l7", &[BATCH, 84], 840, true, |x| nn::linear(x, &p[8], Some(&p[9])))?;
    say!("");
    Ok(())
}

/// Images in a second, for sizes of a batch and numbers of threads.
fn batches() -> Result<()> {
    say!("Training, images in a second:\n");
    say!("batch  one thread  two threads");
    let data = mnist(Split::Train, 6400)?;
    for size in [1, 8, 32, 128, 512] {
        let speeds = [1, 2].map(|threads| {
            parallel::set_threads(threads)?;
            let (network, mut rng) = (network(1)?, init::rng(2));
            let mut adam = Adam::new(network.parameters().to_vec(), 0.001)?;
            let few = (200 * size).min(data.images.len());
            let mut part = data.clone();
            part.images.pixels.truncate(few * 784);
            part.labels.truncate(few);
            let epoch = train::epoch(&Cpu, |x| network.forward(x), &mut adam, &part, size, &mut rng, |_| ())?;
            Ok::<_, unrolled::Error>((few / size * size) as f64 / epoch.time.as_secs_f64())
        });
        let [one, two] = speeds;
        say!("{size:5} {:>11} {:>12}", thousands(one? as u64), thousands(two? as u64));
    }
    Ok(())
}
