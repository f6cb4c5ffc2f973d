//! Chapter 11's demonstration: which convolution, when, and how far from the machine's limit.

mod figure;
mod hand;
mod options;
mod peer;
mod table;

use ch09_lenet::progress::Progress;
use ch11_choosing::race::race;
use ch11_choosing::{Tuned, problem};
use options::{Mode, Options};
use std::process::ExitCode;
use unrolled::{Result, cli, files, say};

const USAGE: &str = "\
Which convolution, when? Races every candidate on a table of layers, against each other, the machine's limit,
and, if asked, PyTorch.

Usage: ch11-choosing [options]
  --threads N        the threads to compute with [all cores]
  --layers FILE      a table of layers, in the format of this crate's layers.tsv [that one]
  --only LIST        layers whose names contain one of these, with commas between them [all]
  --passes LIST      of fwd, bwd_data, bwd_weight [all three]
  --seconds X        how long each candidate runs, for each layer and pass [0.1]
  --tolerance X      the error to accept, in times of the plain sum's largest: 1 only plain sums, 4 with
                     Winograd's F(2x2, 3x3), 16 with F(4x4, 3x3), 64 with F(6x6, 3x3) [16]
  --workspace MIB    what an algorithm may take beside its tensors, where it can be bounded [64]
  --svg FILE         draw the roofline as well, into FILE

instead of the table:
  --by-hand          the roofline by hand, and forecasts for an assumed machine: what the book shows; alone
  --forecast FILE    draw the roofline of these forecasts into FILE; alone
  --explain          why: the forecast of each candidate; computes nothing
  --tune FILE        time the candidates of what FILE doesn't know yet, add that to it, and say why
  --tsv              only the chosen ones, a line each: name.pass, milliseconds, GFLOP/s
  --torch            the chosen ones against PyTorch's, in turns (needs python3 with torch)

  --help             print this text

Standard output holds the results, standard error the progress.";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        if args.flag("--by-hand")? {
            args.finish()?;
            return hand::run();
        }
        if let Some(file) = args.value::<String>("--forecast", "a file to write")? {
            args.finish()?;
            return files::write(&file, hand::figure());
        }
        let (options, mode) = Options::parse(args)?;
        match mode {
            Mode::Table { svg } => table::run(&options, svg.as_deref()),
            Mode::Explain => explain(&options),
            Mode::Tune { file } => tune(&options, &file),
            Mode::Tsv => tsv(&options),
            Mode::Torch => peer::run(&options),
        }
    })
}

fn explain(options: &Options) -> Result<()> {
    for layer in &options.layers {
        for &pass in &options.passes {
            say!("{}: {}", layer.name, problem::explain(layer, &options.auto, pass));
        }
    }
    Ok(())
}

fn tune(options: &Options, file: &str) -> Result<()> {
    let tuned = Tuned::with_file(options.auto, file)?;
    say!("{}\n", tuned.note());
    let mut progress = Progress::start();
    for (i, layer) in options.layers.iter().enumerate() {
        let problem = problem::fill(layer)?;
        for &pass in &options.passes {
            progress.show(|| options.text(i, pass));
            problem.tuned(&tuned, pass)?;
            progress.clear();
            say!("{}: {}", layer.name, problem.explain(&tuned, pass));
        }
    }
    Ok(())
}

fn tsv(options: &Options) -> Result<()> {
    let mut progress = Progress::start();
    for (i, layer) in options.layers.iter().enumerate() {
        let problem = problem::fill(layer)?;
        for &pass in &options.passes {
            progress.show(|| options.text(i, pass));
            let run = |_| problem.auto(&options.auto, pass).map(drop);
            let ms = race(1, options.budget, run).remove(0)?.as_secs_f64() * 1e3;
            progress.clear();
            say!("{}.{pass}\t{ms:.4}\t{:.2}", layer.name, problem.flops() / ms / 1e6);
        }
    }
    Ok(())
}
