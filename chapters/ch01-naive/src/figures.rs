//! The chapter's figures.

use crate::{example, first_window};
use ch01_naive::steps;
use std::collections::BTreeSet;
use unrolled::svg::Svg;
use unrolled::{Result, Tensor};

/// The side of a cell.
const CELL: f64 = 44.0;

/// The sliding window, drawn.
pub fn sliding_window() -> Result<String> {
    let (input, kernel) = example()?;
    let map = steps::single_channel(&input, &kernel)?;
    let sum = format!("{} = {}", first_window(&input, &kernel), map.data()[0]);
    let description = format!(
        "An input of 5 by 5 numbers, a kernel of 3 by 3, and the feature map of 3 by 3 that they make. The kernel \
         lies on the top left window of the input. Each number of the window is multiplied with the kernel's number \
         on it, and the nine products are summed: {sum}. That is the top left number of the feature map."
    );
    let grid = |svg: &mut Svg, numbers: &Tensor, class: &dyn Fn(usize, usize) -> &'static str| {
        let [rows, columns] = [numbers.shape()[0], numbers.shape()[1]];
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let corner = [x as f64 * CELL, y as f64 * CELL];
            svg.rect(class(y, x), corner, [CELL, CELL]);
            svg.text("code", corner.map(|c| c + CELL / 2.0), numbers.data()[y * columns + x]);
        }
    };
    let mut svg = Svg::new(720.0, 360.0, "A kernel slides over its input", &description);
    svg.text("soft", [134.0, 28.0], "input").text("soft", [394.0, 72.0], "kernel");
    svg.text("soft", [608.0, 72.0], "feature map");
    svg.group([24.0, 46.0], |svg| {
        grid(svg, &input, &|y, x| if y < 3 && x < 3 { "cell hot" } else { "cell" });
        for (i, w) in kernel.data().iter().enumerate() {
            let [x, y] = [(i % 3 + 1) as f64 * CELL - 10.0, (i / 3 + 1) as f64 * CELL - 9.5];
            svg.text("small hot", [x, y], format!("×{w}"));
        }
        svg.rect("frame", [0.0, 0.0], [3.0 * CELL, 3.0 * CELL]);
    });
    svg.text("large", [286.0, 156.0], "∗").text("large", [501.0, 156.0], "=");
    svg.group([328.0, 90.0], |svg| grid(svg, &kernel, &|_, _| "cell hot"));
    svg.group([542.0, 90.0], |svg| {
        grid(svg, &map, &|y, x| if y == 0 && x == 0 { "cell result" } else { "cell" });
    });
    svg.text("soft", [360.0, 300.0], "The kernel's number times the input's, summed over the window:");
    svg.text("code", [360.0, 328.0], sum);
    Ok(svg.finish())
}

/// The same step as a row of a matrix: the convolution as the matrix that it is.
pub fn sparse_matrix() -> Result<String> {
    const SIDE: f64 = 24.0;
    let (input, kernel) = example()?;
    let map = steps::single_channel(&input, &kernel)?;
    let [size, taps, out] = [input.shape()[1], kernel.shape()[1], map.shape()[1]];
    let description = format!(
        "A matrix of 9 rows and 25 columns. Each row belongs to an output, each column to an input. A row holds the nine \
         numbers of the kernel at the columns of the inputs that its output sees, in three runs of three, and is empty \
         elsewhere: 81 of 225 places are taken. The first row, times the input as a column, is the first output, {}. Each \
         row is the one before it, moved to the right by one, and by three where a new row of the output begins.",
        map.data()[0]
    );
    let mut svg = Svg::new(720.0, 330.0, "A convolution is a sparse matrix", &description);
    svg.text("soft", [360.0, 24.0], "25 columns, one for each input, row by row; 9 rows, one for each output");
    svg.group([36.0, 62.0], |svg| {
        for (i, x) in input.data().iter().enumerate() {
            let hot = if i / size < taps && i % size < taps { "small hot" } else { "small soft" };
            svg.text(hot, [(i as f64 + 0.5) * SIDE, -12.0], x);
        }
        for (row, y) in map.data().iter().enumerate() {
            for column in 0..input.len() {
                // Which tap, if any, lies between this output and this input.
                let [r, s] = [(column / size).wrapping_sub(row / out), (column % size).wrapping_sub(row % out)];
                let corner = [column as f64 * SIDE, row as f64 * SIDE];
                let seen = r < taps && s < taps;
                svg.rect(if seen && row == 0 { "cell hot" } else { "cell" }, corner, [SIDE, SIDE]);
                if seen {
                    svg.text("small code", corner.map(|c| c + SIDE / 2.0), kernel.data()[r * taps + s]);
                }
            }
            let class = if row == 0 { "small result" } else { "small soft" };
            svg.text(class, [input.len() as f64 * SIDE + 22.0, (row as f64 + 0.5) * SIDE], format!("= {y}"));
        }
    });
    svg.text(
        "soft",
        [360.0, 306.0],
        "Above each column its input: times the row, and summed, it is the number on the right.",
    );
    Ok(svg.finish())
}

/// What memory moves when the 32 threads of a warp load one number each, at stride 1 and at stride 2.
pub fn warp() -> Result<String> {
    // Places of 4 bytes; memory moves 8 of them together.
    const LANES: usize = 32;
    const PLACES: usize = 64;
    const TOGETHER: usize = 8;
    const SIDE: f64 = 10.0;
    let description = "Twice a row of 32 threads above a row of 64 places in memory, in 8 sectors of 8 places, with a line \
                       from each thread to the place that it loads. At stride 1 the threads load 32 neighbours: 4 sectors \
                       are moved, and all of them is used. At stride 2 they load every other place: 8 sectors are moved, \
                       and half of them is used.";
    let mut svg = Svg::new(720.0, 340.0, "What memory moves for a warp", description);
    for (panel, stride) in [1, 2].into_iter().enumerate() {
        let loaded: BTreeSet<usize> = (0..LANES).map(|lane| lane * stride).collect();
        let sectors: BTreeSet<usize> = loaded.iter().map(|place| place / TOGETHER).collect();
        let used = 100 * loaded.len() / (sectors.len() * TOGETHER);
        svg.group([40.0, 30.0 + 160.0 * panel as f64], |svg| {
            let said = format!("stride {stride}: {} sectors of 32 bytes, of which {used} % are used", sectors.len());
            svg.text("soft", [320.0, 0.0], said);
            for lane in 0..LANES {
                let x = 2.0 * SIDE * lane as f64;
                svg.rect("cell result", [x, 18.0], [2.0 * SIDE, 22.0]).text("small", [x + SIDE, 29.0], lane);
                svg.line("", [x + SIDE, 40.0], [(stride * lane) as f64 * SIDE + SIDE / 2.0, 84.0]);
            }
            for place in 0..PLACES {
                let class = if loaded.contains(&place) { "cell hot" } else { "cell" };
                svg.rect(class, [place as f64 * SIDE, 84.0], [SIDE, 22.0]);
            }
            for sector in &sectors {
                let wide = TOGETHER as f64 * SIDE;
                svg.rect("frame", [*sector as f64 * wide, 84.0], [wide, 22.0]);
            }
        });
    }
    svg.text("soft", [360.0, 326.0], "threads of a warp above, places in memory below; what is moved has a frame");
    Ok(svg.finish())
}
