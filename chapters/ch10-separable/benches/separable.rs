//! A layer of 64 to 64 channels, 3 × 3, on 56 × 56: dense, and in its three forms, forward and backward.

use ch02_im2col::Fused;
use ch10_separable::{depthwise_separable, flattened, spatially_separable};
use criterion::{Criterion, criterion_group, criterion_main};
use unrolled::{ConvSpec, Result, Tensor, Var, conv, init};

fn bench(
    c: &mut Criterion,
    name: &str,
    weights: &[&[usize]],
    layer: impl Fn(&Var<Tensor>, &[Var<Tensor>]) -> Result<Var<Tensor>>,
) {
    let mut rng = init::rng(1);
    let mut tensor = |shape: &[usize]| init::uniform(shape, 1.0, &mut rng).expect("a valid shape");
    let x = Var::parameter(tensor(&[1, 64, 56, 56]));
    let weights: Vec<_> = weights.iter().map(|shape| Var::parameter(tensor(shape))).collect();
    let dy = tensor(&[1, 64, 56, 56]);
    c.bench_function(&format!("{name}/forward"), |b| b.iter(|| layer(&x, &weights).expect("weights that fit")));
    let both = || layer(&x, &weights)?.backward_from(dy.clone());
    c.bench_function(&format!("{name}/forward and backward"), |b| b.iter(|| both().expect("weights that fit")));
}

fn all(c: &mut Criterion) {
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    bench(c, "dense", &[&[64, 64, 3, 3]], |x, w| conv(&Fused, &same, x, &w[0], None));
    bench(c, "spatial", &[&[64, 64, 3, 1], &[64, 64, 1, 3]], |x, w| {
        spatially_separable(&Fused, &same, x, [&w[0], &w[1]], None)
    });
    bench(c, "depthwise", &[&[64, 1, 3, 3], &[64, 64, 1, 1]], |x, w| {
        depthwise_separable(&Fused, &same, x, [&w[0], &w[1]], None)
    });
    bench(c, "flattened", &[&[64, 64, 1, 1], &[64, 1, 3, 1], &[64, 1, 1, 3]], |x, w| {
        flattened(&Fused, &same, x, [&w[0], &w[1], &w[2]], None)
    });
}

criterion_group!(benches, all);
criterion_main!(benches);
