//! Three ways from the small map to the large one, as the simulated GPU counts them.

use cuda_ch01_naive::Naive;
use cuda_ch05_transposed::{Gather, Scatter};
use host::GpuTensor;
use host::testing::{profiles, session};
use std::process::ExitCode;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, cli, say};

fn main() -> ExitCode {
    cli::run("Counts what three kernels of grad_input do at stride 2.", |args| {
        args.finish()?;
        host::choose(host::Side::Simulator)?;
        say!("16 to 16 channels, stride 2, from 16x16; the way to the large map\n");
        say!("kernel  algorithm  load requests  bytes moved  atomics  thread instructions  lanes at work");
        for taps in [4, 3] {
            let algorithms: [(&str, &dyn Convolution<GpuTensor, 2>); 3] =
                [("Naive", &Naive), ("Scatter", &Scatter), ("Gather", &Gather)];
            for (name, algorithm) in algorithms {
                count(taps, name, algorithm)?;
            }
        }
        Ok(())
    })
}

/// One line: the last kernel of the pass (the scatter's first one fills with zeros).
fn count(taps: usize, name: &str, algorithm: &dyn Convolution<GpuTensor, 2>) -> Result<()> {
    let spec = ConvSpec { stride: [2, 2], ..ConvSpec::default() };
    let shape = spec.resolve(&[1, 16, 30 + taps, 30 + taps], &[16, 16, taps, taps])?;
    let session = session();
    let [_, w, dy] = Case { shape, seed: 1 }.integers().map(|t| session.upload(&t));
    let (w, dy) = (w?, dy?);
    let (_, profiles) = profiles(|| algorithm.grad_input(&spec, &shape.input_shape(), &w, &dy))?;
    let profile = profiles.last().expect("a kernel");
    say!(
        "{taps:6}  {name:9}  {:13}  {:11}  {:7}  {:19}  {:12.1}%",
        profile.global_loads().warps,
        profile.bytes_moved(),
        profile.class(ptx::Class::Atomic).threads,
        profile.total().threads,
        100.0 * profile.lane_efficiency()
    );
    Ok(())
}
