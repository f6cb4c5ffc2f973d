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

/// The layer that the ladder measures: 64 to 64 channels, 3 × 3, on 56 × 56.
fn layer() -> Result<(ConvSpec<2>, ConvShape<2>)> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    Ok((spec, spec.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])?))
}

/// What the layer takes with the column matrix written down: memory, and operations for each byte that is moved.
fn memory() -> Result<()> {
    let (_, shape) = layer()?;
    let kib = |shape: &[usize]| 4 * shape.iter().product::<usize>() / 1024;
    let [x, w, y] = [kib(&shape.input_shape()), kib(&shape.weight_shape()), kib(&shape.output_shape())];
    let p = Im2col::workspace::<f32, 2>(&shape) / 1024;
    let intensity = |kib: usize| shape.flops() / (1024 * kib) as f64;
    say!("A layer of 64 to 64 channels, 3x3, on 56x56, in f32:\n");
    say!("tensor or matrix                       KiB");
    say!("input                               {x:6}");
    say!("weight                              {w:6}");
    say!("output                              {y:6}");
    say!("P, {} x {}                       {p:6}, {} times the input\n", shape.taps(), shape.positions_out(), p / x);
    say!("operations a byte, all moved once       {:3.0}", intensity(x + w + y));
    say!("and with P written and read again       {:3.0}\n", intensity(x + w + y + 2 * p));
    Ok(())
}
