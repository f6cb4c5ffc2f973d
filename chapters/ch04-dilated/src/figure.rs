//! The sub-grids of an image, the gridding artefact and the growth of the receptive field, drawn.

use crate::field::reached;
use ch04_dilated::SubGrids;
use unrolled::svg::Svg;
use unrolled::{ConvSpec, Result, Tensor};

/// An image of 7 × 7 and its four sub-grids, for a kernel of 3 × 3 at dilation 2.
pub fn sub_grids() -> Result<String> {
    const CELL: f64 = 32.0;
    // A colour or a weight of the text for each phase.
    const CELLS: [&str; 4] = ["cell hot", "cell", "cell result", "cell"];
    const TEXTS: [&str; 4] = ["small code hot", "small code", "small code result", "small code soft"];
    let spec = ConvSpec { dilation: [2, 2], ..ConvSpec::<2>::default() };
    let (grids, _) = SubGrids::of(&spec.resolve(&[1, 1, 7, 7], &[1, 1, 3, 3])?)?;
    let places = Tensor::from_fn(&[1, 1, 7, 7], |i| (11 + i / 7 * 10 + i % 7) as f32)?;
    let draw = |svg: &mut Svg, side: usize, numbers: &[f32]| {
        for (i, &place) in numbers.iter().enumerate() {
            let corner = [(i % side) as f64 * CELL, (i / side) as f64 * CELL];
            let (row, column) = (place as usize / 10, place as usize % 10);
            let phase = (row + 1) % 2 * 2 + (column + 1) % 2;
            svg.rect(if place == 0.0 { "cell" } else { CELLS[phase] }, corner, [CELL, CELL]);
            if place != 0.0 {
                svg.text(TEXTS[phase], corner.map(|c| c + CELL / 2.0), place);
            }
        }
    };
    let description = "On the left an image of 7 by 7, each cell with its row and column. On the right the same cells as \
                       four images of 4 by 4: odd rows and odd columns, odd rows and even columns, even rows and odd \
                       columns, even rows and even columns. Frames on the nine cells under a kernel of 3 by 3 at dilation \
                       2 in the image's corner: on the right they are one dense 3 by 3 window of the first.";
    let mut svg = Svg::new(660.0, 370.0, "A dilated kernel is a dense one on a sub-grid", description);
    svg.text("soft", [136.0, 28.0], "dilation 2").text("soft", [496.0, 28.0], "four sub-grids, dilation 1");
    svg.group([24.0, 72.0], |svg| {
        draw(svg, 7, places.data());
        for tap in 0..9 {
            svg.rect("frame", [(tap % 3 * 2) as f64 * CELL, (tap / 3 * 2) as f64 * CELL], [CELL; 2]);
        }
    });
    svg.text("large", [302.0, 184.0], "→");
    for (phase, part) in grids.gather(&places)?.data().chunks(16).enumerate() {
        let corner = [356.0 + (phase % 2) as f64 * 150.0, 48.0 + (phase / 2) as f64 * 150.0];
        svg.group(corner, |svg| draw(svg, 4, part));
    }
    svg.group([356.0, 48.0], |svg| _ = svg.rect("frame", [0.0, 0.0], [3.0 * CELL; 2]));
    svg.text("soft small", [330.0, 344.0], "Framed: what the first output reads. Empty cells hold zeros.");
    Ok(svg.finish())
}

/// What one output sees through three layers: dilations 2, 2, 2 beside 1, 2, 3.
pub fn gridding() -> Result<String> {
    const CELL: f64 = 25.0;
    let stacks = [[2, 2, 2], [1, 2, 3]].map(|dilations| (dilations, reached(dilations)));
    let description = "Two grids of 13 by 13 inputs, each the receptive field of one output behind three layers of 3 by 3. \
                       Each input that the output sees holds the number of paths that lead from it to the output. With \
                       dilations 2, 2 and 2 every second row and column is empty: 49 of 169 inputs are seen. With \
                       dilations 1, 2 and 3 all 169 are.";
    let mut svg = Svg::new(740.0, 430.0, "Equal dilations leave holes, mixed ones don't", description);
    for (i, (dilations, reached)) in stacks.into_iter().enumerate() {
        let (_, plane): (_, Tensor<f64>) = reached?;
        let side = plane.shape()[1];
        let seen = plane.data().iter().filter(|&&n| n != 0.0).count();
        svg.group([30.0 + i as f64 * 355.0, 60.0], |svg| {
            let middle = side as f64 * CELL / 2.0;
            let [a, b, c] = dilations;
            svg.text("", [middle, -28.0], format!("dilations {a}, {b}, {c}"));
            for (j, &n) in plane.data().iter().enumerate() {
                let corner = [(j % side) as f64 * CELL, (j / side) as f64 * CELL];
                svg.rect(if n == 0.0 { "cell" } else { "cell hot" }, corner, [CELL, CELL]);
                if n != 0.0 {
                    svg.text("small code", corner.map(|c| c + CELL / 2.0), n);
                }
            }
            svg.rect("frame", [middle - CELL / 2.0; 2], [CELL; 2]);
            svg.text("soft", [middle, side as f64 * CELL + 24.0], format!("{seen} of {} inputs seen", plane.len()));
        });
    }
    Ok(svg.finish())
}

/// What one output sees through four layers of 3, without dilation and with dilations that double.
pub fn growth() -> Result<String> {
    const STEP: f64 = 22.0;
    const ROW: f64 = 52.0;
    const MIDDLE: isize = 15;
    let description = "Twice four layers along one axis, the output on top and 31 inputs at the bottom. Lines lead from \
                       the output in the middle to what it reads, layer by layer. Without dilation the lines open \
                       slowly, to 3, 5, 7 and 9 places. With dilations 8, 4, 2 and 1 from top to bottom each layer \
                       doubles what is seen: the output reads 3 places 8 apart, then 7, 15, and in the end all 31.";
    let mut svg = Svg::new(840.0, 600.0, "Four layers of three taps see 9 inputs, or 31", description);
    for (panel, dilations) in [[1, 1, 1, 1], [1, 2, 4, 8]].into_iter().enumerate() {
        svg.group([130.0, 60.0 + 284.0 * panel as f64], |svg| {
            let place = |at: isize, row: usize| [at as f64 * STEP, row as f64 * ROW];
            let mut seen = vec![MIDDLE];
            for row in 0..=4 {
                if row < 4 {
                    let dilation = dilations[3 - row] as isize;
                    let mut next: Vec<isize> = seen.iter().flat_map(|at| [at - dilation, *at, at + dilation]).collect();
                    for at in &seen {
                        for tap in [at - dilation, *at, at + dilation] {
                            svg.line("", place(*at, row), place(tap, row + 1));
                        }
                    }
                    svg.text("soft small", [-62.0, (row as f64 + 0.5) * ROW], format!("dilation {dilation}"));
                    next.sort_unstable();
                    next.dedup();
                    nodes(svg, row, &seen);
                    seen = next;
                } else {
                    nodes(svg, row, &seen);
                    svg.text("", [MIDDLE as f64 * STEP, 4.0 * ROW + 28.0], format!("{} inputs seen", seen.len()));
                }
            }
            svg.text("result small", [MIDDLE as f64 * STEP, -20.0], "one output");
        });
    }
    /// The places of one layer, 31 of them; those in `seen` stand out.
    fn nodes(svg: &mut Svg, row: usize, seen: &[isize]) {
        for at in 0..31 {
            let class = match (seen.contains(&at), row) {
                (false, _) => "cell",
                (true, 0) => "cell result",
                (true, _) => "cell hot",
            };
            svg.rect(class, [at as f64 * STEP - 6.0, row as f64 * ROW - 6.0], [12.0, 12.0]);
        }
    }
    Ok(svg.finish())
}
