//! A kernel of one's own, from Rust: `own.ptx`.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Runs a kernel of its own on the GPU, or on the simulated one, and then one with a mistake.

Usage: own [--sim]
  --sim    on the simulated GPU, even if there is another
  --help   print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |mut args| {
        let simulate = args.flag("--sim")?;
        args.finish()?;
        if simulate {
            host::choose(host::Side::Simulator)?;
        }
        say!("{}", tool::run()?);
        Ok(())
    })
}
