//! The chapter's figures.

use crate::by_hand::{INPUT, KERNEL};
use ch02_im2col::im2col;
use unrolled::svg::Svg;
use unrolled::{ConvSpec, Result, gemm};

/// A grid of squares, each with a number, in the class that `class` chooses by row and column.
fn grid(svg: &mut Svg, numbers: &[f32], width: usize, side: f64, class: &dyn Fn(usize, usize) -> &'static str) {
    for (i, number) in numbers.iter().enumerate() {
        let corner = [(i % width) as f64 * side, (i / width) as f64 * side];
        svg.rect(class(i / width, i % width), corner, [side, side]);
        svg.text("small code", corner.map(|c| c + side / 2.0), number);
    }
}

/// A window of the input becomes a column of the matrix.
pub fn window_to_column() -> Result<String> {
    const SIDE: f64 = 27.0;
    // The window in the middle, at (1, 1): column 4.
    const COLUMN: usize = 4;
    let shape = ConvSpec::<2>::default().resolve(&[1, 1, 5, 5], &[1, 1, 3, 3])?;
    let (mut columns, mut output) = ([0.0; 81], [0.0; 9]);
    im2col(&shape.lift(), &INPUT, &mut columns);
    gemm(1.0, gemm::MatRef::new(&KERNEL, 1, 9)?, gemm::MatRef::new(&columns, 9, 9)?, 0.0, &mut output)?;
    let description = format!(
        "An input of 5 by 5 numbers, with the window in its middle marked. The nine numbers of the window are column \
         {COLUMN} of a matrix P of 9 rows, one for each tap, and 9 columns, one for each output. Below, the kernel as a \
         row of nine numbers, times P, is a row of nine outputs; the one below the marked column is {}.",
        output[COLUMN]
    );
    let mut svg = Svg::new(720.0, 400.0, "Each window is a column", &description);
    let column = |_: usize, x: usize| if x == COLUMN { "cell hot" } else { "cell" };
    svg.text("soft", [177.0, 50.0], "input");
    svg.group([109.5, 70.0], |svg| {
        let window = |y: usize, x: usize| (1..4).contains(&y) && (1..4).contains(&x);
        grid(svg, &INPUT, 5, SIDE, &|y, x| if window(y, x) { "cell hot" } else { "cell" });
        svg.rect("frame", [SIDE, SIDE], [3.0 * SIDE, 3.0 * SIDE]);
    });
    svg.line("", [248.0, 138.0], [320.0, 138.0]).text("small soft", [284.0, 124.0], "row by row");
    svg.text("soft", [521.5, 26.0], "P: a row for each tap, a column for each output");
    svg.group([400.0, 46.0], |svg| {
        grid(svg, &columns, 9, SIDE, &column);
        svg.rect("frame", [COLUMN as f64 * SIDE, 0.0], [SIDE, 9.0 * SIDE]);
        for tap in 0..9 {
            let at = [-38.0, (tap as f64 + 0.5) * SIDE];
            svg.text("small soft", at, format!("tap ({}, {})", tap / 3, tap % 3));
        }
    });
    svg.text("soft", [177.0, 292.0], "the kernel, as a row");
    svg.group([55.5, 314.0], |svg| grid(svg, &KERNEL, 9, SIDE, &|_, _| "cell"));
    svg.text("large", [349.0, 327.0], "· P =");
    let result = |_: usize, x: usize| if x == COLUMN { "cell result" } else { "cell" };
    svg.group([400.0, 314.0], |svg| grid(svg, &output, 9, SIDE, &result));
    svg.text("soft", [521.5, 366.0], "the feature map, as a row");
    Ok(svg.finish())
}

/// What of the product is where: blocks in the caches, a tile in registers.
pub fn blocks() -> Result<String> {
    let description = format!(
        "Above, the product C = A B. A stands left of C, B above it. A is cut into panels of 8 rows, B into panels of 48 \
         columns, both into blocks of {} of the summed axis. One panel of A, 16 KiB, is in the first-level cache; \
         four panels of B, 96 KiB each, are in a second-level cache of 1 MiB. Where the marked panel of A and the marked panel \
         of B meet is a tile of C, 8 by 48, in registers. Below, a step of the micro-kernel: a column of 8 numbers of A and \
         a row of 48 numbers of B, in three vectors of 16, are multiplied, each with each, and added to 24 vectors of sums.",
        gemm::DEPTH
    );
    let mut svg = Svg::new(720.0, 640.0, "Panels, blocks and the micro-kernel", &description);
    // B above, A on the left, C where they meet.
    let (b, a, c) = ([230.0, 50.0], [70.0, 190.0], [230.0, 190.0]);
    svg.text("soft", [450.0, 28.0], "B: panels of 48 columns, blocks of 512 rows");
    svg.rect("cell", b, [440.0, 110.0]).rect("cell", a, [110.0, 160.0]).rect("cell", c, [440.0, 160.0]);
    for panel in 0..4 {
        let at = [b[0] + 48.0 + 48.0 * panel as f64, b[1]];
        svg.rect(if panel == 1 { "cell hot" } else { "cell result" }, at, [48.0, 80.0]);
    }
    svg.line("", [b[0], b[1] + 80.0], [b[0] + 440.0, b[1] + 80.0]);
    svg.line("", [a[0] + 80.0, a[1]], [a[0] + 80.0, a[1] + 160.0]);
    for row in 1..8 {
        svg.line("", [a[0], a[1] + 20.0 * row as f64], [a[0] + 110.0, a[1] + 20.0 * row as f64]);
    }
    svg.rect("cell hot", [a[0], a[1] + 60.0], [80.0, 20.0]);
    svg.rect("cell hot", [c[0] + 96.0, c[1] + 60.0], [48.0, 20.0]);
    svg.rect("frame", [c[0] + 96.0, c[1] + 60.0], [48.0, 20.0]);
    svg.text("large", [125.0, 105.0], "C = A B").text("soft", [c[0] + 22.0, c[1] + 22.0], "C");
    svg.text("soft", [125.0, 370.0], "A: panels of 8 rows");
    svg.text("soft start", [c[0] + 160.0, c[1] + 70.0], "the tile, 8 × 48: in registers");
    svg.text("soft start", [c[0] + 20.0, c[1] + 108.0], "8 × 512 of A, 16 KiB: in the first-level cache");
    svg.text("soft start", [c[0] + 20.0, c[1] + 134.0], "512 × 48 of B, 96 KiB: four in the second-level cache");

    svg.line("", [20.0, 396.0], [700.0, 396.0]);
    svg.text(
        "soft",
        [360.0, 420.0],
        "One step of the micro-kernel: 8 + 48 numbers are read, 8 · 48 products are added",
    );
    svg.group([230.0, 446.0], |svg| {
        for vector in 0..3 {
            let x = 152.0 * vector as f64;
            svg.rect("cell hot", [x, 0.0], [140.0, 16.0]);
            for row in 0..8 {
                svg.rect("cell result", [x, 28.0 + 17.0 * row as f64], [140.0, 15.0]);
            }
        }
        for row in 0..8 {
            svg.rect("cell hot", [-40.0, 28.0 + 17.0 * row as f64], [20.0, 15.0]);
        }
    });
    svg.text("small", [130.0, 454.0], "a row of B: 3 vectors");
    svg.text("small", [100.0, 540.0], "a column of A:").text("small", [100.0, 556.0], "8 numbers, each");
    svg.text("small", [100.0, 572.0], "copied to 16 lanes");
    svg.text("small", [452.0, 622.0], "24 vectors of sums, one register each");
    Ok(svg.finish())
}
