//! All GPU tests, then the speed of every kernel.

use cuda_ladder::entries::{self, Entry};
use cuda_ladder::{measure, peak};
use host::Session;
use std::env;
use std::io::{IsTerminal, Write, stderr};
use std::process::{Command, ExitCode};
use unrolled::{Error, Result, cli, say};

const USAGE: &str = "\
Runs the tests of all GPU crates, then measures every kernel of the book and prints a table: on the GPU, or on
the simulated one where there is none.

Usage: cuda-ladder [--no-tests] [--only TEXT] [--sim]
  --no-tests    the table alone
  --only TEXT   only what has TEXT in its name: chapter, algorithm and pass
  --sim         the simulated GPU, even if there is a real one
  --help        print this text

The GFLOP/s count the operations of the definition, so that an algorithm that saves some may pass the peak. The
simulated GPU computes correctly, but its times mean nothing for a real one; there the table has what the
profiler counts as well: thread instructions, operations for each byte of global memory moved, and coalescing.";

/// The crates whose tests are run.
const CRATES: [&str; 14] = [
    "ptx",
    "cuda-driver-sys",
    "cuda-host",
    "cuda-ladder",
    "cuda-ch01-naive",
    "cuda-ch02-im2col",
    "cuda-ch03-winograd",
    "cuda-ch04-dilated",
    "cuda-ch05-transposed",
    "cuda-ch06-conv3d",
    "cuda-ch07-grouped",
    "cuda-ch08-shuffle",
    "cuda-ch09-lenet",
    "cuda-ch10-separable",
];

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let (quick, simulate) = (args.flag("--no-tests")?, args.flag("--sim")?);
        let only: Option<String> = args.value("--only", "a part of a name")?;
        args.finish()?;
        if simulate {
            host::choose(host::Side::Simulator)?;
        }
        let session = Session::new()?;
        if !quick {
            test(session.is_simulated())?;
        }
        table(&session, only.as_deref().unwrap_or_default())
    })
}

/// Runs the tests, all on the device that the table will be of.
fn test(simulated: bool) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("test").env("UNROLLED_CUDA", if simulated { "sim" } else { "gpu" });
    CRATES.iter().for_each(|name| {
        command.args(["-p", name]);
    });
    let status = command.status().map_err(|e| Error::failed("starting cargo test", e))?;
    if !status.success() {
        return Err(Error::failed("cargo test", "a test failed; --no-tests leaves them out"));
    }
    Ok(())
}

fn table(session: &Session, only: &str) -> Result<()> {
    let [flops, bytes] = peak::ceilings(session)?;
    say!("{}: multiply-adds {flops:.2} GFLOP/s, copies {bytes:.2} GB/s\n", session.name());
    let counted = match session.is_simulated() {
        true => format!("{:>14}{:>11}{:>11}", "instructions", "FLOP/byte", "coalesced"),
        false => String::new(),
    };
    say!("{:<16}{:<20}{:<30}{:<12}{:>10}{:>10}{:>9}{counted}", "", "", "", "", "ms", "GFLOP/s", "of peak");
    for entry in entries::all(session)? {
        if entry.name().contains(only) {
            progress(&entry.name());
            let row = row(session, entry, flops)?;
            progress("");
            say!("{row}");
        }
    }
    Ok(())
}

/// Measures an entry: its line of the table.
fn row(session: &Session, entry: Entry<'_>, peak: f64) -> Result<String> {
    let Entry { chapter, algorithm, layer, pass, flops, mut call } = entry;
    let seconds = measure::measure(session, &mut call)?;
    let speed = flops / seconds / 1e9;
    let ms = 1e3 * seconds;
    let share = 100.0 * speed / peak;
    let row = format!("{chapter:<16}{algorithm:<20}{layer:<30}{pass:<12}{ms:>10.3}{speed:>10.2}{share:>8.1}%");
    if !session.is_simulated() {
        return Ok(row);
    }
    let options = ptx::Options { profile: true, ..ptx::Options::from_env() };
    let (result, seen) = ptx::observe(options, || call().and_then(|()| session.synchronize()));
    result?;
    let sum = |f: fn(&ptx::Profile) -> u64| seen.profiles.iter().map(f).sum::<u64>();
    let moved = sum(ptx::Profile::bytes_moved);
    let ratio = |a: u64, b: u64| a as f64 / b.max(1) as f64;
    let (instructions, intensity) = (sum(|p| p.total().threads), ratio(sum(ptx::Profile::flops), moved));
    let coalesced = 100.0 * ratio(sum(|p| p.global().distinct_bytes), moved);
    Ok(format!("{row}{instructions:>14}{intensity:>11.2}{coalesced:>10.1}%"))
}

/// Shows what is being measured, where somebody looks at it.
fn progress(what: &str) {
    if stderr().is_terminal() {
        let _ = write!(stderr(), "\r\x1b[K{what}");
        let _ = stderr().flush();
    }
}
