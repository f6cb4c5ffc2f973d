//! Chapter 5's demonstration: everything that the chapter shows.

mod by_hand;
mod checkerboard;
mod figure;
mod measure;
mod views;

use ch01_naive::Naive;
use ch05_transposed::Transposed;
use std::process::ExitCode;
use unrolled::{ConvSpec, Convolution, Result, Tensor, cli, files, say, text};

const USAGE: &str = "\
Transposed convolution: stamps that overlap, the matrix and its transpose, holes between the inputs,
output sizes, and the checkerboard that some kernels leave.

Usage: ch05-transposed [--svg FILE] [--stamps FILE] [--phases FILE]
       ch05-transposed --measure
  --svg FILE      draw the checkerboard as well, into FILE
  --stamps FILE   draw a scatter beside a gather, into FILE
  --phases FILE   draw a kernel dealt out by the phases of the stride, into FILE
  --measure       measure instead how long it takes to double a map
  --help          print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        let stamps: Option<String> = args.value("--stamps", "a file to write")?;
        let phases: Option<String> = args.value("--phases", "a file to write")?;
        let measure = args.flag("--measure")?;
        args.finish()?;
        if let Some(file) = stamps {
            files::write(file, figure::stamps()?)?;
        }
        if let Some(file) = phases {
            files::write(file, figure::phases()?)?;
        }
        if measure {
            return measure::measure();
        }
        let doublings = checkerboard::measure()?;
        if let Some(file) = svg {
            files::write(file, checkerboard::figure(&doublings))?;
        }
        stamps_of_a_signal()?;
        stamps_of_an_image()?;
        views::transposed_matrix()?;
        views::holes()?;
        views::sizes()?;
        by_hand::gradients()?;
        by_hand::phases();
        checkerboard::show(&doublings);
        measure::count()
    })
}

/// The input's parts: each holds one of its elements, at its place.
fn parts(x: &Tensor) -> Result<Vec<Tensor>> {
    let part = |i| Tensor::from_fn(x.shape(), |j| if i == j { x.data()[i] } else { 0.0 });
    (0..x.len()).map(part).collect()
}

/// Each input of a signal by itself, and all together.
fn stamps_of_a_signal() -> Result<()> {
    let spec = ConvSpec { stride: [2], ..ConvSpec::default() };
    let x = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
    let transposed = Transposed::new(Naive);
    say!("Each input stamps the kernel, times itself. The next stamp is a stride further on, and where stamps");
    say!("overlap they add up. Input [1, 2, 3], kernel [1, 10, 100], stride 2 (dots are zeros):\n");
    for (part, input) in parts(&x)?.iter().zip(x.data()) {
        say!("{input} stamps  {}", row(transposed.forward(&spec, part, &w)?.data(), 3));
    }
    say!("output    {}\n", row(transposed.forward(&spec, &x, &w)?.data(), 3));
    Ok(())
}

fn stamps_of_an_image() -> Result<()> {
    let x = Tensor::new(&[1, 1, 2, 2], vec![0.0, 1.0, 2.0, 3.0])?; // and the kernel has the same numbers
    say!("An image does the same in two dimensions. Input and kernel are both [[0, 1], [2, 3]]:\n");
    for stride in [1, 2] {
        let spec = ConvSpec { stride: [stride; 2], ..ConvSpec::default() };
        let stamp = |part: &Tensor| Transposed::new(Naive).forward(&spec, part, &x);
        let title = |text: String, map: Tensor| [vec![text], grid(map.data(), map.shape()[3], 2)].concat();
        let mut blocks = Vec::new();
        for (part, input) in parts(&x)?.iter().zip(x.data()) {
            blocks.push(title(format!("{input} stamps"), stamp(part)?));
        }
        blocks.push(title(format!("output, stride {stride}"), stamp(&x)?));
        say!("{}", beside(&blocks));
    }
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let cropped = Transposed::new(Naive).forward(&spec, &x, &x)?.reshape(&[1, 1])?;
    say!("Padding, which makes the output of a convolution larger, crops this one. With stride 1 and padding 1,");
    say!("the middle is left: {cropped:.0}\n");
    Ok(())
}

/// Numbers in a row, each as wide as `width`; zeros are dots.
fn row(numbers: &[f32], width: usize) -> String {
    let cell = |x: &f32| if *x == 0.0 { format!("{:>width$}", ".") } else { format!("{x:width$}") };
    numbers.iter().map(cell).collect::<Vec<_>>().join(" ")
}

/// A matrix as [`row`]s of so many columns.
fn grid(numbers: &[f32], columns: usize, width: usize) -> Vec<String> {
    numbers.chunks(columns).map(|numbers| row(numbers, width)).collect()
}

/// Blocks of lines next to each other.
fn beside(blocks: &[Vec<String>]) -> String {
    let blocks: Vec<_> = blocks.iter().map(|lines| lines.join("\n")).collect();
    text::beside(&blocks, "   ") + "\n"
}
