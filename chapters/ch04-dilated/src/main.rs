//! Chapter 4's demonstration: everything that the chapter shows.

mod by_hand;
mod field;
mod figure;
mod measure;
mod text;

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch04_dilated::{Dilated, SubGrids};
use std::process::ExitCode;
use text::{beside, matrix};
use unrolled::simd::Isa;
use unrolled::{ConvSpec, Convolution, Result, Tensor, cli, files, say};

const USAGE: &str = "\
Kernels with holes: a dilated convolution by hand, its sub-grids, how far stacks of layers see, and what they miss.

Usage: ch04-dilated [--svg FILE] [--sub-grids FILE] [--growth FILE]
       ch04-dilated --measure
  --svg FILE         draw what two stacks of dilated layers see as well, into FILE
  --sub-grids FILE   draw the sub-grids of an image, into FILE
  --growth FILE      draw how the receptive field grows from layer to layer, into FILE
  --measure          measure instead how long the three passes of a layer take
  --help             print this text";

/// Makes a picture.
type Drawing = fn() -> Result<String>;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let drawings: [(&str, Drawing); 3] =
            [("--svg", figure::gridding), ("--sub-grids", figure::sub_grids), ("--growth", figure::growth)];
        let wanted = drawings.map(|(flag, draw)| (args.value::<String>(flag, "a file to write"), draw));
        args.finish()?;
        Isa::try_current()?;
        for (file, draw) in wanted {
            if let Some(file) = file? {
                files::write(file, draw()?)?;
            }
        }
        if measure {
            return measure::measure();
        }
        example_by_hand()?;
        sub_grids()?;
        strides()?;
        field::context()?;
        field::networks()?;
        field::gridding()?;
        field::gapless()?;
        by_hand::gradients()?;
        measure::count()
    })
}

/// An image of three channels, 7 × 7, and three sub-kernels of 3 × 3.
fn example() -> Result<(Tensor, Tensor)> {
    let image = Tensor::from_fn(&[1, 3, 7, 7], |i| (i * i / 3 % 5) as f32)?;
    #[rustfmt::skip]
    let weight = Tensor::new(&[1, 3, 3, 3], vec![
        1.0, 0.0, 1.0,  0.0, 2.0, 0.0,  1.0, 0.0, 1.0,
        0.0, 1.0, 0.0,  1.0, 0.0, 1.0,  0.0, 1.0, 0.0,
        2.0, 0.0, 0.0,  0.0, 1.0, 0.0,  0.0, 0.0, 2.0,
    ])?;
    Ok((image, weight))
}

/// A kernel of 3 × 3 at dilation 2: as `Conv2d(3, 1, 3, dilation=2)`.
fn spec() -> ConvSpec<2> {
    ConvSpec { dilation: [2, 2], ..ConvSpec::default() }
}

fn example_by_hand() -> Result<()> {
    let (image, weight) = example()?;
    say!("A kernel of 3x3 at dilation 2 has holes: its taps lie 2 apart and reach over 5x5. So a 7x7 image");
    say!("gives a map of 3x3, where a dense kernel of 3x3 gives 5x5. Three channels in, one out:\n");
    let mut channels = Vec::new();
    for (c, name) in ["R", "G", "B"].into_iter().enumerate() {
        let (x, w) = (&image.data()[49 * c..][..49], &weight.data()[9 * c..][..9]);
        let (image, kernel) = (Tensor::new(&[1, 1, 7, 7], x.to_vec())?, Tensor::new(&[1, 1, 3, 3], w.to_vec())?);
        let map = Naive.forward(&spec(), &image, &kernel)?;
        say!("{name}\n{}", beside(&[matrix(7, x), matrix(3, w), matrix(3, map.data())], &["*", "="]));
        channels.push((name, x, w, map.data()[0]));
    }
    say!("The first number of each map, from the inputs under the taps:\n");
    let windows: Vec<_> = channels.iter().map(|(_, x, ..)| first_window(x)).collect();
    say!("{}", beside(&windows, &["", ""]));
    for (name, x, w, sum) in &channels {
        let products = (0..9).filter(|&i| w[i] != 0.0).map(|i| format!("{}·{}", w[i], x[i / 3 * 14 + i % 3 * 2]));
        say!("{name}: {} = {sum}", products.collect::<Vec<_>>().join(" + "));
    }
    let output = Dilated(Im2col).forward(&spec(), &image, &weight)?;
    let sums: Vec<_> = channels.iter().map(|(.., sum)| sum.to_string()).collect();
    say!("{} = {}\n", sums.join(" + "), output.data()[0]);
    say!("{:?} gives {:?}:\n\n{output:.0}\n", image.shape(), output.shape());
    Ok(())
}

/// The first window of a 7 × 7 image: the inputs under the taps, and holes.
fn first_window(x: &[f32]) -> Vec<String> {
    let holes = ". . . . .".to_owned();
    let taps = |row: usize| format!("{} . {} . {}", x[7 * row], x[7 * row + 2], x[7 * row + 4]);
    vec![taps(0), holes.clone(), taps(2), holes, taps(4)]
}

/// Where the inputs of a 7 × 7 image go, and where the outputs come from. Each number says its row and its column.
fn sub_grids() -> Result<()> {
    let shape = spec().resolve(&[1, 1, 7, 7], &[1, 1, 3, 3])?;
    let (input, output) = SubGrids::of(&shape)?;
    let places = |size: usize| Tensor::<f32>::from_fn(&[1, 1, size, size], |i| (11 + i / size * 10 + i % size) as f32);
    let (x, y) = (input.gather(&places(7)?)?, output.gather(&places(3)?)?);
    say!("Outputs that are 2 apart read inputs that are 2 apart, and no others. So the image falls into 2x2");
    say!("sub-grids, one for each phase, and on each the convolution is dense. Numbers say row and column, from 1:\n");
    say!("{}", beside(&[matrix(7, places(7)?.data()), matrix(3, places(3)?.data())], &["->"]));
    for (phase, (x, y)) in x.data().chunks(16).zip(y.data().chunks(4)).enumerate() {
        say!("phase ({}, {})\n{}", phase / 2, phase % 2, beside(&[matrix(4, x), matrix(2, y)], &["->"]));
    }
    say!("{:?} becomes {:?}, and one dense convolution of 3x3 gives {:?},", shape.input_shape(), x.shape(), y.shape());
    say!(
        "which goes back to {:?}. The zeros are there because 2 doesn't divide 3 and 7: what is computed",
        shape.output_shape()
    );
    say!("from them is dropped.\n");

    let (image, weight) = example()?;
    let expected = Naive.forward(&spec(), &image, &weight)?;
    say!("The example above, by algorithms that don't know dilation:\n");
    let winograd = Dilated(Winograd::<2>);
    let algorithms: [(&str, &dyn Convolution<Tensor, 2>); 3] =
        [("naive", &Dilated(Naive)), ("fused", &Dilated(Fused)), ("winograd F(2x2, 3x3)", &winograd)];
    for (name, algorithm) in algorithms {
        let same = algorithm.forward(&spec(), &image, &weight)? == expected;
        say!("{name:20}  {}", if same { "the same numbers" } else { "other numbers" });
    }
    say!("");
    Ok(())
}

/// What a dilated layer with a stride is told.
fn strides() -> Result<()> {
    let (image, weight) = example()?;
    let strided = ConvSpec { stride: [2, 2], ..spec() };
    say!("With a stride as well, the sub-grids of input and output don't pair up any more, and it is refused:\n");
    match Dilated(Fused).forward(&strided, &image, &weight) {
        Err(e) => say!("  {e}\n"),
        Ok(y) => say!("  {y}\n"),
    }
    Ok(())
}
