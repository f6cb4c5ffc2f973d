//! The checkerboard: how many taps meet in each output, and what that does to an even input.

use crate::{beside, grid};
use ch01_naive::Naive;
use ch05_transposed::{conv_transpose, upsample};
use unrolled::svg::Svg;
use unrolled::{ConvSpec, Result, Tensor, Var, conv, init, nn, say};

type V = Var<Tensor<f64>>;

// ANCHOR: doublings
/// Doubles a map with one kernel per output channel, by stamping: weight `[1, K, R, S]`.
fn stamped(x: &V, weight: &V) -> Result<V> {
    let taps = weight.value().shape()[2];
    let spec = ConvSpec { stride: [2, 2], padding: [1, 1], ..ConvSpec::default() };
    conv_transpose(&Naive, &spec, [4 - taps; 2], x, weight, None)
}

/// Doubles a map by repeating each pixel, and then convolves it: Odena's way out.
fn resized(x: &V, weight: &V) -> Result<V> {
    let mut dense = weight.value().shape().to_vec();
    dense.swap(0, 1); // [K, 1, R, S]: with one channel, the same numbers in the same order
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    conv(&Naive, &same, &upsample(&Naive, [2, 2], x)?, &nn::reshape(weight, &dense)?, None)
}
// ANCHOR_END: doublings

/// A way to double a map, and what it makes of one that is 1 everywhere.
pub struct Doubling {
    name: [&'static str; 2],
    /// The output with a kernel of ones: the number of taps that meet in each place.
    taps: Tensor<f64>,
    /// The largest of those numbers over the smallest, edges left out.
    max_over_min: f64,
    /// Their standard deviation over their mean.
    deviation: f64,
    /// The same with random kernels (over the root mean square, as their mean is near 0).
    random: f64,
}

/// Positions of a side of the output, and those of the inner part, which no edge reaches.
const SIDE: usize = 10;
const INNER: std::ops::Range<usize> = 2..8;
const KERNELS: usize = 1000;

/// The three ways, measured.
pub fn measure() -> Result<[Doubling; 3]> {
    Ok([
        doubling(["transposed,", "kernel 3, stride 2"], 3, stamped)?,
        doubling(["transposed,", "kernel 4, stride 2"], 4, stamped)?,
        doubling(["upsampled by 2,", "then kernel 3"], 3, resized)?,
    ])
}

// ANCHOR: measure
/// One way, with a kernel of ones and with many random ones.
fn doubling(name: [&'static str; 2], kernel: usize, layer: fn(&V, &V) -> Result<V>) -> Result<Doubling> {
    let even = Var::constant(Tensor::full(&[1, 1, SIDE / 2, SIDE / 2], 1.0)?);
    let taps = layer(&even, &Var::constant(Tensor::full(&[1, 1, kernel, kernel], 1.0)?))?.value();
    let (least, most) = inner(taps.data()).fold((f64::MAX, 0.0), |(least, most), x| (x.min(least), x.max(most)));
    let [mean, variance] = moments(taps.data());

    let kernels = init::uniform(&[1, KERNELS, kernel, kernel], 1.0, &mut init::rng(5))?;
    let maps = layer(&even, &Var::constant(kernels))?.value();
    let (mut uneven, mut all) = (0.0, 0.0);
    for map in maps.data().chunks(SIDE * SIDE) {
        let [mean, variance] = moments(map);
        uneven += variance;
        all += variance + mean * mean;
    }
    let (deviation, random) = (variance.sqrt() / mean, (uneven / all).sqrt());
    Ok(Doubling { name, taps, max_over_min: most / least, deviation, random })
}
// ANCHOR_END: measure

/// The inner part of a map.
fn inner(map: &[f64]) -> impl Iterator<Item = f64> {
    INNER.flat_map(move |y| map[y * SIDE..][INNER].iter().copied())
}

/// Mean and variance of the inner part.
fn moments(map: &[f64]) -> [f64; 2] {
    let n = (INNER.len() * INNER.len()) as f64;
    let mean = inner(map).sum::<f64>() / n;
    [mean, inner(map).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n]
}

/// The three ways next to each other, and their measures.
pub fn show(doublings: &[Doubling]) {
    say!("Three layers that double a map of 5x5, on an input that is 1 everywhere, with a kernel of ones. Each number");
    say!("says how many taps meet there. Where the stride doesn't divide the kernel, they can't meet evenly:\n");
    let block = |d: &Doubling| {
        let taps: Vec<_> = d.taps.data().iter().map(|&taps| taps as f32).collect();
        [d.name.map(String::from).to_vec(), grid(&taps, SIDE, 1)].concat()
    };
    say!("{}", beside(&doublings.iter().map(block).collect::<Vec<_>>()));
    say!("How uneven the inner part is, which no edge reaches. Ones: the kernel of ones. Random: the standard");
    say!("deviation of the outputs of {KERNELS} random kernels, by their root mean square.\n");
    say!("                                 ones, max/min  ones, std/mean  random, std/rms");
    for Doubling { name: [what, how], max_over_min, deviation, random, .. } in doublings {
        say!("{:31}  {max_over_min:13.1}  {deviation:14.2}  {random:15.2}", format!("{what} {how}"));
    }
    say!("");
    say!("With a kernel of 4 as many taps meet everywhere, but not the same ones: it can be even, and must learn it.");
    say!("Random kernels show that. After upsampling, an even input stays even, whatever the kernel. That costs more:");
    say!("9 products for each output, where the transposed kernel of 3 takes 9 for each input.\n");
    say!("The gradient of every convolution with a stride has the same pattern, for it is the same map.\n");
}

/// The three ways, drawn.
pub fn figure(doublings: &[Doubling]) -> String {
    const CELL: f64 = 20.0;
    let description = "Three maps of 10 by 10 numbers: how many taps of a kernel meet in each output of a layer that \
        doubles an even map of 5 by 5. Transposed, kernel 3, stride 2: 1, 2 and 4 in a checkerboard. Transposed, \
        kernel 4, stride 2: 4 everywhere but at the edges. Upsampled by 2, then kernel 3: 9 everywhere but at the edges.";
    let mut svg = Svg::new(720.0, 330.0, "The checkerboard of transposed convolution", description);
    for (i, Doubling { name, taps, deviation, .. }) in doublings.iter().enumerate() {
        svg.group([30.0 + 230.0 * i as f64, 66.0], |svg| {
            svg.text("", [100.0, -42.0], name[0]).text("", [100.0, -20.0], name[1]);
            let most = taps.data().iter().fold(0.0, |most: f64, &taps| most.max(taps));
            for (i, &count) in taps.data().iter().enumerate() {
                let corner = [(i % SIDE) as f64 * CELL, (i / SIDE) as f64 * CELL];
                let class = match count / most {
                    1.0 => "cell result",
                    0.5.. => "cell hot",
                    _ => "cell",
                };
                svg.rect(class, corner, [CELL, CELL]);
                svg.text("small code", corner.map(|c| c + CELL / 2.0), count);
            }
            svg.text("soft", [100.0, 222.0], format!("std / mean inside: {deviation:.2}"));
        });
    }
    svg.text("soft", [360.0, 312.0], "How many taps meet in each output");
    svg.finish()
}
