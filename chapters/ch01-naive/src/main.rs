//! Chapter 1's demonstration: everything that the chapter shows.

mod by_hand;
mod figures;
mod measure;

use ch01_naive::{Naive, flip, steps};
use std::process::ExitCode;
use unrolled::text::beside;
use unrolled::{ConvSpec, Result, Tensor, Var, cli, conv, files, say};

const USAGE: &str = "\
Convolution by hand: a sliding window, three channels, a flip, output sizes, both gradients, and a kernel that is
learned.

Usage: ch01-naive [--svg FILE] [--matrix FILE] [--warp FILE]
       ch01-naive --measure
  --svg FILE     draw the sliding window as well, into FILE
  --matrix FILE  draw it as a row of a matrix
  --warp FILE    draw what memory moves for the loads of a warp
  --measure      measure instead how long the three passes of a layer take
  --help         print this text";

/// Makes a picture.
type Drawing = fn() -> Result<String>;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let drawings: [(&str, Drawing); 3] =
            [("--svg", figures::sliding_window), ("--matrix", figures::sparse_matrix), ("--warp", figures::warp)];
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
        sliding_window()?;
        three_channels()?;
        correlation_or_convolution()?;
        output_sizes()?;
        by_hand::gradients()?;
        learned_kernel()?;
        measure::count()
    })
}

/// The example of every course: an input of 5 × 5, and a kernel of 3 × 3.
fn example() -> Result<(Tensor, Tensor)> {
    #[rustfmt::skip]
    let input = Tensor::new(&[5, 5], vec![
        3.0, 3.0, 2.0, 1.0, 0.0,
        0.0, 0.0, 1.0, 3.0, 1.0,
        3.0, 1.0, 2.0, 2.0, 3.0,
        2.0, 0.0, 0.0, 2.0, 2.0,
        2.0, 0.0, 0.0, 0.0, 1.0,
    ])?;
    #[rustfmt::skip]
    let kernel = Tensor::new(&[3, 3], vec![
        0.0, 1.0, 2.0,
        2.0, 2.0, 0.0,
        0.0, 1.0, 2.0,
    ])?;
    Ok((input, kernel))
}

/// The products that meet in the first output, as one writes them: "0·3 + 1·3 + ...".
fn first_window(input: &Tensor, kernel: &Tensor) -> String {
    let (columns, width) = (input.shape()[1], kernel.shape()[1]);
    let product = |(i, w): (usize, &f32)| format!("{w}·{}", input.data()[i / width * columns + i % width]);
    kernel.data().iter().enumerate().map(product).collect::<Vec<_>>().join(" + ")
}

fn sliding_window() -> Result<()> {
    let (input, kernel) = example()?;
    let map = steps::single_channel(&input, &kernel)?;
    say!("A window of the kernel's size slides over the input.\n");
    say!("input\n{input:.0}\n\nkernel\n{kernel:.0}\n\nfeature map\n{map:.0}\n");
    say!("Its first number: {} = {}\n", first_window(&input, &kernel), map.data()[0]);
    Ok(())
}

fn three_channels() -> Result<()> {
    #[rustfmt::skip]
    let image = Tensor::new(&[3, 3, 3], vec![
        1.0, 0.0, 2.0,  1.0, 3.0, 0.0,  0.0, 1.0, 2.0,
        0.0, 1.0, 1.0,  2.0, 0.0, 1.0,  1.0, 1.0, 0.0,
        2.0, 2.0, 0.0,  0.0, 1.0, 1.0,  3.0, 0.0, 1.0,
    ])?;
    let weight = Tensor::new(&[1, 3, 2, 2], vec![1.0, 0.0, 0.0, 1.0, 0.0, 2.0, 1.0, 0.0, -1.0, 1.0, 1.0, 0.0])?;
    say!("An image of three channels meets a sub-kernel for each. The three maps are summed.\n");
    for (c, name) in ["R", "G", "B"].into_iter().enumerate() {
        let channel = Tensor::new(&[3, 3], image.data()[9 * c..][..9].to_vec())?;
        let kernel = Tensor::new(&[2, 2], weight.data()[4 * c..][..4].to_vec())?;
        let map = steps::single_channel(&channel, &kernel)?;
        let [channel, kernel, map] = [channel, kernel, map].map(|m| format!("{m:.0}"));
        say!("{name}\n{}\n", beside(&[&channel, "*", &kernel, "=", &map], "  "));
    }
    let sum = steps::channels(&image, &weight)?.reshape(&[2, 2])?;
    say!("R + G + B\n{sum:.0}\n");
    Ok(())
}

fn correlation_or_convolution() -> Result<()> {
    let mut input = Tensor::zeros(&[3, 3])?;
    input.data_mut()[4] = 1.0;
    let kernel = Tensor::new(&[3, 3], (1..=9).map(|i| i as f32).collect())?;
    let padded = |kernel: &Tensor| steps::strided(&input, kernel, [1, 1], [1, 1]);
    say!("What deep learning calls convolution is cross-correlation. A single 1 shows it: the kernel comes");
    say!("out backwards. Convolution as mathematics has it flips the kernel first, and it comes out as it is.\n");
    say!("kernel\n{kernel:.0}\n\ncorrelation of a single 1 with it\n{:.0}\n", padded(&kernel)?);
    say!("convolution: correlation with the flipped kernel\n{:.0}\n", padded(&flip(&kernel, 2))?);
    Ok(())
}

fn output_sizes() -> Result<()> {
    say!("output = floor((input + 2 padding - dilation (kernel - 1) - 1) / stride) + 1\n");
    say!("input  kernel  stride  padding  dilation  output");
    for (input, kernel, stride, padding, dilation) in
        [(28, 5, 1, 0, 1), (28, 5, 1, 2, 1), (28, 5, 2, 2, 1), (28, 5, 3, 0, 1), (28, 3, 1, 0, 2), (28, 3, 1, 2, 2)]
    {
        let spec = ConvSpec::new([stride], [padding], [dilation], 1)?;
        let [output] = spec.output_size([input], [kernel])?;
        say!("{input:5}  {kernel:6}  {stride:6}  {padding:7}  {dilation:8}  {output:6}");
    }
    say!("");
    Ok(())
}

// ANCHOR: learn
/// A kernel is hidden in what it does to one image. Gradient descent finds it.
fn learned_kernel() -> Result<()> {
    let spec = ConvSpec::<2>::default();
    // White, with a black stripe: the edges are where a pixel differs from its neighbour.
    let image = Tensor::from_fn(&[1, 1, 6, 8], |i| if (2..6).contains(&(i % 8)) { 0.0 } else { 1.0 })?;
    let hidden = Tensor::new(&[1, 1, 1, 2], vec![1.0, -1.0])?;
    let image = Var::constant(image);
    let edges = conv(&Naive, &spec, &image, &Var::constant(hidden), None)?.value();

    let kernel = Var::parameter(Tensor::new(&[1, 1, 1, 2], vec![0.3, 0.1])?);
    say!("Edges, made by the hidden kernel [1, -1]; a kernel that starts as [0.3, 0.1] learns to make them:\n");
    say!("step    loss   kernel");
    for step in 0..=20 {
        let loss = squared_error(&conv(&Naive, &spec, &image, &kernel, None)?, &edges)?;
        if step % 2 == 0 {
            let [loss, a, b] = [loss.value().data()[0], kernel.value().data()[0], kernel.value().data()[1]];
            say!("{step:4}  {loss:6.3}   [{a:.3}, {b:.3}]");
        }
        loss.backward()?;
        let slope = kernel.grad().expect("the loss depends on the kernel");
        kernel.update(|w| w.data_mut().iter_mut().zip(slope.data()).for_each(|(w, d)| *w -= 0.02 * d));
        kernel.clear_grad();
    }
    say!("");
    Ok(())
}
// ANCHOR_END: learn

// ANCHOR: squared_error
/// Σ (y − target)², whose gradient is 2 (y − target).
fn squared_error(y: &Var<Tensor>, target: &Tensor) -> Result<Var<Tensor>> {
    let off = y.value().zip(target, |y, t| y - t)?;
    let sum = Tensor::scalar(off.dot(&off)?);
    Ok(Var::op(sum).input(y, move |d| Ok(off.map(|x| 2.0 * x * d.data()[0]))).var())
}
// ANCHOR_END: squared_error
