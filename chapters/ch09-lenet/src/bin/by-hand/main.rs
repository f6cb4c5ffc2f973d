//! Chapter 9's demonstration: the parts of a network's training by hand, before the program trains it.

mod learn;
mod measure;
mod mistakes;
mod parts;

use ch09_lenet::idx::{self, Dataset, SIDE, Split};
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use unrolled::{Result, cli, parallel, say};

const USAGE: &str = "\
The parts of training by hand: a file of digits, pooling, the loss, the optimisers, what a layer costs, and what goes
wrong.

Usage: by-hand
       by-hand --measure
  --measure  measure instead where the time of a step of training goes
  --help     print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        args.finish()?;
        if measure {
            return measure::measure();
        }
        parallel::set_threads(1)?; // batches of a few images, beside whatever else runs
        say!("What training a network consists of.\n");
        parts::file()?;
        parts::pooling()?;
        parts::loss()?;
        parts::large_logits()?;
        learn::optimisers()?;
        learn::first_steps()?;
        parts::costs()?;
        learn::untrained()?;
        learn::by_heart()?;
        learn::threads()?;
        mistakes::table()?;
        learn::reads_a_digit()?;
        parts::saved()
    })
}

/// The first images of one part of MNIST, at most 6,400 of them. Each part is read once.
fn mnist(split: Split, count: usize) -> Result<Dataset> {
    static READ: [OnceLock<Result<Dataset>>; 2] = [OnceLock::new(), OnceLock::new()];
    let read = || {
        let mut data = idx::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), split)?;
        data.images.pixels.truncate(6400 * SIDE * SIDE);
        data.labels.truncate(6400);
        Ok(data)
    };
    let mut data = READ[usize::from(split == Split::Test)].get_or_init(read).clone()?;
    data.images.pixels.truncate(count * SIDE * SIDE);
    data.labels.truncate(count);
    Ok(data)
}
