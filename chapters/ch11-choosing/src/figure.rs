//! The roofline, drawn: what each candidate reaches, over the operations that a layer has for each byte.

use crate::options::Options;
use crate::table::Row;
use ch11_choosing::machine::{Machine, SIZES};
use std::collections::BTreeMap;
use unrolled::svg::Svg;

/// Algorithms by family, as names contain it, and their colours in light and in dark.
const FAMILIES: [(&str, &str, &str); 5] = [
    ("winograd", "#1559a8", "#6aa9ee"),
    ("depthwise", "#2e7d32", "#7cc97f"),
    ("fused", "#d98a1f", "#f0b35c"),
    ("im2col", "#a3369b", "#dd8fd6"),
    ("", "#5b6470", "#a3adb8"), // the others
];

const WIDTH: f64 = 900.0;
/// The plot of a pass, inside of its axes: left, width, height, and from one to the next.
const LEFT: f64 = 70.0;
const PLOT: [f64; 2] = [790.0, 330.0];
const PITCH: f64 = 460.0;
const TOP: f64 = 100.0;

/// A logarithmic axis: values from its beginning to its end, on so many pixels.
struct Axis {
    from: f64,
    to: f64,
    pixels: f64,
}

impl Axis {
    /// One that has room for all of `values`, from one power of ten or its half to another.
    fn around(values: impl Iterator<Item = f64> + Clone, pixels: f64) -> Self {
        let (least, most) =
            values.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), v| (least.min(v), most.max(v)));
        Self { from: least / 1.5, to: most * 1.5, pixels }
    }

    fn place(&self, value: f64) -> f64 {
        let place = (value / self.from).ln() / (self.to / self.from).ln() * self.pixels;
        // The last digits of logarithms differ between machines.
        (place * 100.0).round() / 100.0
    }

    /// 1, 2 and 5 times the powers of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let powers = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
        let ticks = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        ticks.filter(|tick| (self.from..=self.to).contains(tick))
    }
}

/// The figure: a plot for each pass.
pub fn draw(options: &Options, rows: &[Row], title: &str) -> String {
    let machine = &options.machine;
    let intensity = Axis::around(rows.iter().map(|row| row.flops / row.bytes), PLOT[0]);
    let speed = Axis::around(rows.iter().map(Row::gflops).chain([machine.peak]), PLOT[1]);
    let lines = options.layers.len().div_ceil(4) as f64 * 18.0;
    let height = TOP + PITCH * options.passes.len() as f64 + lines + 10.0;
    let mut svg = Svg::new(WIDTH, height, title, &description(options, rows));
    svg.style(&style());
    svg.text("soft", [WIDTH / 2.0, 24.0], title);
    let families = FAMILIES.iter().enumerate();
    for (i, (name, ..)) in families {
        let x = LEFT + 130.0 * i as f64;
        svg.circle(&format!("family{i}"), [x, 50.0], 5.0, name);
        svg.text("start", [x + 12.0, 50.0], if name.is_empty() { "others" } else { name });
    }
    svg.circle("chosen", [LEFT + 660.0, 50.0], 7.0, "chosen").text("start", [LEFT + 672.0, 50.0], "chosen by forecast");
    svg.text("small", [LEFT + PLOT[0] / 2.0, 74.0], limits(machine));
    for (i, &pass) in options.passes.iter().enumerate() {
        svg.group([LEFT, TOP + PITCH * i as f64], |svg| {
            axes(svg, &intensity, &speed);
            ceilings(svg, options, &intensity, &speed);
            svg.text("start", [8.0, 14.0], pass);
            let of_pass: Vec<_> = rows.iter().filter(|row| row.pass == pass).collect();
            dots(svg, options, &of_pass, &intensity, &speed);
        });
    }
    for (i, layer) in options.layers.iter().enumerate() {
        let place = [LEFT + 205.0 * (i % 4) as f64, TOP + PITCH * options.passes.len() as f64 + 18.0 * (i / 4) as f64];
        svg.text("small start", place, format!("{} {}", i + 1, layer.name));
    }
    svg.finish()
}

/// The families' colours.
fn style() -> String {
    let colours = |dark: bool| {
        let colour = |(i, (_, light, in_dark)): (usize, &(&str, &str, &str))| {
            format!("circle.family{i} {{ fill: {} }}\n", if dark { in_dark } else { light })
        };
        FAMILIES.iter().enumerate().map(colour).collect::<String>()
    };
    let [light, dark] = [("#24292f", false), ("#e3e6ea", true)].map(|(ring, dark)| {
        format!(
            "circle.chosen {{ fill: none; stroke: {ring}; stroke-width: 1.5 }}\nline.limit {{ stroke: {ring} }}\n{}",
            colours(dark)
        )
    });
    format!("\nline.grid {{ stroke-width: 0.5 }}\n{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n")
}

fn axes(svg: &mut Svg, intensity: &Axis, speed: &Axis) {
    let [width, height] = PLOT;
    for tick in intensity.ticks() {
        let x = intensity.place(tick);
        svg.line("grid", [x, 0.0], [x, height]).text("small soft", [x, height + 14.0], tick);
    }
    for tick in speed.ticks() {
        let y = height - speed.place(tick);
        svg.line("grid", [0.0, y], [width, y]).text("small soft", [-20.0, y], tick);
    }
    svg.text("small soft", [width / 2.0, height + 92.0], "FLOP for each byte of input, weight and output");
    svg.text("small soft start", [-58.0, -14.0], "GFLOP/s");
}

/// The peak, and what each bandwidth allows below it.
fn ceilings(svg: &mut Svg, options: &Options, intensity: &Axis, speed: &Axis) {
    let (machine, [_, height]) = (&options.machine, PLOT);
    let at = |x: f64, y: f64| [intensity.place(x), height - speed.place(y)];
    svg.line(
        "limit",
        at((machine.peak / machine.bandwidth[0]).max(intensity.from), machine.peak),
        at(intensity.to, machine.peak),
    );
    for bandwidth in machine.bandwidth {
        let from = intensity.from.max(speed.from / bandwidth);
        let to = intensity.to.min(machine.peak / bandwidth);
        if from < to {
            svg.line("limit", at(from, from * bandwidth), at(to, to * bandwidth));
        }
    }
}

/// The ceilings in words, from the left to the right.
fn limits(machine: &Machine) -> String {
    let slopes = SIZES.into_iter().zip(machine.bandwidth).map(|(size, bandwidth)| {
        let size = if size < 1 << 20 { format!("{} KiB", size >> 10) } else { format!("{} MiB", size >> 20) };
        format!("{size} at {bandwidth:.0} GB/s")
    });
    let slopes = slopes.collect::<Vec<_>>().join(", ");
    format!("lines: {slopes}; the peak, {:.0} GFLOP/s", machine.peak)
}

fn dots(svg: &mut Svg, options: &Options, rows: &[&Row], intensity: &Axis, speed: &Axis) {
    let height = PLOT[1];
    for row in rows {
        let place = [intensity.place(row.flops / row.bytes), height - speed.place(row.gflops())];
        let family = FAMILIES.iter().position(|(name, ..)| row.name.contains(name)).unwrap_or(FAMILIES.len() - 1);
        let title = format!("{}, {}: {:.1} GFLOP/s", options.layers[row.layer].name, row.name, row.gflops());
        svg.circle(&format!("family{family}"), place, 3.5, &title);
        if row.auto {
            svg.circle("chosen", place, 6.0, &title);
        }
    }
    // Layers' numbers stand below their dots, one line further down where there is no room.
    let mut columns: BTreeMap<usize, f64> = BTreeMap::new();
    for row in rows {
        columns.insert(row.layer, intensity.place(row.flops / row.bytes));
    }
    let mut columns: Vec<_> = columns.into_iter().collect();
    columns.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ends = [f64::NEG_INFINITY; 5];
    for (layer, x) in columns {
        let line = ends.iter().position(|&end| end < x - 16.0).unwrap_or(ends.len() - 1);
        ends[line] = x;
        svg.text("small", [x, height + 28.0 + 12.0 * line as f64], layer + 1);
    }
}

/// The figure in words: the machine's limits, and the fastest candidate of each race.
fn description(options: &Options, rows: &[Row]) -> String {
    let mut text = format!(
        "GFLOP/s over FLOP for each byte, both logarithmic, a dot for each candidate and layer. The limits: {}. The fastest:",
        options.machine
    );
    for row in rows.iter().filter(|row| row.best) {
        let (layer, x) = (&options.layers[row.layer].name, row.flops / row.bytes);
        text += &format!(
            " {layer} {}, at {x:.1} FLOP for each byte, {} with {:.1} GFLOP/s;",
            row.pass,
            row.name,
            row.gflops()
        );
    }
    text
}
