//! The figure of a warp whose lanes part and meet.

mod tool;

use unrolled::{Error, cli};

const USAGE: &str = "\
Draws what the lanes of diverge.ptx do, step by step, and which lanes wait where.

Usage: divergence --svg FILE
  --svg FILE  where to draw it
  --help      print this text";

fn main() -> std::process::ExitCode {
    cli::run(USAGE, |mut args| {
        let file: Option<String> = args.value("--svg", "a file")?;
        args.finish()?;
        let file = file.ok_or_else(|| Error::argument("--svg", "nothing", "a file"))?;
        std::fs::write(&file, tool::figure()).map_err(|e| Error::failed("writing", format_args!("{file}: {e}")))
    })
}
