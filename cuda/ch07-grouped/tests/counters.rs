//! What the kernels do on one layer, beside chapter 1's: the table that the book shows.

use cuda_ch01_naive::{Blockwise, Naive};
use cuda_ch07_grouped::{Depthwise, Grouped};
use host::GpuTensor;
use host::testing::{profiles, session};
use std::fmt::Write;
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

#[test]
fn counters_are_those_of_the_book() -> Result<()> {
    if !session().is_simulated() {
        return Ok(()); // a real GPU doesn't count
    }
    let mut table = "groups  pass         kernel           instructions  loads  KiB moved  FLOP/byte\n".to_string();
    for groups in [1, 4, 16] {
        writeln!(table, "{}", row(groups, "Naive", &Naive, "forward")?).expect("a String takes it");
        writeln!(table, "{}", row(groups, "Grouped", &Grouped, "forward")?).expect("a String takes it");
    }
    let alone: [(&str, &dyn Convolution<GpuTensor, 2>, &str); 5] = [
        ("Depthwise", &Depthwise, "forward"),
        ("Naive", &Naive, "grad_input"),
        ("Depthwise", &Depthwise, "grad_input"),
        ("Blockwise", &Blockwise, "grad_weight"),
        ("Depthwise", &Depthwise, "grad_weight"),
    ];
    for (name, algorithm, pass) in alone {
        writeln!(table, "{}", row(16, name, algorithm, pass)?).expect("a String takes it");
    }
    assert_eq!(table, include_str!("counters.txt").replace("\r\n", "\n"), "\n{table}");
    Ok(())
}
