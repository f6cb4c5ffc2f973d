//! Who sees whom, and how a kernel meets lines of inputs, drawn.

use crate::reach;
use unrolled::Result;
use unrolled::svg::Svg;

/// Four matrices of channels: dense, two groups, four groups, depthwise.
pub fn blocks() -> Result<String> {
    const CELL: f64 = 18.0;
    const SIDE: f64 = 8.0 * CELL;
    let description = "Four matrices of 8 output channels by 8 input channels, in which a filled cell is a kernel. \
With one group all 64 cells are filled; with two groups two blocks of 4 by 4; with four groups four blocks of 2 by 2; \
depthwise, the diagonal.";
    let mut svg = Svg::new(744.0, 262.0, "Groups make the weight block diagonal", description);
    svg.text("soft", [372.0, 24.0], "Input channels across, output channels down; a kernel in each filled cell");
    for (i, (groups, name)) in
        [(1, "1 group"), (2, "2 groups"), (4, "4 groups"), (8, "depthwise")].into_iter().enumerate()
    {
        let matrix = reach(groups)?;
        svg.group([30.0 + i as f64 * (SIDE + 36.0), 76.0], |svg| {
            svg.text("", [SIDE / 2.0, -16.0], name);
            for (k, row) in matrix.iter().enumerate() {
                for (c, &sees) in row.iter().enumerate() {
                    let class = if sees { "cell hot" } else { "cell" };
                    svg.rect(class, [c as f64 * CELL, k as f64 * CELL], [CELL, CELL]);
                }
            }
            let kernels = matrix.iter().flatten().filter(|&&sees| sees).count();
            svg.text("soft", [SIDE / 2.0, SIDE + 20.0], format!("{kernels} kernels"));
        });
    }
    Ok(svg.finish())
}

/// Six lines of inputs, four lines of outputs, and the taps of one column of a 3 × 3 kernel between them.
pub fn lines() -> Result<String> {
    const LINE: f64 = 44.0;
    const LENGTH: f64 = 210.0;
    let description = "Six lines of inputs on the left, four lines of outputs on the right. Input line 2 is marked: arrows \
lead from it to output line 0 through tap 2, to output line 1 through tap 1, and to output line 2 through tap 0.";
    let mut svg = Svg::new(744.0, 340.0, "A line of inputs is loaded once for three lines of outputs", description);
    let (left, right, top) = (30.0, 744.0 - 30.0 - LENGTH, 60.0);
    svg.text("soft", [left + LENGTH / 2.0, 34.0], "inputs: loaded, one line at a time");
    svg.text("soft", [right + LENGTH / 2.0, 34.0], "outputs: sums, in registers");
    let middle = |i: usize, offset: f64| top + offset + i as f64 * LINE + 14.0;
    for i in 0..6 {
        svg.rect(if i == 2 { "cell hot" } else { "cell" }, [left, middle(i, 0.0) - 14.0], [LENGTH, 28.0]);
        svg.text(if i == 2 { "hot" } else { "soft" }, [left + LENGTH / 2.0, middle(i, 0.0) + 5.0], format!("line {i}"));
    }
    for y in 0..4 {
        let met = y < 3;
        svg.rect(if met { "result" } else { "cell" }, [right, middle(y, LINE) - 14.0], [LENGTH, 28.0]);
        let class = if met { "result" } else { "soft" };
        svg.text(class, [right + LENGTH / 2.0, middle(y, LINE) + 5.0], format!("line {y}"));
    }
    for y in 0..3 {
        svg.line("", [left + LENGTH, middle(2, 0.0)], [right, middle(y, LINE)]);
        let above = if y == 2 { 20.0 } else { -10.0 };
        svg.text("", [right - 50.0, middle(y, LINE) + above], format!("w[{}, s]", 2 - y));
    }
    Ok(svg.finish())
}
