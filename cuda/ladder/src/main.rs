//! All GPU tests, then the speed of every kernel.

use cuda_ladder::entries::{self, Call, Entry};
use cuda_ladder::{measure, peak};
use host::Session;
use std::env;
use std::io::{IsTerminal, Write, stderr};
use std::process::{Command, ExitCode};
use unrolled::{Error, Result, cli, say};

const USAGE: &str = "\
Runs the tests of all GPU crates, then measures every kernel of the book and prints a table: on the GPU, or on
the simulated one where there is none.

Usage: cuda-ladder [--no-tests] [--only TEXT] [--sim] [--counts]
  --no-tests    the table alone
  --only TEXT   only what has TEXT in its name: chapter, algorithm and pass
  --sim         the simulated GPU, even if there is a real one
  --counts      on the simulated GPU, what the profiler counts and no times: the same in every run; no tests
  --help        print this text

The GFLOP/s count the operations of the definition, so that an algorithm that saves some may pass the peak. The
simulated GPU computes correctly, but its times mean nothing for a real one; there the table has what the
profiler counts as well: thread instructions (and millions of them a second, with the sanitizer unless
UNROLLED_SIM_SANITIZE=0), operations for each byte of global memory moved, and coalescing.";

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
        let counts = args.flag("--counts")?;
        let only: Option<String> = args.value("--only", "a part of a name")?;
        args.finish()?;
        if simulate || counts {
            host::choose(host::Side::Simulator)?;
        }
        let session = Session::new()?;
        if counts {
            return table_of_counts(&session, only.as_deref().unwrap_or_default());
        }
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
        true => format!("{:>14}{:>8}{:>11}{:>11}", "instructions", "M/s", "FLOP/byte", "coalesced"),
        false => String::new(),
    };
    say!("{:<16}{:<24}{:<42}{:<12}{:>10}{:>10}{:>9}{counted}", "", "", "", "", "ms", "GFLOP/s", "of peak");
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
    let row = format!("{chapter:<16}{algorithm:<24}{layer:<42}{pass:<12}{ms:>10.3}{speed:>10.2}{share:>8.1}%");
    if !session.is_simulated() {
        return Ok(row);
    }
    let Counts { instructions, moved, flops, distinct, .. } = count(session, &mut call)?;
    let rate = instructions as f64 / seconds / 1e6;
    let (intensity, coalesced) = (ratio(flops, moved), 100.0 * ratio(distinct, moved));
    Ok(format!("{row}{instructions:>14}{rate:>8.0}{intensity:>11.2}{coalesced:>10.1}%"))
}

/// What the profiler of the simulated GPU counts of a call, in all its kernels together.
struct Counts {
    launches: usize,
    instructions: u64,
    /// Bytes of global memory that were moved, and those of them that some thread had asked for.
    moved: u64,
    distinct: u64,
    flops: u64,
}

fn count(session: &Session, call: &mut Call<'_>) -> Result<Counts> {
    let options = ptx::Options { profile: true, ..ptx::Options::from_env() };
    let (result, seen) = ptx::observe(options, || call().and_then(|()| session.synchronize()));
    result?;
    let sum = |f: fn(&ptx::Profile) -> u64| seen.profiles.iter().map(f).sum::<u64>();
    Ok(Counts {
        launches: seen.profiles.len(),
        instructions: sum(|p| p.total().threads),
        moved: sum(ptx::Profile::bytes_moved),
        distinct: sum(|p| p.global().distinct_bytes),
        flops: sum(ptx::Profile::flops),
    })
}

fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b.max(1) as f64
}

/// The table without times; a layer stands above those that compute it.
fn table_of_counts(session: &Session, only: &str) -> Result<()> {
    say!("Counted by the simulated GPU, all kernels of a call together:\n");
    say!("{:<48}{:>8}{:>14}{:>11}{:>11}", "algorithm and pass", "kernels", "instructions", "FLOP/byte", "coalesced");
    let mut above = String::new();
    for entry in entries::all(session)?.into_iter().filter(|entry| entry.name().contains(only)) {
        let name = entry.name();
        let Entry { layer, mut call, .. } = entry;
        if layer != above {
            say!("\n{layer}:");
            above = layer;
        }
        let Counts { launches, instructions, moved, distinct, flops } = count(session, &mut call)?;
        let (intensity, coalesced) = (ratio(flops, moved), 100.0 * ratio(distinct, moved));
        say!("{name:<48}{launches:>8}{instructions:>14}{intensity:>11.2}{coalesced:>10.1}%");
    }
    Ok(())
}

/// Shows what is being measured, where somebody looks at it.
fn progress(what: &str) {
    if stderr().is_terminal() {
        let _ = write!(stderr(), "\r\x1b[K{what}");
        let _ = stderr().flush();
    }
}
