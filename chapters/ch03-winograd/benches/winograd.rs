//! The three passes of each F(m × m, 3 × 3), beside im2col's, on three of VGG's layers, and with kept filters.

use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Tensor};

fn all(c: &mut Criterion) {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    for (channels, size) in [(64, 224), (256, 56), (512, 14)] {
        let shape = spec.resolve(&[1, channels, size, size], &[channels, channels, 3, 3]).expect("a valid layer");
        let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
        let mut group = c.benchmark_group(format!("{channels}@{size}"));
        group.throughput(Throughput::Elements(shape.flops() as u64));
        let algorithms: [(&str, &dyn Convolution<Tensor, 2>); 4] =
            [("fused", &Fused), ("F2", &Winograd::<2>), ("F4", &Winograd::<4>), ("F6", &Winograd::<6>)];
        for (name, a) in algorithms {
            let id = |pass| BenchmarkId::new(pass, name);
            group.bench_function(id("forward"), |b| b.iter(|| a.forward(&spec, black_box(&x), &w)));
            group.bench_function(id("grad_input"), |b| b.iter(|| a.grad_input(&spec, x.shape(), black_box(&w), &dy)));
            group.bench_function(id("grad_weight"), |b| b.iter(|| a.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
        }
        let kept = Winograd::<4>.keep(&spec, &w).expect("a valid layer");
        group.bench_function(BenchmarkId::new("forward", "F4 kept"), |b| b.iter(|| kept.forward(black_box(&x))));
        group.finish();
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
