//! A kernel under the magnifying glass of the simulated GPU: its counters, its listing, or one warp step by step.

use cuda_ladder::entries;
use host::Session;
use ptx::{Options, TraceOf};
use std::process::ExitCode;
use unrolled::{Error, Result, cli, say};

const USAGE: &str = "\
Runs one pass of one algorithm on a small layer on the simulated GPU, and shows what its kernels do.

Usage: inspect [NAME] [--listing | --trace KERNEL [--block X,Y,Z] [--warp N]]
  NAME            a part of a name, as \"ch01-naive Naive forward\"; without one, all names are listed
  --listing       each instruction, with how often it ran, how many of 32 lanes were at work, and of
                  memory accesses how many sectors or passes they took
  --trace KERNEL  one warp of this kernel, instruction by instruction, with what each wrote
  --block X,Y,Z   the block of that warp [0,0,0]
  --warp N        its number in the block [0]
  --help          print this text

Without --listing or --trace: a table of counters for each kernel.";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let listing = args.flag("--listing")?;
        let kernel: Option<String> = args.value("--trace", "the name of a kernel")?;
        let block: Option<String> = args.value("--block", "three numbers, as 0,0,0")?;
        let warp = args.value("--warp", "a whole number")?.unwrap_or(0);
        let name = args.positional();
        args.finish()?;
        let block = parse_block(block.as_deref().unwrap_or("0,0,0"))?;
        host::choose(host::Side::Simulator)?;
        inspect(name, listing, kernel.map(|kernel| TraceOf { kernel, block, warp }))
    })
}

fn parse_block(text: &str) -> Result<[u32; 3]> {
    let numbers: Option<Vec<u32>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    let block = numbers.and_then(|numbers| <[u32; 3]>::try_from(numbers).ok());
    block.ok_or_else(|| Error::argument("--block", text, "three whole numbers, as 0,0,0"))
}

fn inspect(name: Option<String>, listing: bool, trace: Option<TraceOf>) -> Result<()> {
    let session = Session::new()?;
    let mut entries = entries::all(&session)?;
    let Some(name) = name else {
        entries.iter().for_each(|entry| say!("{}", entry.name()));
        return Ok(());
    };
    let Some(entry) = entries.iter_mut().find(|entry| entry.name().contains(&name)) else {
        return Err(Error::argument("NAME", name, "a part of a name that this program lists when it is given none"));
    };
    session.synchronize()?; // what prepared the tensors is not to be counted
    let options = Options { profile: trace.is_none(), trace: trace.clone(), ..Options::from_env() };
    let (result, seen) = ptx::observe(options, || (entry.call)().and_then(|()| session.synchronize()));
    result?;
    say!("{} of {}", entry.name(), entry.layer);
    if let Some(TraceOf { kernel, block, warp }) = trace {
        if seen.trace.is_empty() {
            let problem = format!("{kernel} has no warp {warp} in block {block:?} here, or isn't launched");
            return Err(Error::failed("tracing", problem));
        }
        say!("\n line  lanes     instruction\n{}", seen.trace.trim_end());
    }
    for profile in &seen.profiles {
        match listing {
            true => say!("\nkernel {}\n{}", profile.name(), profile.listing().trim_end()),
            false => say!("\n{profile}"),
        }
    }
    Ok(())
}
