//! Appendix C's numbers: one layer in all its variants, from the formulas and from the chapters' code. Where the two differ
//! there is no table, but an error.

mod formulas;
mod gradients;
mod layer;

use std::process::ExitCode;
use unrolled::{Error, cli};

const USAGE: &str = "\
The formulas of the book's appendix C, worked on one layer.

Usage: formulas PART
  layer        parameters, multiplications and sizes of its variants
  algorithms   what the ways to compute it multiply, and what they take
  gradients    the adjoint identity of each variant
  others       pooling, ReLU, softmax and the shuffle, with their gradients
  --help       print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let part = args.positional().unwrap_or_default();
        args.finish()?;
        match part.as_str() {
            "layer" => layer::variants(),
            "algorithms" => layer::algorithms(),
            "gradients" => gradients::variants(),
            "others" => gradients::others(),
            _ => Err(Error::argument("part", part, "layer, algorithms, gradients or others")),
        }
    })
}
