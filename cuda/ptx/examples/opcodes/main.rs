//! Every instruction that the kernels of the book use, and where.

mod tool;

use unrolled::{cli, say};

const USAGE: &str = "\
Lists every instruction that the repository's kernels use, and the folders of cuda/ that use it: a chapter by its number.

Usage: opcodes
  --help   print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        say!("{}", tool::table(&tool::kernels()?));
        Ok(())
    })
}
