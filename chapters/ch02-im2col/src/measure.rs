//! What the steps cost, measured.

use crate::layer;
use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col, steps};
use std::time::Duration;
use unrolled::simd::Isa;
use unrolled::{Convolution, Result, Tensor, gemm, parallel, say, timing};

fn time<T>(call: impl FnMut() -> Result<T>) -> Result<Duration> {
    timing::median(Duration::from_millis(150), call)
}

/// Numbers that look like none in particular.
fn numbers(shape: &[usize]) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0)
}

/// A product of two matrices, of sizes `[m, n, k]`.
type Product = fn(&[f32], &[f32], &mut [f32], [usize; 3]);

/// The product of the layer, W P, and that of a layer with eight times the channels, by the steps of the chapter, on
/// one thread.
pub fn product() -> Result<()> {
    let (_, shape) = layer()?;
    parallel::set_threads(1)?;
    let peak = gemm::peak::<f32>(1);
    say!("{} instructions, one thread, peak {peak:.0} GFLOP/s", Isa::current().name());
    for channels in [1, 8] {
        let sizes @ [m, n, k] = [shape.k, shape.positions_out(), channels * shape.taps()];
        let (w, p, mut y) = (numbers(&[m, k])?, numbers(&[k, n])?, vec![0.0; m * n]);
        let flops = 2.0 * (m * n * k) as f64;
        say!("\n{:24} ms  GFLOP/s  of peak", format!("[{m}, {k}] [{k}, {n}]"));
        let row = |name: &str, time: Duration| {
            let (ms, speed) = (time.as_secs_f64() * 1e3, flops / time.as_secs_f64() / 1e9);
            say!("{name:17} {ms:9.2} {speed:8.1} {:7.1}%", 100.0 * speed / peak);
        };
        let products: [(&str, Product); 4] = [
            ("1 dot products", steps::dot_products),
            ("2 rows", steps::rows),
            ("3 tiles", steps::tiles),
            ("4 panels", steps::panels),
        ];
        for (name, product) in products {
            let call = || {
                product(w.data(), p.data(), &mut y, sizes);
                Ok(())
            };
            row(name, time(call)?);
        }
        let (w, p) = (gemm::MatRef::new(w.data(), m, k)?, gemm::MatRef::new(p.data(), k, n)?);
        row("gemm", time(|| gemm(1.0, w, p, 0.0, &mut y))?);
    }
    Ok(())
}

/// The three passes of the layer by each algorithm, on one thread and on `most`.
pub fn passes(most: usize) -> Result<()> {
    let (spec, shape) = layer()?;
    let (x, w, dy) = (numbers(&shape.input_shape())?, numbers(&shape.weight_shape())?, numbers(&shape.output_shape())?);
    let fused = Fused::workspace::<f32, 2>(&shape).div_ceil(1024);
    say!(
        "{:.0} MFLOP a pass, {} instructions; beside the tensors, im2col takes",
        shape.flops() / 1e6,
        Isa::current().name()
    );
    say!("{} KiB forward, fused {fused} KiB.", Im2col::workspace::<f32, 2>(&shape).div_ceil(1024));
    for threads in if most == 1 { vec![1] } else { vec![1, most] } {
        parallel::set_threads(threads)?;
        let peak = gemm::peak::<f32>(threads);
        say!("\n{threads} thread(s), peak {peak:.0} GFLOP/s          ms  GFLOP/s  of peak");
        let algorithms: [(&str, &dyn Convolution<Tensor, 2>); 3] =
            [("naive", &Naive), ("im2col", &Im2col), ("fused", &Fused)];
        for (name, algorithm) in algorithms {
            let row = |pass: &str, time: Duration| {
                let speed = shape.flops() / time.as_secs_f64() / 1e9;
                say!(
                    "{name:6}  {pass:11}  {:17.2} {speed:8.1} {:7.1}%",
                    time.as_secs_f64() * 1e3,
                    100.0 * speed / peak
                );
            };
            row("forward", time(|| algorithm.forward(&spec, &x, &w))?);
            if name != "naive" {
                row("grad_input", time(|| algorithm.grad_input(&spec, x.shape(), &w, &dy))?);
                row("grad_weight", time(|| algorithm.grad_weight(&spec, &x, w.shape(), &dy))?);
            }
        }
    }
    Ok(())
}
