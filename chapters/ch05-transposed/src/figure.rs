//! The same nine products, as three stamps and as seven questions.

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
