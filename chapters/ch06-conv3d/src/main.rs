//! Chapter 6's demonstration: planes that are summed, motion, surfaces, and what (2+1)D saves.

mod draw;
mod figure;
mod planes;
mod scenes;

use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch06_conv3d::{Sliced, conv2plus1d, conv3d, cost_2plus1d, middle_channels};
use std::process::ExitCode;
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, cli, files, init, nn, no_grad, parallel, say, timing};

const USAGE: &str = "\
Convolution in three dimensions: a kernel that sees motion, one that finds the surfaces in a volume, and
what they cost.

Usage: ch06-conv3d [--svg FILE] [--slices FILE] [--matrix FILE]
       ch06-conv3d --measure
  --svg FILE     draw the volume and its surfaces as well, into FILE
  --slices FILE  draw a small 3D convolution as what it is in 2D
  --matrix FILE  draw it as a matrix of planes
  --measure      measure instead how long a layer takes by each way to compute it
  --help         print this text";

/// What the film and the volume are made from.
const SEED: u64 = 6;

/// Makes a picture.
type Drawing = fn() -> Result<String>;

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let measure = args.flag("--measure")?;
        let drawings: [(&str, Drawing); 3] =
            [("--svg", || figure::slices(SEED)), ("--slices", planes::figure), ("--matrix", figure::matrix)];
        let wanted = drawings.map(|(flag, draw)| (args.value::<String>(flag, "a file to write"), draw));
        args.finish()?;
        for (file, draw) in wanted {
            if let Some(file) = file? {
                files::write(file, draw()?)?;
            }
        }
        if measure {
            return speed();
        }
        planes::sum_of_planes()?;
        planes::backwards()?;
        scenes::motion(SEED)?;
        scenes::same_frame()?;
        scenes::surfaces(SEED)?;
        dimensions()?;
        costs()
    })
}

/// The same layer without and with a third dimension.
fn dimensions() -> Result<()> {
    let flat = ConvSpec { padding: [1; 2], ..ConvSpec::<2>::default() }.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])?;
    let deep = ConvSpec { padding: [1; 3], ..ConvSpec::<3>::default() };
    let deep = deep.resolve(&[1, 64, 16, 56, 56], &[64, 64, 3, 3, 3])?;
    let [flat, deep] = [flat.cost(), deep.cost()];
    say!("A layer of 64 to 64 channels on 56x56, padded by 1: 3x3 on an image, and 3x3x3 on 16 frames.\n");
    say!("                             2D             3D  times");
    let row = |name: &str, [a, b]: [u128; 2]| {
        say!("{name:17}  {:>12}  {:>13}  {:5.1}", thousands(a), thousands(b), b as f64 / a as f64);
    };
    row("parameters", [flat.parameters, deep.parameters]);
    row("multiplications", [flat.multiplies, deep.multiplies]);
    row("bytes, at least", [4 * flat.elements, 4 * deep.elements]);
    let [a, b] = [flat.intensity(4), deep.intensity(4)];
    say!("operations a byte  {a:12.0}  {b:13.0}  {:5.1}\n", b / a);
    let inside = [28, 8].map(|side| (3 * side - 2) as f64 / (3 * side) as f64);
    say!(
        "Of three taps along an axis of 28, {:.1} % fall on the input, and of an axis of 8, {:.1} %.",
        100.0 * inside[0],
        100.0 * inside[1]
    );
    say!(
        "On 8x8 these are {:.0} % of the products, and on 8x8x8 {:.0} %.\n",
        100.0 * inside[1].powi(2),
        100.0 * inside[1].powi(3)
    );
    Ok(())
}

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
        "32 to 32 channels, 3x3x3, on 8 frames of 28x28, forward, {:.0} million multiplications, {} thread(s)\n",
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
