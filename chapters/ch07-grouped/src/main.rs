//! Chapter 7's demonstration: what groups save, what they cost, and why they are slower than they look.

mod alexnet;
mod by_hand;
mod figures;
mod measure;
mod tables;

use ch02_im2col::Fused;
use ch07_grouped::conv_grouped;
use std::process::ExitCode;
use unrolled::simd::Isa;
use unrolled::{ConvSpec, Result, Tensor, Var, cli, files, parallel, say};

const USAGE: &str = "\
Groups of channels: who sees whom, both gradients by hand, parameters and multiplications, one group for each
device, and what is left to do for each byte.

Usage: ch07-grouped [--svg FILE] [--lines FILE] [--threads N]
       ch07-grouped --measure [--threads N]
  --svg FILE    draw who sees whom as well, into FILE
  --lines FILE  draw how a kernel meets lines of inputs
  --measure     measure instead what groups and depthwise convolutions cost in time
  --threads N   the threads to compute with [1]
  --help        print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let threads = args.value("--threads", "a whole number, at least 1")?.unwrap_or(1);
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        let lines: Option<String> = args.value("--lines", "a file to write")?;
        args.finish()?;
        Isa::try_current()?;
        parallel::set_threads(threads)?;
        if let Some(file) = svg {
            files::write(file, figures::blocks()?)?;
        }
        if let Some(file) = lines {
            files::write(file, figures::lines()?)?;
        }
        if measure {
            return measure::measure(threads);
        }
        who_sees_whom()?;
        by_hand::output()?;
        by_hand::gradients()?;
        tables::counts()?;
        alexnet::two_devices()?;
        tables::promised()?;
        tables::loads()?;
        say!("How long it takes: cargo run -p ch07-grouped -- --measure");
        Ok(())
    })
}

/// 3 × 3, as wide as its input.
fn same(groups: usize) -> ConvSpec<2> {
    ConvSpec { padding: [1, 1], groups, ..ConvSpec::default() }
}

/// The groups that the tables are about, for 256 -> 256 channels, 3 × 3, on 56 × 56.
const GROUPS: [usize; 6] = [1, 2, 4, 8, 32, 256];
const IMAGE: [usize; 4] = [1, 256, 56, 56];

// ANCHOR: reach
/// Which of 8 input channels each of 8 output channels sees, asked of the gradient: an input that an output
/// doesn't see gets none from it.
fn reach(groups: usize) -> Result<Vec<Vec<bool>>> {
    let spec = ConvSpec { groups, ..ConvSpec::<2>::default() };
    let row = |k: usize| {
        let x = Var::parameter(Tensor::<f32>::full(&[1, 8, 1, 1], 1.0)?);
        let w = Var::constant(Tensor::full(&[8, 8 / groups, 1, 1], 1.0)?);
        let y = conv_grouped(&Fused, &spec, &x, &w, None)?;
        y.backward_from(Tensor::from_fn(&[1, 8, 1, 1], |i| f32::from(i == k))?)?;
        let grad = x.grad().expect("x is a parameter");
        Ok(grad.data().iter().map(|&dx| dx != 0.0).collect())
    };
    (0..8).map(row).collect()
}
// ANCHOR_END: reach

fn who_sees_whom() -> Result<()> {
    say!("Which input channels (across) each output channel (down) sees, by its gradient:\n");
    say!("1 group   2 groups  4 groups  8 groups: depthwise");
    let matrices = [1, 2, 4, 8].into_iter().map(reach).collect::<Result<Vec<_>>>()?;
    for k in 0..8 {
        let row = |m: &Vec<Vec<bool>>| m[k].iter().map(|&sees| if sees { '#' } else { '.' }).collect::<String>();
        say!("{}", matrices.iter().map(row).collect::<Vec<_>>().join("  "));
    }
    say!("\nThe weight is this matrix, with a small kernel in each #. Where there is a dot there is nothing to store,");
    say!("nothing to multiply, and nothing that passes from one group to another.\n");
    Ok(())
}
