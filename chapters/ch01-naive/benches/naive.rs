//! The three passes of the definition, on a small layer: 8 → 16 channels, 3 × 3, on 28 × 28.

use ch01_naive::Naive;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution};

fn passes(c: &mut Criterion) {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 8, 28, 28], &[16, 8, 3, 3]).expect("a valid layer");
    let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
    let mut group = c.benchmark_group("naive");
    group.throughput(Throughput::Elements(shape.flops() as u64));
    group.bench_function("forward", |b| b.iter(|| Naive.forward(&spec, black_box(&x), &w)));
    group.bench_function("grad_input", |b| b.iter(|| Naive.grad_input(&spec, x.shape(), black_box(&w), &dy)));
    group.bench_function("grad_weight", |b| b.iter(|| Naive.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
    group.finish();
}

criterion_group!(benches, passes);
criterion_main!(benches);
