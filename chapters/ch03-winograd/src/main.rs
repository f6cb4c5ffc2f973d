//! Chapter 3's demonstration: the trick by hand, where its matrices come from, and what it saves and costs.

mod by_hand;
mod count;
mod figure;
mod measure;
mod stages;

use ch03_winograd::{POINTS, Rational, cook_toom};
use std::process::ExitCode;
use unrolled::simd::Isa;
use unrolled::{Result, cli, files, parallel, say};

const USAGE: &str = "\
Convolution with fewer multiplications: examples by hand, the matrices, and what they save.

Usage: ch03-winograd [--tiles FILE] [--stages FILE]
       ch03-winograd --accuracy
       ch03-winograd --measure [--threads N]
  --tiles FILE    draw how tiles overlap as well, into FILE
  --stages FILE   draw a tile's way through its transforms
  --accuracy      print instead how large the errors are in f32, on this machine
  --measure       measure instead how fast the algorithms are, on this machine
  --threads N     the most threads to measure with [2, or as many as there are cores if fewer]
  --help          print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let (accuracy, measure) = (args.flag("--accuracy")?, args.flag("--measure")?);
        let threads = args.value("--threads", "a whole number, at least 1")?;
        let tiles: Option<String> = args.value("--tiles", "a file to write")?;
        let stages: Option<String> = args.value("--stages", "a file to write")?;
        args.finish()?;
        let threads = threads.unwrap_or(parallel::threads().min(2));
        parallel::set_threads(threads)?;
        Isa::try_current()?;
        if let Some(file) = tiles {
            files::write(file, figure::tiles())?;
        }
        if let Some(file) = stages {
            files::write(file, stages::draw()?)?;
        }
        match (accuracy, measure) {
            (true, _) => measure::accuracy(),
            (_, true) => measure::speed(threads),
            _ => examples(),
        }
    })
}

/// All that can be checked by hand or counted.
fn examples() -> Result<()> {
    by_hand::filter()?;
    by_hand::polynomials()?;
    matrices()?;
    stages::print()?;
    by_hand::gradients()?;
    count::savings()?;
    count::tile()?;
    count::sizes()?;
    count::layer()
}

/// The three matrices of F(m, r), side by side, as fractions.
fn matrices() -> Result<()> {
    let points: Vec<_> = POINTS.iter().map(|&(over, under)| Rational::new(over, under).to_string()).collect();
    say!("The points, in the order in which they are taken:");
    say!("{}, and infinity.", points.join(", "));
    for (m, r) in [(2, 3), (4, 3)] {
        let f = cook_toom(m, r)?;
        say!("\nF({m}, {r})");
        for (name, matrix) in [("Bt", &f.bt), ("G", &f.g), ("At", &f.at)] {
            for (i, row) in matrix.iter().enumerate() {
                let row: String = row.iter().map(|x| format!("{:>6}", x.to_string())).collect();
                say!("{:>3}{row}", if i == 0 { name } else { "" });
            }
        }
    }
    say!("");
    Ok(())
}
