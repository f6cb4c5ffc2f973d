//! Chapter 6's demonstration: planes that are summed, motion, surfaces, and what (2+1)D saves.

mod draw;
mod figure;
mod scenes;

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch06_conv3d::{Sliced, conv2plus1d, conv3d, cost_2plus1d, middle_channels};
use draw::beside;
use std::process::ExitCode;
use std::time::Duration;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, cli, files, init, nn, no_grad, parallel, say, timing};

const USAGE: &str = "\
Convolution in three dimensions: a kernel that sees motion, one that finds the surfaces in a volume, and
what they cost.

Usage: ch06-conv3d [--svg FILE]
  --svg FILE   draw the volume and its surfaces as well, into FILE
  --help       print this text";

/// What the film and the volume are made from.
const SEED: u64 = 6;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        args.finish()?;
        if let Some(file) = svg {
            files::write(file, figure::slices(SEED)?)?;
        }
        sum_of_planes()?;
        scenes::motion(SEED)?;
        scenes::same_frame()?;
        scenes::surfaces(SEED)?;
        costs()?;
        speed()
    })
}

// ANCHOR: planes
/// The first plane that a 2 × 2 × 2 kernel makes, from 2D convolutions of two planes of the input.
fn sum_of_planes() -> Result<()> {
    #[rustfmt::skip]
    let input = Tensor::new(&[1, 1, 3, 3, 3], vec![
        1.0, 0.0, 2.0,  0.0, 1.0, 0.0,  2.0, 0.0, 1.0,
        0.0, 3.0, 0.0,  1.0, 0.0, 1.0,  0.0, 2.0, 0.0,
        2.0, 1.0, 0.0,  0.0, 0.0, 3.0,  1.0, 1.0, 0.0,
    ])?;
    let weight = Tensor::new(&[1, 1, 2, 2, 2], vec![1.0, 0.0, 0.0, 2.0, 0.0, 1.0, 1.0, 0.0])?;
    let output = Naive.forward(&ConvSpec::<3>::default(), &input, &weight)?;

    let plane = |t: &Tensor, z: usize| {
        let [h, w] = [t.shape()[3], t.shape()[4]];
        Tensor::new(&[1, 1, h, w], t.data()[z * h * w..][..h * w].to_vec())
    };
    let flat = |z| Naive.forward(&ConvSpec::<2>::default(), &plane(&input, z)?, &plane(&weight, z)?);
    // ANCHOR_END: planes
    let show = |t: Tensor| Ok(format!("{:.0}", t.clone().reshape(&t.shape()[2..])?));
    say!("A kernel with depth 2: output plane 0 is the sum of two convolutions in 2D.\n");
    let columns = ["input plane 0", "kernel slice 0", "their convolution"];
    for z in 0..2 {
        let titles = columns.map(|title| title.replace('0', &z.to_string()));
        let blocks = [show(plane(&input, z)?)?, show(plane(&weight, z)?)?, show(flat(z)?)?];
        let blocks: Vec<_> = titles.iter().map(String::as_str).zip(blocks).collect();
        say!("{}\n", beside(&blocks));
    }
    let blocks = [show(flat(0)?.zip(&flat(1)?, |a, b| a + b)?)?, show(plane(&output, 0)?)?];
    say!("{}\n", beside(&["their sum", "output plane 0"].into_iter().zip(blocks).collect::<Vec<_>>()));
    same_by_all(&input, &weight)
}

/// Output and both gradients of the example, by everything that can do it.
fn same_by_all(input: &Tensor, weight: &Tensor) -> Result<()> {
    let spec = ConvSpec::<3>::default();
    let dy = Tensor::from_fn(&[1, 1, 2, 2, 2], |i| i as f32)?;
    let passes = |algorithm: &dyn Convolution<Tensor, 3>| {
        Result::Ok([
            algorithm.forward(&spec, input, weight)?,
            algorithm.grad_input(&spec, input.shape(), weight, &dy)?,
            algorithm.grad_weight(&spec, input, weight.shape(), &dy)?,
        ])
    };
    let expected = passes(&Naive)?;
    let algorithms: [(&str, &dyn Convolution<Tensor, 3>); 4] =
        [("im2col", &Im2col), ("fused", &Fused), ("sliced naive", &Sliced(Naive)), ("sliced fused", &Sliced(Fused))];
    say!("against the definition     output  grad_input  grad_weight");
    for (name, algorithm) in algorithms {
        let got = passes(algorithm)?;
        let [y, dx, dw] = [0, 1, 2].map(|i| if got[i] == expected[i] { "same" } else { "differs" });
        say!("{name:25}  {y:>6}  {dx:>10}  {dw:>11}");
    }
    say!("");
    Ok(())
}

// ANCHOR: costs
/// Layers of C3D, and (2+1)D in their place.
fn costs() -> Result<()> {
    say!("Layers of C3D (3x3x3, padding 1), and (2+1)D with as many parameters in their place:\n");
    say!("layer                            3D: parameters  multiplies   (2+1)D: middle  parameters  multiplies");
    let layers = [(3, 64, [16, 112, 112]), (64, 128, [16, 56, 56]), (128, 256, [8, 28, 28]), (256, 512, [4, 14, 14])];
    for (c, k, size) in layers {
        let spec = ConvSpec { padding: [1, 1, 1], ..ConvSpec::<3>::default() };
        let shape = spec.resolve(&[&[1, c], &size[..]].concat(), &[k, c, 3, 3, 3])?;
        let middle = middle_channels(&shape);
        let [whole, split] = [shape.cost(), cost_2plus1d(&shape, middle)?];
        say!(
            "{:31}  {:14}  {:8.0} M   {middle:14}  {:10}  {:8.0} M",
            format!("{:?} to {k}", shape.input_shape()),
            whole.parameters,
            whole.multiplies as f64 / 1e6,
            split.parameters,
            split.multiplies as f64 / 1e6,
        );
    }
    // ANCHOR_END: costs
    let (x, [w, w1, w2], spec) = layer()?;
    let (x, weights) = (Var::constant(x), [w, w1, w2].map(Var::parameter));
    let whole = conv3d(&Fused, &spec, &x, &weights[0], None)?;
    let split = conv2plus1d(&Fused, &spec, &x, [&weights[1], &weights[2]], None, nn::relu)?;
    say!("\nBoth on real tensors, from an input {:?}:", x.value().shape());
    say!("3D      weight  {:?}  gives {:?}", weights[0].value().shape(), whole.value().shape());
    let [first, second] = [1, 2].map(|i| weights[i].value());
    say!("(2+1)D  weights {:?} and {:?}  give {:?}", first.shape(), second.shape(), split.value().shape());
    say!("(2+1)D has a ReLU in its middle: as many parameters, and one nonlinearity more.\n");
    Ok(())
}

/// The input, weights and specification of a layer that is measured: 32 to 32 channels on 8 frames of 28 × 28, as
/// 3D and as (2+1)D.
fn layer() -> Result<(Tensor, [Tensor; 3], ConvSpec<3>)> {
    let spec = ConvSpec { padding: [1, 1, 1], ..ConvSpec::<3>::default() };
    let mut rng = init::rng(SEED);
    let x = init::uniform(&[1, 32, 8, 28, 28], 1.0, &mut rng)?;
    let middle = middle_channels(&spec.resolve(x.shape(), &[32, 32, 3, 3, 3])?);
    let mut weight = |shape: &[usize]| init::weight(shape, &mut rng);
    Ok((x, [weight(&[32, 32, 3, 3, 3])?, weight(&[middle, 32, 1, 3, 3])?, weight(&[32, middle, 3, 1, 1])?], spec))
}

/// How long that layer takes by each way to compute it.
fn speed() -> Result<()> {
    let (x, [w, w1, w2], spec) = layer()?;
    let cost = spec.resolve(x.shape(), w.shape())?.cost();
    say!(
        "Measured: that layer forward, {:.0} million multiplies, {} thread(s)\n",
        cost.multiplies as f64 / 1e6,
        parallel::threads()
    );
    let row = |name: &str, time: Duration| say!("{name:22}  {:8.2} ms", time.as_secs_f64() * 1e3);
    let budget = Duration::from_millis(150);
    let algorithms: [(&str, &dyn Convolution<Tensor, 3>); 5] = [
        ("im2col in 3D", &Im2col),
        ("fused in 3D", &Fused),
        ("sliced fused", &Sliced(Fused)),
        ("sliced Winograd F(2x2)", &Sliced(Winograd::<2>)),
        ("sliced Winograd F(4x4)", &Sliced(Winograd::<4>)),
    ];
    for (name, algorithm) in algorithms {
        row(name, timing::median(budget, || algorithm.forward(&spec, &x, &w))?);
    }
    let [x, w1, w2] = [x, w1, w2].map(Var::constant);
    let split = || no_grad(|| conv2plus1d(&Fused, &spec, &x, [&w1, &w2], None, nn::relu));
    row("(2+1)D, fused", timing::median(budget, split)?);
    Ok(())
}
