//! What groups cost in time.

use crate::{GROUPS, IMAGE, same};
use ch02_im2col::Fused;
use ch07_grouped::{Depthwise, Grouped, cost, steps};
use std::time::Duration;
use unrolled::simd::Isa;
use unrolled::{Convolution, Result, Tensor, say, timing};

/// Milliseconds of a call.
fn time(call: impl FnMut() -> Result<Tensor>) -> Result<f64> {
    Ok(timing::median(Duration::from_millis(100), call)?.as_secs_f64() * 1e3)
}

fn numbers(shape: &[usize]) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0)
}

/// Operations of the layer in so many groups, by milliseconds: in GFLOP/s.
fn speed(groups: usize, ms: f64) -> Result<f64> {
    Ok(2.0 * cost(&same(groups), &IMAGE, 256, [3, 3])?.multiplies as f64 / ms / 1e6)
}

/// Prints both tables.
pub fn measure(threads: usize) -> Result<()> {
    let isa = Isa::current().name();
    say!("256 -> 256 channels, 3x3, on 56x56, forward, {threads} thread(s), {isa}.");
    say!("Promised: the time of one group by the number of groups.\n");
    in_groups()?;
    say!("\nThe last line again, each channel alone:\n");
    alone()
}

fn in_groups() -> Result<()> {
    let x = numbers(&IMAGE)?;
    say!("groups  promised ms  fused ms  GFLOP/s  grouped fused ms  GFLOP/s");
    let mut one = None;
    for groups in GROUPS {
        let (spec, w) = (same(groups), numbers(&[256, 256 / groups, 3, 3])?);
        let fused = time(|| Fused.forward(&spec, &x, &w))?;
        let grouped = time(|| Grouped(Fused).forward(&spec, &x, &w))?;
        let promised = *one.get_or_insert(fused) / groups as f64;
        let (a, b) = (speed(groups, fused)?, speed(groups, grouped)?);
        say!("{groups:6}  {promised:11.2}  {fused:8.2}  {a:7.1}  {grouped:16.2}  {b:7.1}");
    }
    Ok(())
}

fn alone() -> Result<()> {
    let (x, w) = (numbers(&IMAGE)?, numbers(&[256, 1, 3, 3])?);
    // For the two that know no padding: the same outputs from an input that has it.
    let (padded, kernels) = (numbers(&[256, 58, 58])?, numbers(&[256, 3, 3])?);
    say!("                          ms  GFLOP/s");
    let row = |name: &str, call: &mut dyn FnMut() -> Result<Tensor>| {
        let ms = time(call)?;
        say!("{name:21} {ms:6.2}  {:7.1}", speed(256, ms)?);
        Ok::<(), unrolled::Error>(())
    };
    row("window by window", &mut || steps::windows(&padded, &kernels))?;
    row("line by line", &mut || steps::lines(&padded, &kernels))?;
    row("fused", &mut || Fused.forward(&same(256), &x, &w))?;
    row("depthwise", &mut || Depthwise.forward(&same(256), &x, &w))?;
    say!("a copy of the input   {:6.2}", time(|| Tensor::new(&IMAGE, x.data().to_vec()))?);
    Ok(())
}
