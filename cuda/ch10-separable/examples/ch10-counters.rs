//! What fusing saves, and what it costs: the table of the book. `cargo run -p cuda-ch10-separable --example ch10-counters`

use ch10_separable::depthwise;
use cuda_ch07_grouped::{Depthwise, Grouped};
use cuda_ch10_separable::fused;
use host::testing::{profiles, session};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// Depthwise 3 × 3 of 16 channels on 16 × 32, then 1 × 1 to `k` of them: as two kernels, and as one.
fn rows(k: usize) -> Result<()> {
    let session = session();
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let upload = |shape: &[usize]| session.upload(&Tensor::from_fn(shape, |i| (i % 7) as f32 - 3.0)?);
    let (x, w, p) = (upload(&[1, 16, 16, 32])?, upload(&[16, 1, 3, 3])?, upload(&[k, 16, 1, 1])?);
    let [first, second] = depthwise::steps(&spec, 16)?;
    let products = (16 * 9 + k * 16) * 16 * 32;
    let (_, two) = profiles(|| Grouped.forward(&second, &Depthwise.forward(&first, &x, &w)?, &p))?;
    let (_, one) = profiles(|| fused(&spec, &x, [&w, &p]))?;
    for (name, seen) in [("two kernels", two), ("fused", one)] {
        let done: u64 = seen.iter().map(|profile| profile.flops()).sum();
        let [loaded, stored] = [
            seen.iter().map(|profile| profile.global_load_bytes()).sum::<u64>(),
            seen.iter().map(|profile| profile.global_store_bytes()).sum(),
        ];
        let moved: u64 = seen.iter().map(|profile| profile.bytes_moved()).sum();
        let instructions: u64 = seen.iter().map(|profile| profile.total().threads).sum();
        println!(
            "{k:7}  {name:11}  {:12.1}  {:4.2}  {:10.0}  {:10.0}  {:9.0}  {:9.2}",
            instructions as f64 / products as f64,
            done as f64 / (2 * products) as f64,
            loaded as f64 / 1024.0,
            stored as f64 / 1024.0,
            moved as f64 / 1024.0,
            (2 * products) as f64 / moved as f64,
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    if !session().is_simulated() {
        println!("A real GPU doesn't count: hide it.");
        return Ok(());
    }
    println!("outputs  as           instructions  done  KiB loaded  KiB stored  KiB moved  FLOP/byte");
    [16, 64, 128].into_iter().try_for_each(rows)
}
