//! The counters of chapter 1's kernel and of the march, for as many outputs as one block of the march makes.

use cuda_ch01_naive::Naive;
use cuda_ch06_conv3d::March;
use host::testing::{profiles, session};
use host::{GpuTensor, Side};
use ptx::Profile;
use std::process::ExitCode;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, cli, say};

const USAGE: &str = "\
Counters of the simulated GPU for 4 to 4 channels, 3x3x3, and 16 planes of 8 rows and 32 columns: by chapter 1's
kernel, and by the march; then the march's bank conflicts at strides 1 to 4 across.

Usage: whole_block";

fn main() -> ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        host::choose(Side::Simulator)?;
        say!("4 to 4 channels, 3x3x3, 16 planes of 8 rows and 32 columns\n");
        say!("chapter 1: {}\n", forward(&Naive, 1)?);
        say!("the march: {}\n", forward(&March, 1)?);
        say!("stride across         1        2        3        4");
        let conflicts = (1..=4).map(|stride| Ok(format!("{:9}", forward(&March, stride)?.bank_conflicts())));
        say!("bank conflicts{}", conflicts.collect::<Result<String>>()?);
        Ok(())
    })
}

/// The forward pass that makes the outputs of a block, from as many inputs as this stride along height and width needs.
fn forward(algorithm: &impl Convolution<GpuTensor, 3>, stride: usize) -> Result<Profile> {
    let session = session();
    let spec = ConvSpec { stride: [1, stride, stride], ..ConvSpec::default() };
    let shape = spec.resolve(&[1, 4, 18, 7 * stride + 3, 31 * stride + 3], &[4, 4, 3, 3, 3])?;
    let [x, w, _] = Case { shape, seed: 1 }.integers().map(|t| session.upload(&t));
    let (_, mut profiles) = profiles(|| algorithm.forward(&spec, &x?, &w?))?;
    Ok(profiles.pop().expect("a kernel"))
}
