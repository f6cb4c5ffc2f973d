//! What the book shows: the roofline by hand, and forecasts for the assumed machine, which are the same everywhere.

use crate::options::Options;
use crate::table::Row;
use ch11_choosing::layers::{self, Layer, Shape};
use ch11_choosing::{Auto, Dimensions, Field, Forecast, Machine, Model, Pass};
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvShape, Result, say};

/// A dense layer, and the two that a depthwise separable one has in its place.
const THREE: &str = "dense conv2d 1 256 1 56 56 256 3 1 1 1 1
pointwise conv2d 1 256 1 56 56 256 1 1 0 1 1
depthwise conv2d 1 256 1 56 56 256 3 1 1 1 256";

/// Machines in GFLOP/s and GB/s of memory: the assumed one with one core and with sixteen, and an A100 by its data sheet.
const MACHINES: [(&str, f64, f64); 3] =
    [("assumed, 1 core", 116.0, 25.0), ("assumed, 16 cores", 1856.0, 25.0), ("A100, data sheet", 19500.0, 1555.0)];

/// A candidate's forecast, and the error that it needs.
struct Guess {
    name: String,
    tolerance: f64,
    cost: Forecast,
}

/// Those of all candidates that take the shape, the best first.
fn guesses<const D: usize>(shape: &ConvShape<D>, pass: Pass) -> Vec<Guess>
where
    Field: Dimensions<D>,
{
    let model = Model::assumed(1);
    let takers = Field::candidates::<f32>().iter().filter(|candidate| candidate.takes(shape).is_ok());
    let guess = |candidate: &&dyn ch11_choosing::Candidate<f32, D>| Guess {
        name: candidate.name(),
        tolerance: candidate.tolerance(shape),
        cost: candidate.cost(shape, pass, &model),
    };
    let mut guesses: Vec<_> = takers.map(guess).collect();
    guesses.sort_by(|a, b| a.cost.total().total_cmp(&b.cost.total()));
    guesses
}

/// A layer's, and its operations and bytes.
fn of_layer(layer: &Layer, pass: Pass) -> (Vec<Guess>, f64, f64) {
    let pass = if layer.transposed { pass.transposed() } else { pass };
    fn all<const D: usize>(shape: &ConvShape<D>, pass: Pass) -> (Vec<Guess>, f64, f64)
    where
        Field: Dimensions<D>,
    {
        (guesses(shape, pass), shape.flops(), 4.0 * shape.cost().elements as f64)
    }
    match layer.shape {
        Shape::One(shape) => all(&shape, pass),
        Shape::Two(shape) => all(&shape, pass),
        Shape::Three(shape) => all(&shape, pass),
    }
}

fn three() -> Vec<Layer> {
    layers::parse(THREE).expect("a table of layers")
}

fn built_in() -> Vec<Layer> {
    layers::parse(layers::BUILT_IN).expect("a table of layers")
}

/// Prints it all.
pub fn run() -> Result<()> {
    let layers = three();
    say!("assumed: {}\n", Machine::assumed(1));
    layers.iter().for_each(roofline);
    machines(&layers);
    layers.iter().for_each(pieces);
    separable(&layers);
    prices();
    choices();
    longer_of_two();
    Ok(())
}

/// The roofline of a layer, step by step.
fn roofline(layer: &Layer) {
    let Shape::Two(shape) = layer.shape else { unreachable!("an image") };
    let machine = Machine::assumed(1);
    let (groups, out) = (shape.spec.groups, shape.output[0]);
    let sizes = [shape.input_shape(), shape.weight_shape(), shape.output_shape()].map(|s| s.iter().product::<usize>());
    let (flops, bytes) = (shape.flops(), 4.0 * sizes.iter().sum::<usize>() as f64);
    let [x, w, y] = sizes.map(|n| thousands(n as u128));
    let (taps, speed) = (shape.kernel[0], machine.bandwidth_within(bytes));
    let (multiply, carry) = (flops / machine.peak / 1e6, bytes / speed / 1e6);
    say!("{}: {} -> {} channels, {taps}x{taps}, on {out}x{out}", layer.name, shape.c * groups, shape.k * groups);
    say!("operations  2 · {} · {} · {taps}² · {out}² = {}", shape.k * groups, shape.c, thousands(flops as u128));
    say!("bytes       4 · ({x} + {w} + {y}) = {}", thousands(bytes as u128));
    say!("intensity   {:.2} operations for each byte", flops / bytes);
    say!("multiplying {multiply:.3} ms, at {} GFLOP/s", machine.peak);
    say!("moving      {carry:.3} ms, at {speed} GB/s, as 12 MiB hold them");
    say!("roofline    {:.3} ms\n", machine.roofline(flops, bytes) * 1e3);
}

/// What other machines could reach of these layers.
fn machines(layers: &[Layer]) {
    say!("From memory, of the peak    ridge{}", layers.iter().map(|l| format!("{:>11}", l.name)).collect::<String>());
    for (name, peak, memory) in MACHINES {
        let share = |layer| {
            let (_, flops, bytes) = of_layer(layer, Pass::Forward);
            format!("{:>10.0}%", 100.0 * (flops / bytes * memory / peak).min(1.0))
        };
        say!("{name:22} {:>10.1}{}", peak / memory, layers.iter().map(share).collect::<String>());
    }
    say!("");
}

/// Each candidate's forecast, taken apart.
fn pieces(layer: &Layer) {
    say!("forecast, {:10}          ms = multiplying +   moving + overhead", layer.name);
    for Guess { name, tolerance, cost } in of_layer(layer, Pass::Forward).0 {
        let [total, arithmetic, memory, overhead] =
            [cost.total(), cost.arithmetic, cost.memory, cost.overhead].map(|s| format!("{:.3}", s * 1e3));
        let note = if tolerance > Auto::default().tolerance { "  less exact" } else { "" };
        say!("{name:20} {total:>11} = {arithmetic:>11} {memory:>10} {overhead:>10}{note}");
    }
    say!("");
}

/// What pointwise and depthwise have in place of dense, in operations and in time.
fn separable(layers: &[Layer]) {
    let [dense, pointwise, depthwise] = [0, 1, 2].map(|i| of_layer(&layers[i], Pass::Forward));
    let ms = |guesses: &[Guess], name: &str| {
        let guess = guesses.iter().find(|guess| guess.name == name).expect("a candidate of this name");
        guess.cost.total() * 1e3
    };
    let both = pointwise.1 + depthwise.1;
    let (point, depth) = (ms(&pointwise.0, "fused"), ms(&depthwise.0, "depthwise"));
    say!(
        "separable: {} operations, of {} 1 in {:.2}",
        thousands(both as u128),
        thousands(dense.1 as u128),
        dense.1 / both
    );
    say!("  by forecast         {:.3} ms", point + depth);
    for name in ["fused", "winograd4"] {
        let time = ms(&dense.0, name);
        say!("  dense by {name:10} {time:.3} ms, {:.2} times as long", time / (point + depth));
    }
    let slow = ms(&depthwise.0, "fused");
    let parts = [slow / (slow + point), depthwise.1 / both].map(|part| format!("{:.0}%", 100.0 * part));
    say!("  depthwise by fused  {slow:.3} ms, {} of the time for {} of the operations\n", parts[0], parts[1]);
}

/// The same operations in products of two forms.
fn prices() {
    let model = Model::assumed(1);
    say!("a product of                     us   of peak");
    for [rows, cols, depth] in [[64, 480, 576], [8, 480, 576], [1, 480, 576], [1, 480, 9]] {
        let seconds = model.product(rows, cols, depth).total();
        let share = 2.0 * (rows * cols * depth) as f64 / seconds / 1e9 / model.machine.peak;
        say!("{rows:>2} x {cols} from {depth:>3} each {:>10.3} {:>8.1}%", seconds * 1e6, 100.0 * share);
    }
    say!("");
}

/// What is chosen, for each pass.
fn choices() {
    let title = |pass: Pass| format!("{:<30}", pass.name());
    say!("{}", format!("chosen         {}", Pass::ALL.map(title).concat()).trim_end());
    for layer in built_in() {
        let choice = |pass| {
            let best = admitted(of_layer(&layer, pass).0).remove(0);
            format!("{:17}{:8.3} ms", best.name, best.cost.total() * 1e3)
        };
        say!("{:14} {}", layer.name, Pass::ALL.map(choice).join("  "));
    }
    say!("");
}

/// Those that are exact enough for [`Auto::default`].
fn admitted(guesses: Vec<Guess>) -> Vec<Guess> {
    guesses.into_iter().filter(|guess| guess.tolerance <= Auto::default().tolerance).collect()
}

/// What would be chosen by the longer of two times, where it isn't what is chosen by their sum.
fn longer_of_two() {
    let longer = |guess: &Guess| guess.cost.arithmetic.max(guess.cost.memory) + guess.cost.overhead;
    say!("by the longer of multiplying and moving, where that chooses another:");
    for layer in built_in() {
        for pass in Pass::ALL {
            let all = admitted(of_layer(&layer, pass).0);
            let other = all.iter().min_by(|a, b| longer(a).total_cmp(&longer(b))).expect("a candidate");
            if other.name != all[0].name {
                let [sum, was] = [other, &all[0]].map(|guess| guess.cost.total() * 1e3);
                let text = format!("{} ({sum:.3} ms as a sum) for {} ({was:.3} ms)", other.name, all[0].name);
                say!("{:14} {:11} {text}", layer.name, pass.name());
            }
        }
    }
}

/// The roofline's figure of the forward pass, from forecasts: with every candidate.
pub fn figure() -> String {
    let auto = Auto::on(Machine::assumed(1));
    let layers = built_in();
    let mut rows = Vec::new();
    for (layer, line) in layers.iter().enumerate() {
        let (guesses, flops, bytes) = of_layer(line, Pass::Forward);
        let chosen = guesses.iter().position(|guess| guess.tolerance <= auto.tolerance);
        rows.extend(guesses.into_iter().enumerate().map(|(i, guess)| Row {
            layer,
            pass: Pass::Forward,
            name: guess.name,
            seconds: guess.cost.total(),
            forecast: guess.cost.total(),
            flops,
            bytes,
            workspace: 0,
            faults: None,
            best: i == 0,
            auto: Some(i) == chosen,
        }));
    }
    let options =
        Options { layers, passes: vec![Pass::Forward], budget: Duration::ZERO, auto, machine: Machine::assumed(1) };
    crate::figure::draw(&options, &rows, "The roofline, and what is forecast for each candidate, on an assumed core")
}
