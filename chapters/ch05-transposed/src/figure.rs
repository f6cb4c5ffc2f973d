//! The same nine products, as three stamps and as seven questions; and a kernel dealt out by the phases of the stride.

use ch05_transposed::steps;
use unrolled::Result;
use unrolled::svg::Svg;

/// Title, what its threads are, and which lines stand out: by the input they come from, and the output that they lead to.
type Panel = (&'static str, &'static str, fn(usize, usize) -> bool);

/// Transposed convolution as scatter and as gather.
pub fn stamps() -> Result<String> {
    const STEP: f64 = 56.0;
    const CELL: f64 = 40.0;
    const LOW: f64 = 150.0;
    let (x, w, stride) = ([1.0, 2.0, 3.0], [1.0, 10.0, 100.0], 2);
    let y = steps::scatter(&x, &w, stride);
    let description = "Twice a row of three inputs, 1, 2 and 3, above a row of seven outputs, 1, 10, 102, 20, 203, 30 and \
                       300, with nine lines between them, three from each input. On the left, as a scatter, the lines \
                       of the second input stand out: they lead to outputs 2, 3 and 4, through the taps 1, 10 and 100. \
                       On the right, as a gather, those of output 2 and of output 3 stand out: output 2 has one from the \
                       first input, through tap 100, and one from the second, through tap 1; output 3 only one, through \
                       tap 10.";
    let mut svg = Svg::new(900.0, 330.0, "One map, as scatter and as gather", description);
    svg.style("line.strong { stroke: #d98a1f; stroke-width: 3 } line.faint { opacity: 0.45 }");
    let panels: [Panel; 2] = [
        ("scatter: an input adds to three outputs", "one thread for each input", |i, _| i == 1),
        ("gather: an output asks for its stamps", "one thread for each output", |_, o| o == 2 || o == 3),
    ];
    for (panel, (title, threads, strong)) in panels.into_iter().enumerate() {
        svg.group([40.0 + 440.0 * panel as f64, 84.0], |svg| {
            svg.text("", [3.0 * STEP + CELL / 2.0, -54.0], title);
            // The middle tap of input i falls on output 2 i + 1.
            let above = |i: usize| [(stride * i + 1) as f64 * STEP + CELL / 2.0, CELL / 2.0];
            let below = |o: usize| [o as f64 * STEP + CELL / 2.0, LOW + CELL / 2.0];
            for pass in [false, true] {
                for (i, r) in (0..9).map(|line| (line / 3, line % 3)) {
                    let (from, to) = (above(i), below(stride * i + r));
                    let strong = strong(i, stride * i + r);
                    if strong == pass {
                        svg.line(if strong { "strong" } else { "faint" }, from, to);
                    }
                    if strong && pass {
                        // At the upper third, on the outer side of a slanting line.
                        let aside = [-16.0, 16.0, 22.0][r];
                        let at = [from[0] + (to[0] - from[0]) * 0.45 + aside, from[1] + (to[1] - from[1]) * 0.45];
                        svg.text("small code hot", at, w[r]);
                    }
                }
            }
            for (i, x) in x.iter().enumerate() {
                let class = if strong(i, usize::MAX) { "cell hot" } else { "cell" };
                svg.rect(class, above(i).map(|c| c - CELL / 2.0), [CELL; 2]).text("code", above(i), x);
            }
            for (o, y) in y.iter().enumerate() {
                let class = if strong(usize::MAX, o) { "cell result" } else { "cell" };
                svg.rect(class, below(o).map(|c| c - CELL / 2.0), [CELL; 2]).text("code", below(o), y);
            }
            svg.text("soft small", [3.0 * STEP + CELL / 2.0, LOW + CELL + 24.0], threads);
        });
    }
    Ok(svg.finish())
}

/// A kernel of 4 × 4 at stride 2 as four of 2 × 2, and which outputs each of them makes.
pub fn phases() -> Result<String> {
    const CELL: f64 = 32.0;
    // A colour or a weight of the text for each phase.
    const CELLS: [&str; 4] = ["cell hot", "cell", "cell result", "cell"];
    const TEXTS: [&str; 4] = ["small code hot", "small code", "small code result", "small code soft"];
    let description = "On the left a kernel of 4 by 4, each tap with its row and column. In the middle the same taps as four \
                       kernels of 2 by 2: odd rows and odd columns, odd rows and even columns, even rows and odd columns, \
                       even rows and even columns. On the right an output of 6 by 6, in which each of the four has made \
                       the outputs of its own rows and columns, every second one along each axis.";
    let mut svg = Svg::new(760.0, 290.0, "A kernel of 4 by 4 at stride 2 is four kernels of 2 by 2", description);
    let phase = |row: usize, column: usize| row % 2 * 2 + column % 2;
    let cell = |svg: &mut Svg, corner: [f64; 2], phase: usize, text: String| {
        svg.rect(CELLS[phase], corner, [CELL; 2]);
        svg.text(TEXTS[phase], corner.map(|c| c + CELL / 2.0), text);
    };
    let name = |row: usize, column: usize| format!("{}{}", row + 1, column + 1);
    svg.text("soft", [104.0, 32.0], "kernel, stride 2").text("soft", [344.0, 32.0], "four sub-kernels, stride 1");
    svg.text("soft", [620.0, 32.0], "the outputs that each makes");
    for (row, column) in (0..16).map(|i| (i / 4, i % 4)) {
        let at = |corner: f64, i: usize| corner + i as f64 * CELL;
        cell(&mut svg, [at(40.0, column), at(88.0, row)], phase(row, column), name(row, column));
        let corner = [272.0 + (column % 2) as f64 * 80.0, 72.0 + (row % 2) as f64 * 80.0];
        cell(&mut svg, [at(corner[0], column / 2), at(corner[1], row / 2)], phase(row, column), name(row, column));
    }
    for (row, column) in (0..36).map(|i| (i / 6, i % 6)) {
        let corner = [524.0 + column as f64 * CELL, 56.0 + row as f64 * CELL];
        cell(&mut svg, corner, phase(row, column), name(row, column));
    }
    svg.text("large", [220.0, 152.0], "→").text("large", [470.0, 152.0], "→");
    svg.text("soft small", [380.0, 268.0], "Numbers are row and column, of a tap or of an output.");
    Ok(svg.finish())
}
