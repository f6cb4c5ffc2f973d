//! The shuffle as a permutation, and the ways through two layers, as figures.

use ch08_shuffle::Shuffle;
use unrolled::Result;
use unrolled::svg::Svg;

/// The side of a channel's square.
const CELL: f64 = 34.0;

/// Of a channel, in figures of two or three groups.
fn class(group: usize) -> &'static str {
    ["cell hot", "cell result", "cell"][group % 3]
}

/// Six channels in two groups, as a row, as a table, transposed, and as a row again.
pub fn permutation() -> Result<String> {
    let (channels, groups) = (6, 2);
    let (shuffle, width) = (Shuffle::new(channels, groups)?, channels / groups);
    let description = "Above, a row of 6 channels in 2 groups, 0 1 2 and 3 4 5, and below it the shuffled row, 0 3 1 4 2 5, with a \
                       line from each channel to its place. Beside it the same as tables: 2 rows of 3, one for each group, \
                       transposed to 3 rows of 2, which are read row by row.";
    let mut svg = Svg::new(720.0, 260.0, "A shuffle is a transpose", description);
    let number = |svg: &mut Svg, corner: [f64; 2], channel: usize| {
        svg.rect(class(channel / width), corner, [CELL, CELL]);
        svg.text("code", corner.map(|c| c + CELL / 2.0), channel);
    };
    // A gap between groups.
    let place = |k: usize| k as f64 * CELL + (k / width) as f64 * 14.0;
    svg.group([36.0, 62.0], |svg| {
        svg.text("soft", [place(5) / 2.0 + CELL / 2.0, -30.0], "as a permutation");
        for k in 0..channels {
            let c = shuffle.source(k);
            svg.line("", [place(c) + CELL / 2.0, CELL], [place(k) + CELL / 2.0, 118.0]);
            number(svg, [place(k), 0.0], k);
            number(svg, [place(k), 118.0], c);
        }
    });
    svg.group([360.0, 62.0], |svg| {
        svg.text("soft", [150.0, -30.0], "as a table that is transposed");
        for k in 0..channels {
            number(svg, [(k % width) as f64 * CELL, (k / width) as f64 * CELL + 42.0], k);
            number(svg, [200.0 + (k % groups) as f64 * CELL, (k / groups) as f64 * CELL + 25.0], shuffle.source(k));
        }
        svg.text("large", [151.0, 76.0], "→");
        svg.text("small soft", [1.5 * CELL, 150.0], "a row for each group");
        svg.text("small soft", [200.0 + CELL, 150.0], "read row by row");
    });
    Ok(svg.finish())
}

/// Nine channels through two grouped layers: all ways that lead to output 0, without and with a shuffle.
pub fn figure() -> Result<String> {
    const SIDE: f64 = 30.0;
    let (channels, groups) = (9, 3);
    let width = channels / groups;
    let description = "Two networks of 9 channels in 3 groups, with two grouped layers, and in the second network a shuffle between \
                       them. All lines that lead to output 0 are drawn strongly. Without the shuffle they begin at inputs 0, 1 \
                       and 2 only. With it, output 0 hears from channels 0, 3 and 6 of the first layer, one of each group, and \
                       so from all 9 inputs.";
    let mut svg = Svg::new(720.0, 420.0, "What reaches output 0 through two grouped layers", description);
    svg.style("line.way { stroke: #d98a1f; stroke-width: 2.5 }");
    let place = |k: usize| k as f64 * SIDE + (k / width) as f64 * 8.0 + SIDE / 2.0;
    for (left, title, shuffle) in [
        (40.0, "no shuffle", Shuffle::new(channels, 1)?),
        (394.0, "a shuffle between the layers", Shuffle::new(channels, groups)?),
    ] {
        // Which squares of each of the four rows lead to output 0: found from below.
        let same_group = |a: usize, b: usize| a / width == b / width;
        let edge = |row: usize, from: usize, to: usize| match row {
            1 => shuffle.source(to) == from,
            _ => same_group(from, to),
        };
        let mut leads = [[false; 9]; 4];
        leads[3][0] = true;
        for row in (0..3).rev() {
            for from in 0..channels {
                leads[row][from] = (0..channels).any(|to| leads[row + 1][to] && edge(row, from, to));
            }
        }
        svg.group([left, 70.0], |svg| {
            svg.text("", [place(4), -40.0], title);
            for strong in [false, true] {
                for row in 0..3 {
                    for (from, to) in (0..channels).flat_map(|from| (0..channels).map(move |to| (from, to))) {
                        if edge(row, from, to) && leads[row + 1][to] == strong {
                            let y = row as f64 * 90.0;
                            let class = if strong { "way" } else { "" };
                            svg.line(class, [place(from), y + 22.0], [place(to), y + 90.0]);
                        }
                    }
                }
            }
            for (row, leads) in leads.iter().enumerate() {
                for (k, &leads) in leads.iter().enumerate() {
                    let (corner, middle) = ([place(k) - 13.0, row as f64 * 90.0], [place(k), row as f64 * 90.0 + 11.0]);
                    svg.rect(if leads { "cell hot" } else { "cell" }, corner, [26.0, 22.0]).text(
                        "small code",
                        middle,
                        k,
                    );
                }
            }
        });
    }
    for (row, name) in ["layer 1", "between", "layer 2"].into_iter().enumerate() {
        svg.text("small soft", [360.0, 70.0 + 90.0 * row as f64 + 56.0], name);
    }
    svg.text("soft", [360.0, 396.0], "inputs above, outputs below; what leads to output 0 is coloured");
    Ok(svg.finish())
}
