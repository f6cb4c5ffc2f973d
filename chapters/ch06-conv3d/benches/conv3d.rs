//! The three passes in 3D, and over slices, on a layer of 32 to 32 channels, 3 × 3 × 3, on 8 frames of 28 × 28.

use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use ch06_conv3d::Sliced;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Tensor};

fn passes(c: &mut Criterion, name: &str, algorithm: &dyn Convolution<Tensor, 3>) {
    let spec = ConvSpec { padding: [1, 1, 1], ..ConvSpec::<3>::default() };
    let shape = spec.resolve(&[1, 32, 8, 28, 28], &[32, 32, 3, 3, 3]).expect("a valid layer");
    let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(shape.flops() as u64));
    group.bench_function("forward", |b| b.iter(|| algorithm.forward(&spec, black_box(&x), &w)));
    group.bench_function("grad_input", |b| b.iter(|| algorithm.grad_input(&spec, x.shape(), black_box(&w), &dy)));
    group.bench_function("grad_weight", |b| b.iter(|| algorithm.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
    group.finish();
}

fn all(c: &mut Criterion) {
    passes(c, "fused in 3D", &Fused);
    passes(c, "sliced fused", &Sliced(Fused));
    passes(c, "sliced Winograd F(4x4)", &Sliced(Winograd::<4>));
}

criterion_group!(benches, all);
criterion_main!(benches);
