//! What the unit costs: counted in its tensors and in what is multiplied.

use ch02_im2col::Fused;
use ch07_grouped::Depthwise;
use ch08_shuffle::{Bottleneck, Counted, Shuffle, ShuffleUnit, UnitSpec};
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv, init, no_grad, say, timing};

pub fn unit() -> Result<()> {
    say!("The units that ShuffleNet begins with, of 3 groups (the paper's stage 2):\n");
    say!("stride  input             output            weights  biases  multiplies");
    for (inputs, stride, size) in [(24, 2, 56), (240, 1, 28)] {
        let unit = ShuffleUnit::new(UnitSpec { inputs, outputs: 240, groups: 3, stride }, &mut init::rng(8))?;
        let x = Var::constant(Tensor::<f32>::full(&[1, inputs, size, size], 1.0)?);
        let (grouped, depthwise) = (Counted::new(Fused), Counted::new(Depthwise));
        let y = no_grad(|| unit.forward(&grouped, &depthwise, &x))?.value();
        let multiplies = grouped.multiplies() + depthwise.multiplies();
        let elements = |from| unit.parameters.iter().skip(from).step_by(2).map(|p| p.value().len()).sum::<usize>();
        let (weights, biases) = (elements(0), elements(1));
        let (input, output) = (format!("{:?}", x.value().shape()), format!("{:?}", y.shape()));
        say!("{stride:6}  {input:16}  {output:16}  {weights:7}  {biases:6}  {multiplies:10}");
    }
    say!("");
    Ok(())
}

pub fn relatives() -> Result<()> {
    let shape = Bottleneck { c: 240, m: 60, g: 3 };
    let Bottleneck { c, m, g } = shape;
    let (height, width) = (28, 28);
    say!("Three convolutions, 1x1 from c = {c} channels to m = {m}, 3x3, 1x1 back to {c}, on {height}x{width} maps.");
    say!("They differ in what is grouped; g = {g}.\n");
    say!("unit        weights                    in tensors  multiplies");
    for (name, formula, weights, groups) in [
        ("ResNet", "2cm + 9m^2", shape.resnet(), [1, 1, 1]),
        ("ResNeXt", "2cm + 9m^2/g", shape.resnext(), [1, g, 1]),
        ("ShuffleNet", "2cm/g + 9m", shape.shufflenet(), [g, m, g]),
    ] {
        let counted = Counted::new(Fused);
        let (mut y, mut in_tensors) = (Var::constant(Tensor::<f32>::zeros(&[1, c, height, width])?), 0);
        let channels = [(c, m, 1), (m, m, 3), (m, c, 1)];
        for ((from, to, taps), groups) in channels.into_iter().zip(groups) {
            let w = Tensor::zeros(&[to, from / groups, taps, taps])?;
            in_tensors += w.len();
            let spec = ConvSpec { padding: [taps / 2; 2], groups, ..ConvSpec::default() };
            y = conv(&counted, &spec, &y, &Var::constant(w), None)?;
        }
        say!("{name:10}  {formula:12} = {weights:6}      {in_tensors:10}  {:10}", counted.multiplies());
    }
    let affordable = |c: &usize| Bottleneck { c: *c, m: c / 4, g }.shufflenet() <= shape.resnet();
    let most = (1..).map(|i| 4 * g * i).take_while(affordable).last().unwrap_or(0);
    say!("\nFor ResNet's price at {c} channels, ShuffleNet's unit has {most}: cheap groups buy wide maps, and the");
    say!("shuffle lets them talk to each other.");
    Ok(())
}

/// The steps of the unit at stride 1: what, from how many channels to how many, taps along an axis, and groups; a shuffle
/// has no taps.
const STEPS: [(&str, [usize; 2], usize, usize); 4] = [
    ("1x1 in 3 groups, 240 -> 60", [240, 60], 1, 3),
    ("shuffle", [60, 60], 0, 3),
    ("3x3 depthwise, 60 -> 60", [60, 60], 3, 60),
    ("1x1 in 3 groups, 60 -> 240", [60, 240], 1, 3),
];

/// What each step multiplies and moves, for one image.
pub fn bytes() -> Result<()> {
    say!("\nThe steps of the unit at stride 1, for one image, in f32:\n");
    say!("step                        multiplications  bytes, at least  operations a byte");
    for (step, [from, to], taps, groups) in STEPS {
        let (input, output) = ([1, from, 28, 28], from * 28 * 28);
        let (multiplies, elements) = match taps {
            0 => (0, 2 * output as u128), // each number is read, and written
            _ => {
                let spec = ConvSpec { padding: [taps / 2; 2], groups, ..ConvSpec::default() };
                let cost = spec.resolve(&input, &[to, from / groups, taps, taps])?.cost();
                (cost.multiplies, cost.elements)
            }
        };
        let intensity = 2.0 * multiplies as f64 / (4.0 * elements as f64);
        say!("{step:26}  {:>15}  {:>15}  {intensity:17.1}", thousands(multiplies), thousands(4 * elements));
    }
    Ok(())
}

/// How long each step of the unit takes.
pub fn steps() -> Result<()> {
    let row = |step: &str, time: Duration| say!("{step:33}  {:9.3}", time.as_secs_f64() * 1e3);
    let maps = |channels| Tensor::<f32>::full(&[8, channels, 28, 28], 1.0);
    say!("The steps of the unit at stride 1, forward, for 8 images.\n");
    say!("step                                      ms");
    for (step, [from, to], taps, groups) in STEPS {
        let x = maps(from)?;
        let spec = ConvSpec { padding: [taps / 2; 2], groups, ..ConvSpec::default() };
        let w = Tensor::full(&[to, from / groups, taps, taps], 1.0)?;
        row(
            step,
            match (taps, from == groups) {
                (0, _) => time(|| Shuffle::new(from, groups)?.apply(&x))?,
                (_, true) => time(|| Depthwise.forward(&spec, &x, &w))?,
                _ => time(|| Fused.forward(&spec, &x, &w))?,
            },
        );
    }
    Ok(())
}

fn time(call: impl FnMut() -> Result<Tensor>) -> Result<Duration> {
    timing::median(Duration::from_millis(100), call)
}
