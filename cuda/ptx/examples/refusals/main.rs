//! What the parser says of kernels that are wrong before they run.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Shows instructions that the simulated GPU refuses, and why.

Usage: refusals
  --help   print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        say!("{}", tool::refusals());
        Ok(())
    })
}
