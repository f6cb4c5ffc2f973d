//! Chapter 10's demonstration: kernels that are products, three pipelines, and a lesson on MNIST.

mod by_hand;
mod figures;
mod kernels;
mod lesson;
mod measure;
mod shapes;
mod suited;

use lesson::Lesson;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use unrolled::simd::Isa;
use unrolled::{Error, Result, cli, files, parallel, say};

const USAGE: &str = "\
One kernel as several small ones: kernels of rank one, three kinds of separable convolution with what
they cost, and LeNet's second convolution replaced by each of them.

Usage: ch10-separable [--svg FILE] [--svg-forms FILE] [--threads N]
       ch10-separable --measure
       ch10-separable --train [--epochs N] [--limit N] [--seed N] [--seeds N] [--data DIR] [--threads N]

  --svg FILE        draw two kernels as well, as products, into FILE
  --svg-forms FILE  draw the weights of each form as well, into FILE
  --measure         measure instead how long a layer takes in each form
  --threads N       [all cores]
  --help            print this text

The lesson trains four networks on MNIST. Two epochs take a minute or two.
  --train           run it
  --epochs N        passes over the training images; runs it without --train too [2]
  --limit N         use only the first N training images
  --seed N          of the initial weights and the order of the images [1]
  --seeds N         train with so many seeds, from that one on [1]
  --data DIR        MNIST's four IDX files [those of chapter 9]";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let svg: Option<PathBuf> = args.value("--svg", "a file to write")?;
        let svg_forms: Option<PathBuf> = args.value("--svg-forms", "a file to write")?;
        let threads = args.value("--threads", "a whole number, at least 1")?;
        let measure = args.flag("--measure")?;
        let train = args.flag("--train")?;
        let epochs: Option<usize> = args.value("--epochs", "a whole number, at least 1")?;
        let limit: Option<usize> = args.value("--limit", "a whole number, at least 32: one batch")?;
        let seed: Option<u64> = args.value("--seed", "a whole number, at least 0")?;
        let seeds: Option<u64> = args.value("--seeds", "a whole number, at least 1")?;
        let data: Option<PathBuf> = args.value("--data", "a folder with MNIST's four files")?;
        args.finish()?;
        let train = train || epochs.is_some();
        let given = [limit.is_some(), seed.is_some(), seeds.is_some(), data.is_some()];
        for (flag, given) in ["--limit", "--seed", "--seeds", "--data"].into_iter().zip(given) {
            if given && !train {
                return Err(Error::argument(
                    flag,
                    format_args!("it without a training"),
                    "--train or --epochs beside it",
                ));
            }
        }
        if measure && (train || svg.is_some() || svg_forms.is_some()) {
            return Err(Error::argument("--measure", format_args!("it beside something else"), "it alone"));
        }
        if train && (svg.is_some() || svg_forms.is_some()) {
            return Err(Error::argument("--svg", format_args!("it beside a training"), "one of the two"));
        }
        if let Some(threads) = threads {
            parallel::set_threads(threads)?;
        }
        Isa::try_current()?;
        if measure {
            return measure::measure();
        }
        if train {
            let built_in = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../ch09-lenet/data");
            let (epochs, seed, seeds) = (epochs.unwrap_or(2), seed.unwrap_or(1), seeds.unwrap_or(1));
            return Lesson { epochs, seed, seeds, limit, data: data.unwrap_or_else(built_in) }.run();
        }
        if let Some(file) = svg {
            files::write(file, figures::products()?)?;
        }
        if let Some(file) = svg_forms {
            files::write(file, figures::forms()?)?;
        }
        demonstration()
    })
}

fn demonstration() -> Result<()> {
    kernels::rank_one()?;
    kernels::nearest_to_laplace()?;
    by_hand::gradients()?;
    shapes::three_forms()?;
    say!("What is lost? LeNet with each of them in place of its second convolution, on MNIST, in a minute:");
    say!("  cargo run -p ch10-separable -- --train");
    Ok(())
}
