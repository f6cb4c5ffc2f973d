//! Who sees whom, in the terminal and as a figure.

use crate::TwoLayers;
use unrolled::svg::Svg;
use unrolled::{Result, say};

/// A row for each output, a column for each input.
pub fn print(title: &str, network: &TwoLayers) -> Result<()> {
    let width = network.channels / network.groups;
    let line = |cell: &dyn Fn(usize) -> String| {
        let gap = |c: usize| if c.is_multiple_of(width) { "  " } else { " " };
        (0..network.channels).map(|c| format!("{}{}", gap(c), cell(c))).collect::<String>()
    };
    say!("{title}\n  input {}", line(&|c| c.to_string()));
    for (k, seen) in network.reach()?.iter().enumerate() {
        let name = if k == 0 { "output" } else { "" };
        say!("{name:6}{k:2}{}", line(&|c| if seen[c] { "#" } else { "·" }.into()));
    }
    say!("");
    Ok(())
}

/// The same, without and with a shuffle, side by side.
pub fn figure() -> Result<String> {
    const CELL: f64 = 28.0;
    let without = TwoLayers { channels: 9, groups: 3, shuffled: false };
    let mut svg = Svg::new(
        720.0,
        410.0,
        "Which input channels reach which output channels",
        "Two matrices of 9 output channels by 9 input channels, for two grouped layers of 3 groups. Without a shuffle \
         only the three blocks on the diagonal are filled: each output sees the 3 inputs of its own group. With a \
         shuffle between the layers every cell is filled: each output sees all 9 inputs.",
    );
    for (left, title, network) in [
        (70.0, "no shuffle between the layers", without),
        (420.0, "a shuffle between the layers", TwoLayers { shuffled: true, ..without }),
    ] {
        let (channels, width) = (network.channels, network.channels / network.groups);
        let middle = |i: usize| (i as f64 + 0.5) * CELL;
        let seen = network.reach()?;
        svg.group([left, 90.0], |svg| {
            svg.text("", [middle(4), -62.0], title).text("soft small", [middle(4), -34.0], "input channel");
            svg.text("soft small", [-34.0, -14.0], "output");
            for k in 0..channels {
                svg.text("code small", [middle(k), -14.0], k).text("code small", [-16.0, middle(k)], k);
                for c in 0..channels {
                    let class = match seen[k][c] {
                        true if k / width == c / width => "cell hot",
                        true => "cell result",
                        false => "cell",
                    };
                    svg.rect(class, [c as f64 * CELL, k as f64 * CELL], [CELL, CELL]);
                }
            }
        });
    }
    svg.rect("cell hot", [70.0, 368.0], [16.0, 16.0]).text("small start", [94.0, 376.0], "sees an input of its group");
    svg.rect("cell result", [270.0, 368.0], [16.0, 16.0]);
    svg.text("small start", [294.0, 376.0], "sees an input of another group");
    svg.rect("cell", [490.0, 368.0], [16.0, 16.0]).text("small start", [514.0, 376.0], "doesn't see it");
    Ok(svg.finish())
}
