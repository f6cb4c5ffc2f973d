//! Chapter 7's demonstration: what groups save, what they cost, and why they are slower than they look.

mod figure;

use ch02_im2col::Fused;
use ch07_grouped::{
    Depthwise, Device, Grouped, conv_grouped, cost, depthwise_conv, depthwise_cost, pointwise_cost, run_on_devices,
};
use std::process::ExitCode;
use std::time::Duration;
use unrolled::simd::Isa;
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Cost, Result, Tensor, Var, cli, conv, files, parallel, say, timing};

const USAGE: &str = "\
Groups of channels: who sees whom, parameters and multiplications, one group for each device, and what
groups and depthwise convolutions really cost in time.

Usage: ch07-grouped [--threads N] [--svg FILE]
  --threads N   the threads to compute with [1]
  --svg FILE    draw who sees whom as well, into FILE
  --help        print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let threads = args.value("--threads", "a whole number, at least 1")?.unwrap_or(1);
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        args.finish()?;
        Isa::try_current()?;
        parallel::set_threads(threads)?;
        if let Some(file) = svg {
            files::write(file, figure::draw()?)?;
        }
        who_sees_whom()?;
        by_hand()?;
        counts()?;
        two_devices()?;
        promised()?;
        measured(threads)
    })
}

/// 3 × 3, as wide as its input.
fn same(groups: usize) -> ConvSpec<2> {
    ConvSpec { padding: [1, 1], groups, ..ConvSpec::default() }
}

// ANCHOR: reach
/// Which of 8 input channels each of 8 output channels sees, asked of the gradient: an input that an output
/// doesn't see gets none from it.
fn reach(groups: usize) -> Result<Vec<Vec<bool>>> {
    let spec = ConvSpec { groups, ..ConvSpec::<2>::default() };
    let row = |k: usize| {
        let x = Var::parameter(Tensor::<f32>::full(&[1, 8, 1, 1], 1.0)?);
        let w = Var::constant(Tensor::full(&[8, 8 / groups, 1, 1], 1.0)?);
        let y = conv_grouped(&Fused, &spec, &x, &w, None)?;
        y.backward_from(Tensor::from_fn(&[1, 8, 1, 1], |i| f32::from(i == k))?)?;
        let grad = x.grad().expect("x is a parameter");
        Ok(grad.data().iter().map(|&dx| dx != 0.0).collect())
    };
    (0..8).map(row).collect()
}
// ANCHOR_END: reach

fn who_sees_whom() -> Result<()> {
    say!("Which input channels (across) each output channel (down) sees, by its gradient:\n");
    say!("1 group   2 groups  4 groups  8 groups: depthwise");
    let matrices = [1, 2, 4, 8].into_iter().map(reach).collect::<Result<Vec<_>>>()?;
    for k in 0..8 {
        let row = |m: &Vec<Vec<bool>>| m[k].iter().map(|&sees| if sees { '#' } else { '.' }).collect::<String>();
        say!("{}", matrices.iter().map(row).collect::<Vec<_>>().join("  "));
    }
    say!("\nThe weight is this matrix, with a small kernel in each #. Where there is a dot there is nothing to store,");
    say!("nothing to multiply, and nothing that passes from one group to another.\n");
    Ok(())
}

/// Two channels, one kernel each: small enough for a pencil.
fn by_hand() -> Result<()> {
    let x = Tensor::new(&[1, 2, 5], vec![1.0, 2.0, 4.0, 7.0, 11.0, 1.0, 0.0, 2.0, 0.0, 3.0])?;
    let w = Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 1.0, 1.0])?;
    let y = depthwise_conv(&ConvSpec::<1>::default(), &Var::constant(x.clone()), &Var::constant(w.clone()), None)?;
    say!("Depthwise, by hand: the first channel's kernel takes differences, the second one's takes sums.\n");
    say!("input [1, 2, 5]\n{x:.0}\n\nweight [2, 1, 2]\n{w:.0}\n\noutput [1, 2, 4]\n{:.0}\n", y.value());
    Ok(())
}

/// One line of the table of counts: from the function, and from a real weight.
fn count(what: &str, cost: Cost, weight: &[usize]) -> Result<()> {
    let tensor = Tensor::<f32>::zeros(weight)?;
    let (counted, real) = (thousands(cost.parameters), thousands(tensor.len() as u128));
    say!("{what:30}  {:18}  {counted:>10}  {real:>10}  {:>14}", format!("{weight:?}"), thousands(cost.multiplies));
    Ok(())
}

fn counts() -> Result<()> {
    say!("Parameters, as counted from the shapes and as found in the tensor; multiplications of one image.\n");
    say!("convolution                     weight              parameters   in tensor  multiplications");
    let image = [1, 64, 56, 56];
    count("64 -> 128, 3x3, on 56x56", cost(&same(1), &image, 128, [3, 3])?, &[128, 64, 3, 3])?;
    count("  in 2 groups", cost(&same(2), &image, 128, [3, 3])?, &[128, 32, 3, 3])?;

    let image = [1, 32, 512, 512];
    let valid = |groups| ConvSpec { groups, ..ConvSpec::default() };
    count("32 -> 256, 3x3, on 512x512", cost(&valid(1), &image, 256, [3, 3])?, &[256, 32, 3, 3])?;
    count("  in 8 groups", cost(&valid(8), &image, 256, [3, 3])?, &[256, 4, 3, 3])?;

    let image = [1, 8, 32, 32];
    count("8 -> 8, 3x3, on 32x32", cost(&same(1), &image, 8, [3, 3])?, &[8, 8, 3, 3])?;
    let (depthwise, pointwise) = (depthwise_cost(&same(1), &image, [3, 3])?, pointwise_cost::<2>(&image, 8)?);
    count("  depthwise", depthwise, &[8, 1, 3, 3])?;
    count("  pointwise, 1x1", pointwise, &[8, 8, 1, 1])?;
    say!("  depthwise then pointwise: {} parameters instead of 576", (depthwise + pointwise).parameters);

    say!("\nBoth of 32 -> 256, run:");
    let x = Tensor::from_fn(&[1, 32, 512, 512], |i| (i % 7) as f32)?;
    for (groups, channels) in [(1, 32), (8, 4)] {
        let w = Tensor::from_fn(&[256, channels, 3, 3], |i| (i % 5) as f32)?;
        let y = Fused.forward(&valid(groups), &x, &w)?;
        say!("  {groups} group(s): {:?} with {:?} gives {:?}", x.shape(), w.shape(), y.shape());
    }
    let x = Var::constant(Tensor::from_fn(&[1, 8, 32, 32], |i| (i % 7) as f32)?);
    let middle = depthwise_conv(&same(8), &x, &Var::constant(Tensor::full(&[8, 1, 3, 3], 1.0)?), None)?;
    let y = conv(&Fused, &ConvSpec::<2>::default(), &middle, &Var::constant(Tensor::full(&[8, 8, 1, 1], 1.0)?), None)?;
    say!(
        "  depthwise: {:?} gives {:?}, pointwise {:?}\n",
        x.value().shape(),
        middle.value().shape(),
        y.value().shape()
    );
    Ok(())
}

/// A layer of AlexNet.
struct Layer {
    name: &'static str,
    spec: ConvSpec<2>,
    input: [usize; 4],
    outputs: usize,
    kernel: usize,
}

/// Its five convolutions.
fn alexnet() -> [Layer; 5] {
    let layer = |name, stride, padding, groups, [channels, size]: [usize; 2], outputs, kernel| {
        let spec = ConvSpec { stride: [stride; 2], padding: [padding; 2], groups, ..ConvSpec::default() };
        Layer { name, spec, input: [1, channels, size, size], outputs, kernel }
    };
    [
        layer("conv1", 4, 0, 1, [3, 227], 96, 11),
        layer("conv2", 1, 2, 2, [96, 27], 256, 5),
        layer("conv3", 1, 1, 1, [256, 13], 384, 3),
        layer("conv4", 1, 1, 2, [384, 13], 384, 3),
        layer("conv5", 1, 1, 2, [384, 13], 256, 3),
    ]
}

fn two_devices() -> Result<()> {
    say!("AlexNet (2012) on two devices of 3 GB: each has half of the channels of every layer.\n");
    say!("layer   channels      groups  parameters  without groups  crosses from each device to the other");
    for Layer { name, spec, input, outputs, kernel } in alexnet() {
        let parameters =
            |groups| cost(&ConvSpec { groups, ..spec }, &input, outputs, [kernel; 2]).map(|c| c.parameters);
        let half = input.iter().product::<usize>() / 2;
        let crosses = match (spec.groups, input[1]) {
            (1, 3) => "nothing: the image goes to both".to_owned(),
            (1, channels) => format!("its {} channels, {} numbers", channels / 2, thousands(half as u128)),
            _ => "nothing".to_owned(),
        };
        let (channels, grouped, dense) =
            (format!("{} -> {outputs}", input[1]), parameters(spec.groups)?, parameters(1)?);
        say!(
            "{name}   {channels:12}  {:6}  {:>10}  {:>14}  {crosses}",
            spec.groups,
            thousands(grouped),
            thousands(dense)
        );
    }
    say!("\nconv4 and conv5 with a thread for each device:");
    conv4_and_conv5()
}

// ANCHOR: alexnet
/// Two layers on two devices, and on one machine.
fn conv4_and_conv5() -> Result<()> {
    // Small whole numbers: sums of their products are exact, and equal means equal.
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i * 7 % 11 % 3) as f32 - 1.0);
    let layers = [(same(2), numbers(&[384, 192, 3, 3])?), (same(2), numbers(&[256, 192, 3, 3])?)];
    let x = numbers(&[1, 384, 13, 13])?;

    let devices = Device::deal(&layers)?;
    let joined = run_on_devices(&Fused, &devices, &x)?;
    let whole = layers.iter().try_fold(x, |x, (spec, w)| Grouped(Fused).forward(spec, &x, w))?;

    let all: usize = layers.iter().map(|(_, weight)| weight.len()).sum();
    for (i, device) in devices.iter().enumerate() {
        let (own, all) = (thousands(device.weights() as u128), thousands(all as u128));
        say!("  device {i} holds {own} of {all} weights");
        say!("    gets 192 of 384 channels, keeps 192 between the layers, gives back 128 of 256");
    }
    say!("  joined {:?}, the same numbers as from one machine: {}\n", joined.shape(), joined == whole);
    Ok(())
}
// ANCHOR_END: alexnet

/// The groups that the last two tables are about, for 256 -> 256 channels, 3 × 3, on 56 × 56.
const GROUPS: [usize; 6] = [1, 2, 4, 8, 32, 256];
const IMAGE: [usize; 4] = [1, 256, 56, 56];

fn promised() -> Result<()> {
    say!("256 -> 256 channels, 3x3, on 56x56, in f32. Groups divide the operations, but hardly the bytes of");
    say!("input, weight and output. What is left to do for each byte (FLOP/byte) shrinks:\n");
    say!("groups  parameters    MFLOP     KiB  FLOP/byte");
    for groups in GROUPS {
        let cost = cost(&same(groups), &IMAGE, 256, [3, 3])?;
        let (mflop, kib) = (2.0 * cost.multiplies as f64 / 1e6, cost.elements * 4 / 1024);
        say!("{groups:6}  {:>10}  {mflop:7.1}  {kib:6}  {:9.1}", thousands(cost.parameters), cost.intensity(4));
    }
    say!(
        "\nAnd a group is a small matrix product: with 32 groups, of 8 rows, where 256 rows shared each input before."
    );
    say!("So the time does not fall as the operations do. Depthwise knows that no inputs are shared, and");
    say!("spends its effort on reading each one once.\n");
    Ok(())
}

fn time(call: impl FnMut() -> Result<Tensor>) -> Result<Duration> {
    timing::median(Duration::from_millis(100), call)
}

// ANCHOR: measured
fn measured(threads: usize) -> Result<()> {
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    let x = numbers(&IMAGE)?;
    say!(
        "Measured, forward, {threads} thread(s), {} instructions. Promised: the dense time by the groups.\n",
        Isa::current().name()
    );
    say!("groups  algorithm       promised ms       ms  GFLOP/s");
    let mut dense = None;
    for groups in GROUPS {
        let spec = same(groups);
        let w = numbers(&[256, 256 / groups, 3, 3])?;
        let algorithms: [(&str, &dyn Convolution<Tensor, 2>); 3] =
            [("fused", &Fused), ("grouped fused", &Grouped(Fused)), ("depthwise", &Depthwise)];
        // Depthwise does only that; Grouped with one group is what is inside.
        for (name, algorithm) in &algorithms[..if groups == 256 {
            3
        } else if groups == 1 {
            1
        } else {
            2
        }] {
            let ms = time(|| algorithm.forward(&spec, &x, &w))?.as_secs_f64() * 1e3;
            let promised = *dense.get_or_insert(ms) / groups as f64;
            let flops = 2.0 * cost(&spec, &IMAGE, 256, [3, 3])?.multiplies as f64;
            say!("{groups:6}  {name:13}  {promised:12.2}  {ms:7.2}  {:7.1}", flops / ms / 1e6);
        }
    }
    Ok(())
}
// ANCHOR_END: measured
