//! What the kernels do on one layer, beside chapter 1's: the table of the book. `cargo run -p cuda-ch07-grouped --example ch07-counters`

use cuda_ch01_naive::{Blockwise, Naive};
use cuda_ch07_grouped::{Depthwise, Grouped};
use host::GpuTensor;
use host::testing::{profiles, session};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result};

/// A pass of an algorithm on 16 -> 16 channels, 3 × 3, on 16 × 64, as a line of the table.
fn row(groups: usize, name: &str, algorithm: &dyn Convolution<GpuTensor, 2>, pass: &str) -> Result<String> {
    let spec = ConvSpec { padding: [1, 1], groups, ..ConvSpec::default() };
    let shape = spec.resolve(&[1, 16, 16, 64], &[16, 16 / groups, 3, 3])?;
    let [x, w, dy] = Case { shape, seed: 1 }.reals::<f32>();
    let [x, w, dy] = [session().upload(&x)?, session().upload(&w)?, session().upload(&dy)?];
    let (_, seen) = profiles(|| match pass {
        "forward" => algorithm.forward(&spec, &x, &w),
        "grad_input" => algorithm.grad_input(&spec, x.shape(), &w, &dy),
        _ => algorithm.grad_weight(&spec, &x, w.shape(), &dy),
    })?;
    let products = shape.flops() / 2.0;
    let instructions: u64 = seen.iter().map(|profile| profile.total().threads).sum();
    let asked: u64 = seen.iter().map(|profile| profile.global_load_bytes() / 4).sum();
    let moved = seen.iter().map(|profile| profile.bytes_moved()).sum::<u64>() as f64;
    Ok(format!(
        "{groups:6}  {pass:11}  {name:15}  {:12.1}  {:5.2}  {:9.0}  {:9.2}",
        instructions as f64 / products,
        asked as f64 / products,
        moved / 1024.0,
        2.0 * products / moved,
    ))
}

fn main() -> Result<()> {
    if !session().is_simulated() {
        println!("A real GPU doesn't count: hide it.");
        return Ok(());
    }
    println!("groups  pass         kernel           instructions  loads  KiB moved  FLOP/byte");
    for groups in [1, 4, 16] {
        println!("{}", row(groups, "Naive", &Naive, "forward")?);
        println!("{}", row(groups, "Grouped", &Grouped, "forward")?);
    }
    let alone: [(&str, &dyn Convolution<GpuTensor, 2>, &str); 5] = [
        ("Depthwise", &Depthwise, "forward"),
        ("Naive", &Naive, "grad_input"),
        ("Depthwise", &Depthwise, "grad_input"),
        ("Blockwise", &Blockwise, "grad_weight"),
        ("Depthwise", &Depthwise, "grad_weight"),
    ];
    for (name, algorithm, pass) in alone {
        println!("{}", row(16, name, algorithm, pass)?);
    }
    Ok(())
}
