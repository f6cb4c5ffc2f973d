//! What a warp's loads move, by the distance of their addresses.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Runs strides.ptx at several strides, and prints what its loads moved.

Usage: strides
  --help   print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        say!("{}", tool::table());
        Ok(())
    })
}
