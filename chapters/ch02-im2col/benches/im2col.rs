//! The three passes of both versions, on LeNet's second layer (batch 32) and on one of VGG's.

use ch02_im2col::{Fused, Im2col};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvShape, ConvSpec, Convolution, Tensor};

fn passes(c: &mut Criterion, name: &str, shape: ConvShape<2>, algorithm: &dyn Convolution<Tensor, 2>) {
    let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
    let spec = shape.spec;
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(shape.flops() as u64));
    let id = |pass| BenchmarkId::new(pass, format!("{:?}", x.shape()));
    group.bench_function(id("forward"), |b| b.iter(|| algorithm.forward(&spec, black_box(&x), &w)));
    group.bench_function(id("grad_input"), |b| b.iter(|| algorithm.grad_input(&spec, x.shape(), black_box(&w), &dy)));
    group.bench_function(id("grad_weight"), |b| b.iter(|| algorithm.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
    group.finish();
}

fn all(c: &mut Criterion) {
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let lenet = ConvSpec::<2>::default().resolve(&[32, 6, 14, 14], &[16, 6, 5, 5]).expect("a valid layer");
    let vgg = same.resolve(&[1, 256, 56, 56], &[256, 256, 3, 3]).expect("a valid layer");
    for shape in [lenet, vgg] {
        passes(c, "im2col", shape, &Im2col);
        passes(c, "fused", shape, &Fused);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
