//! A shuffle beside the grouped convolution in front of it, on the maps of ShuffleNet's second stage.

use ch02_im2col::Fused;
use ch07_grouped::Depthwise;
use ch08_shuffle::{Shuffle, ShuffleUnit, UnitSpec};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Var, init, no_grad};

fn all(c: &mut Criterion) {
    let spec = ConvSpec { groups: 3, ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[8, 240, 28, 28], &[240, 80, 1, 1]).expect("a valid layer");
    let [x, w, y] = Case { shape, seed: 1 }.reals::<f32>();
    let shuffle = Shuffle::new(240, 3).expect("a divisor");
    let unit = UnitSpec { inputs: 240, outputs: 240, groups: 3, stride: 1 };
    let unit = ShuffleUnit::new(unit, &mut init::rng(1)).expect("a valid unit");
    let input = Var::constant(x.clone());

    let mut group = c.benchmark_group("shuffle");
    group.bench_function("grouped 1x1", |b| b.iter(|| Fused.forward(&spec, black_box(&x), &w)));
    group.bench_function("shuffle", |b| b.iter(|| shuffle.apply(black_box(&y))));
    group.bench_function("unit", |b| b.iter(|| no_grad(|| unit.forward(&Fused, &Depthwise, black_box(&input)))));
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
