//! Chapter 2's demonstration: a convolution as a matrix product, and the ladder from naive to fused.

mod by_hand;
mod figures;
mod measure;

use ch02_im2col::Im2col;
use std::process::ExitCode;
use unrolled::simd::Isa;
use unrolled::{ConvShape, ConvSpec, Error, Result, cli, files, parallel, say};

const USAGE: &str = "\
Convolution as a matrix product: the column matrix of a small example, its gradients, an image as a strip,
and how fast each way of computing a larger layer is.

Usage: ch02-im2col [--threads N]
       ch02-im2col --measure product|passes [--threads N]
       ch02-im2col [--svg FILE] [--blocks FILE]
  --threads N     the most threads to measure with [2, or as many as there are cores if fewer]
  --measure WHAT  measure only: the steps of the product, or the passes of the layer
  --svg FILE      only draw how a window becomes a column, into FILE
  --blocks FILE   only draw the blocks of a matrix product
  --help          print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let threads = args.value("--threads", "a whole number, at least 1")?;
        let window: Option<String> = args.value("--svg", "a file to write")?;
        let blocks: Option<String> = args.value("--blocks", "a file to write")?;
        let what: Option<String> = args.value("--measure", "product or passes")?;
        args.finish()?;
        let threads = threads.unwrap_or(parallel::threads().min(2));
        parallel::set_threads(threads)?;
        Isa::try_current()?;
        match what.as_deref() {
            Some("product") => return measure::product(),
            Some("passes") => return measure::passes(threads),
            Some(other) => return Err(Error::argument("--measure", other, "product or passes")),
            None => {}
        }
        if window.is_some() || blocks.is_some() {
            window.map_or(Ok(()), |file| files::write(file, figures::window_to_column()?))?;
            return blocks.map_or(Ok(()), |file| files::write(file, figures::blocks()?));
        }
        by_hand::column_matrix()?;
        by_hand::gradients()?;
        by_hand::strip()?;
        by_hand::phases()?;
        memory()?;
        measure::passes(threads)
    })
}

/// The layer that is measured: 64 to 64 channels, 3 × 3, on 56 × 56.
fn layer() -> Result<(ConvSpec<2>, ConvShape<2>)> {
    layer_on(56)
}

/// The same on a map of another size.
fn layer_on(side: usize) -> Result<(ConvSpec<2>, ConvShape<2>)> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    Ok((spec, spec.resolve(&[1, 64, side, side], &[64, 64, 3, 3])?))
}

/// What a layer takes with the column matrix written down: memory, and operations for each byte that is moved.
fn memory() -> Result<()> {
    let shapes = [layer_on(56)?.1, layer_on(224)?.1];
    let kib = |shape: &[usize]| 4 * shape.iter().product::<usize>() / 1024;
    let row = |name: &str, of: &dyn Fn(&ConvShape<2>) -> usize| {
        say!("{name:37}{:9}{:9}", of(&shapes[0]), of(&shapes[1]));
    };
    let tensors = |s: &ConvShape<2>| kib(&s.input_shape()) + kib(&s.weight_shape()) + kib(&s.output_shape());
    let matrix = |s: &ConvShape<2>| Im2col::workspace::<f32, 2>(s) / 1024;
    let operations = |s: &ConvShape<2>, kib: usize| (s.flops() / (1024 * kib) as f64).round() as usize;
    say!("A layer of 64 to 64 channels, 3x3, one image, in f32:\n");
    say!("{:37}{:>9}{:>9}", "KiB, on a map of", "56x56", "224x224");
    row("input", &|s| kib(&s.input_shape()));
    row("weight", &|s| kib(&s.weight_shape()));
    row("output", &|s| kib(&s.output_shape()));
    row("P", &matrix);
    row("P, in inputs", &|s| matrix(s) / kib(&s.input_shape()));
    row("operations a byte, all moved once", &|s| operations(s, tensors(s)));
    row("and with P written and read", &|s| operations(s, tensors(s) + 2 * matrix(s)));
    say!("");
    Ok(())
}
