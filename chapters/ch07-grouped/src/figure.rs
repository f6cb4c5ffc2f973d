//! Who sees whom, drawn.

use crate::reach;
use unrolled::Result;
use unrolled::svg::Svg;

/// Four matrices of channels: dense, two groups, four groups, depthwise.
pub fn draw() -> Result<String> {
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
