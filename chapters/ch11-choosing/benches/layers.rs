//! What `Auto` chooses, on every layer of the table and in every pass: `name.pass`, as the program prints them.

use ch11_choosing::{Auto, Pass, layers, problem};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::path::Path;

fn all(c: &mut Criterion) {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("layers.tsv");
    let auto = Auto::default();
    for layer in layers::read(&table).expect("the table of this crate") {
        let problem = problem::fill(&layer).expect("memory for a layer");
        let mut group = c.benchmark_group("layers");
        group.sample_size(10).throughput(Throughput::Elements(problem.flops() as u64));
        for pass in [Pass::Forward, Pass::GradInput, Pass::GradWeight] {
            group.bench_function(format!("{}.{pass}", layer.name), |b| b.iter(|| problem.auto(&auto, pass)));
        }
        group.finish();
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
