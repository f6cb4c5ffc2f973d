//! The matrix product: a large one, and those of LeNet's first linear layer, in FLOP/s.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unrolled::gemm::{MatRef, gemm, peak};
use unrolled::parallel::set_threads;

fn matrices(c: &mut Criterion) {
    for threads in [1, 2] {
        set_threads(threads).expect("a number of threads");
        println!("peak on {threads} thread(s): {:.0} GFLOP/s", peak::<f32>(threads));
        let mut group = c.benchmark_group(format!("gemm, {threads} thread(s)"));
        for (m, n, k, transposed) in
            [(1024, 1024, 1024, ""), (32, 120, 400, "b"), (32, 400, 120, ""), (120, 400, 32, "a")]
        {
            let (a, b, mut c) = (vec![1.0_f32; m * k], vec![1.0_f32; k * n], vec![0.0; m * n]);
            let a = if transposed == "a" { MatRef::new(&a, k, m).map(MatRef::t) } else { MatRef::new(&a, m, k) };
            let b = if transposed == "b" { MatRef::new(&b, n, k).map(MatRef::t) } else { MatRef::new(&b, k, n) };
            let (a, b) = (a.expect("m x k"), b.expect("k x n"));
            group.throughput(Throughput::Elements((2 * m * n * k) as u64));
            group.bench_function(BenchmarkId::from_parameter(format!("{m}x{n}x{k}")), |bencher| {
                bencher.iter(|| gemm(1.0, black_box(a), black_box(b), 0.0, black_box(&mut c)));
            });
        }
    }
}

criterion_group!(benches, matrices);
criterion_main!(benches);
