//! Ways to compute a dilated convolution, as the simulated GPU counts them.

use cuda_ch01_naive::Naive;
use cuda_ch02_im2col::Implicit;
use cuda_ch03_winograd::Winograd;
use cuda_ch04_dilated::{Dilated, Direct};
use host::GpuTensor;
use host::testing::{profiles, session};
use std::process::ExitCode;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, cli, say};

fn main() -> ExitCode {
    cli::run("Counts what the kernels of a dilated convolution do, with and without holes.", |args| {
        args.finish()?;
        host::choose(host::Side::Simulator)?;
        say!("16 to 64 channels, 3x3 on 32x32, padded to the same size; all kernels of a forward pass together\n");
        say!("dilation  algorithm                 bytes loaded  bytes moved  coalescing  thread instructions");
        for dilation in [1, 2, 8] {
            count(dilation, "Naive", &Naive)?;
            count(dilation, "Direct", &Direct)?;
            count(dilation, "Implicit", &Implicit)?;
            if dilation > 1 {
                count(dilation, "Dilated(Implicit)", &Dilated(Implicit))?;
            }
            // Without dilation this is Winograd itself.
            count(dilation, "Dilated(Winograd::<4>)", &Dilated(Winograd::<4>))?;
        }
        Ok(())
    })
}

/// One line.
fn count(dilation: usize, name: &str, algorithm: &dyn Convolution<GpuTensor, 2>) -> Result<()> {
    let spec = ConvSpec::new([1, 1], [dilation; 2], [dilation; 2], 1)?;
    let shape = spec.resolve(&[1, 16, 32, 32], &[64, 16, 3, 3])?;
    let session = session();
    let [x, w, _] = Case { shape, seed: 1 }.integers().map(|t| session.upload(&t));
    let (x, w) = (x?, w?);
    let (_, profiles) = profiles(|| algorithm.forward(&spec, &x, &w))?;
    let sum = |number: &dyn Fn(&ptx::Profile) -> u64| profiles.iter().map(number).sum::<u64>();
    let (moved, useful) = (sum(&|p| p.bytes_moved()), sum(&|p| (p.coalescing() * p.bytes_moved() as f64) as u64));
    say!(
        "{dilation:8}  {name:24}  {:12}  {moved:11}  {:9.1}%  {:19}",
        sum(&|p| p.global_load_bytes()),
        100.0 * useful as f64 / moved as f64,
        sum(&|p| p.total().threads)
    );
    Ok(())
}
