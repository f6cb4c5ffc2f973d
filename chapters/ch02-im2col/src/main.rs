//! Chapter 2's demonstration: a convolution as a matrix product, and the ladder from naive to fused.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col, im2col};
use std::process::ExitCode;
use std::time::Duration;
use unrolled::simd::Isa;
use unrolled::{ConvShape, ConvSpec, Convolution, Result, Tensor, cli, gemm, parallel, say, timing};

const USAGE: &str = "\
Convolution as a matrix product: the column matrix of a small example, and how fast each way of
computing a larger one is.

Usage: ch02-im2col [--threads N]
  --threads N   the most threads to measure with [2, or as many as there are cores if fewer]
  --help        print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let threads = args.value("--threads", "a whole number, at least 1")?;
        args.finish()?;
        let threads = threads.unwrap_or(parallel::threads().min(2));
        parallel::set_threads(threads)?;
        Isa::try_current()?;
        column_matrix()?;
        memory()?;
        ladder(threads)
    })
}

// ANCHOR: example
/// The sliding window of chapter 1 as one product of a row and a matrix.
fn column_matrix() -> Result<()> {
    #[rustfmt::skip]
    let input = [
        3.0, 3.0, 2.0, 1.0, 0.0,
        0.0, 0.0, 1.0, 3.0, 1.0,
        3.0, 1.0, 2.0, 2.0, 3.0,
        2.0, 0.0, 0.0, 2.0, 2.0,
        2.0, 0.0, 0.0, 0.0, 1.0,
    ];
    let kernel = [0.0, 1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 1.0, 2.0];
    let shape = ConvSpec::<2>::default().resolve(&[1, 1, 5, 5], &[1, 1, 3, 3])?;
    let mut columns = Tensor::zeros(&[9, 9])?;
    im2col(&shape.lift(), &input, columns.data_mut());

    let mut output = Tensor::zeros(&[1, 9])?;
    let (w, p) = (gemm::MatRef::new(&kernel, 1, 9)?, gemm::MatRef::new(columns.data(), 9, 9)?);
    gemm(1.0, w, p, 0.0, output.data_mut())?;
    // ANCHOR_END: example
    say!("Each patch of the input becomes a column: the matrix P of chapter 1's example.\n");
    say!("P\n{columns:.0}\n\nkernel, as a row\n{:.0}\n", Tensor::new(&[1, 9], kernel.to_vec())?);
    say!("kernel times P, and the same numbers as a map\n{output:.0}\n\n{:.0}\n", output.clone().reshape(&[3, 3])?);
    Ok(())
}

/// The layer that the ladder measures: 64 to 64 channels, 3 × 3, on 56 × 56.
fn layer() -> Result<(ConvSpec<2>, ConvShape<2>)> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    Ok((spec, spec.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])?))
}

fn memory() -> Result<()> {
    let (_, shape) = layer()?;
    let kib = |bytes: usize| bytes.div_ceil(1024);
    let elements = |shape: &[usize]| kib(4 * shape.iter().product::<usize>());
    say!(
        "A layer of 64 to 64 channels, 3x3, on 56x56, in f32: what it takes beside its input of {} KiB,",
        elements(&shape.input_shape())
    );
    say!(
        "its weight of {} KiB and its output of {} KiB.\n",
        elements(&shape.weight_shape()),
        elements(&shape.output_shape())
    );
    say!("im2col, the column matrix            {:6} KiB", kib(Im2col::workspace::<f32, 2>(&shape)));
    say!("fused, packed weight and strips      {:6} KiB\n", kib(Fused::workspace::<f32, 2>(&shape)));
    Ok(())
}

fn time(call: impl FnMut() -> Result<Tensor>) -> Result<Duration> {
    timing::median(Duration::from_millis(150), call)
}

fn ladder(most: usize) -> Result<()> {
    let (spec, shape) = layer()?;
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    let (x, w, dy) = (numbers(&shape.input_shape())?, numbers(&shape.weight_shape())?, numbers(&shape.output_shape())?);
    say!("Its ladder: {:.0} MFLOP a pass, {} instructions.", shape.flops() / 1e6, Isa::current().name());
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
