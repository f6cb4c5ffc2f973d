//! Groups by two algorithms, and the three passes of the depthwise kernel: 256 channels, 3 × 3, on 56 × 56.

use ch02_im2col::Fused;
use ch07_grouped::{Depthwise, Grouped};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Tensor};

fn passes(c: &mut Criterion, name: &str, groups: usize, stride: usize, algorithm: &dyn Convolution<Tensor, 2>) {
    let spec = ConvSpec::new([stride; 2], [1; 2], [1; 2], groups).expect("a valid layer");
    let shape = spec.resolve(&[1, 256, 56, 56], &[256, 256 / groups, 3, 3]).expect("a valid layer");
    let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(shape.flops() as u64));
    let id = |pass| BenchmarkId::new(pass, format!("{groups} groups, stride {stride}"));
    group.bench_function(id("forward"), |b| b.iter(|| algorithm.forward(&spec, black_box(&x), &w)));
    group.bench_function(id("grad_input"), |b| b.iter(|| algorithm.grad_input(&spec, x.shape(), black_box(&w), &dy)));
    group.bench_function(id("grad_weight"), |b| b.iter(|| algorithm.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
    group.finish();
}

fn all(c: &mut Criterion) {
    for groups in [1, 8, 32, 256] {
        passes(c, "fused", groups, 1, &Fused);
        passes(c, "grouped fused", groups, 1, &Grouped(Fused));
    }
    passes(c, "fused", 256, 2, &Fused);
    passes(c, "depthwise", 256, 1, &Depthwise);
    passes(c, "depthwise", 256, 2, &Depthwise);
}

criterion_group!(benches, all);
criterion_main!(benches);
