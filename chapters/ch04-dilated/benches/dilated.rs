//! A dilated layer of DeepLab's size: with the dilation of the fused algorithm itself, and on sub-grids.

use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use ch04_dilated::Dilated;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Tensor};

fn all(c: &mut Criterion) {
    for dilation in [2, 4] {
        let spec = ConvSpec::<2>::new([1, 1], [dilation; 2], [dilation; 2], 1).expect("a valid specification");
        let shape = spec.resolve(&[1, 256, 56, 56], &[256, 256, 3, 3]).expect("a valid layer");
        let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
        let mut group = c.benchmark_group(format!("dilation {dilation}"));
        group.throughput(Throughput::Elements(shape.flops() as u64));
        let algorithms: [(&str, &dyn Convolution<Tensor, 2>); 3] =
            [("fused", &Fused), ("Dilated(Fused)", &Dilated(Fused)), ("Dilated(Winograd<4>)", &Dilated(Winograd::<4>))];
        for (name, a) in algorithms {
            let id = |pass| BenchmarkId::new(pass, name);
            group.bench_function(id("forward"), |b| b.iter(|| a.forward(&spec, black_box(&x), &w)));
            group.bench_function(id("grad_input"), |b| b.iter(|| a.grad_input(&spec, x.shape(), black_box(&w), &dy)));
            group.bench_function(id("grad_weight"), |b| b.iter(|| a.grad_weight(&spec, black_box(&x), w.shape(), &dy)));
        }
        group.finish();
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
