//! Chapter 0's demonstration: everything that the chapter shows.

mod by_hand;
mod differences;
mod figures;
mod formula;
mod list;
mod measure;
mod ops;
mod places;
mod whole;

use std::process::ExitCode;
use unrolled::{Result, cli, files, say};

const USAGE: &str = "\
Before convolution: where the elements of a tensor stand, a tape by hand, an operation and its adjoint, gradients against
differences, and what is kept for a backward pass.

Usage: before [--strides FILE] [--tape FILE] [--whole FILE]
       before --measure
  --strides FILE  draw a tensor and its memory as well, into FILE
  --tape FILE     draw the calculation that is differentiated by hand
  --whole FILE    draw the matrix of a convolution, and what each chapter does with it
  --measure       measure instead: rows and columns, a product and its gradients, a step of the tape
  --help          print this text";

/// Makes a picture.
type Drawing = fn() -> Result<String>;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let drawings: [(&str, Drawing); 3] =
            [("--strides", figures::strides), ("--tape", figures::tape), ("--whole", whole::whole)];
        let wanted = drawings.map(|(flag, draw)| (args.value::<String>(flag, "a file to write"), draw));
        args.finish()?;
        for (file, draw) in wanted {
            if let Some(file) = file? {
                files::write(file, draw()?)?;
            }
        }
        if measure {
            return measure::measure();
        }
        places::print()?;
        by_hand::print()?;
        list::print()?;
        ops::print()?;
        differences::print()?;
        measure::count()?;
        say!("The same calculation, with letters for values:\n");
        formula::print()
    })
}
