//! A kernel of one's own, from Rust: `own.ptx`.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Runs a kernel of its own on the GPU, or on the simulated one, and then one with a mistake.

Usage: own
  --help   print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        say!("{}", tool::run()?);
        Ok(())
    })
}
