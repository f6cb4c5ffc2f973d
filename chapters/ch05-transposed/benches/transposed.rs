//! Doubling a map of 64 channels at 28 × 28: stamped by a kernel of 4, and upsampled then convolved.

use ch02_im2col::Fused;
use ch05_transposed::{Transposed, upsample};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Var};

fn passes(c: &mut Criterion) {
    let spec = ConvSpec::new([2, 2], [1, 1], [1, 1], 1).expect("a valid specification");
    // The dense convolution behind it: its output is our input.
    let shape = spec.resolve(&[1, 64, 56, 56], &[64, 64, 4, 4]).expect("a valid layer");
    let [dy, w, x] = Case { shape, seed: 1 }.reals::<f32>();
    let transposed = Transposed::new(Fused);
    let mut group = c.benchmark_group("transposed");
    group.bench_function("forward", |b| b.iter(|| transposed.forward(&spec, black_box(&x), &w)));
    group.bench_function("grad_input", |b| b.iter(|| transposed.grad_input(&spec, x.shape(), &w, black_box(&dy))));
    group.bench_function("grad_weight", |b| b.iter(|| transposed.grad_weight(&spec, &x, w.shape(), black_box(&dy))));
    group.finish();

    let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let shape = same.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3]).expect("a valid layer");
    let [_, w, _] = Case { shape, seed: 1 }.reals::<f32>();
    let x = Var::constant(x);
    c.bench_function("upsample, then convolve", |b| {
        b.iter(|| Fused.forward(&same, &upsample(&Fused, [2, 2], black_box(&x))?.value(), &w));
    });
}

criterion_group!(benches, passes);
criterion_main!(benches);
