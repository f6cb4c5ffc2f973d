//! One step of training, a batch of 32 digits: forward, loss, backward, Adam.

use ch09_lenet::idx::{self, Split};
use ch09_lenet::network::LeNet;
use ch09_lenet::train;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use unrolled::nn::{self, Cpu};
use unrolled::optim::Adam;
use unrolled::{Result, init, parallel};

fn step(c: &mut Criterion) {
    const BATCH: usize = 32;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let data = idx::load(&data, Split::Test).expect("the data that ships with this chapter");
    let (images, labels) = train::batch(&Cpu, &data, &std::array::from_fn::<_, BATCH, _>(|i| i)).expect("a batch");

    let mut group = c.benchmark_group("step");
    group.throughput(Throughput::Elements(BATCH as u64));
    for threads in [1, 2] {
        parallel::set_threads(threads).expect("a possible number");
        let network = LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut init::rng(1)).expect("a network");
        let mut adam = Adam::new(network.parameters().to_vec(), 0.001).expect("an optimiser");
        let mut step = || -> Result<_> {
            let logits = network.forward(black_box(&images))?;
            let loss = nn::softmax_cross_entropy(&logits, &labels)?;
            adam.zero_grad();
            loss.backward()?;
            adam.step()?;
            Ok(loss)
        };
        group.bench_function(format!("{threads} thread(s)"), |b| b.iter(|| step().expect("a step")));
    }
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
