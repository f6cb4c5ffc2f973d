//! The chapter's figures.

use crate::by_hand;
use crate::places;
use unrolled::svg::Svg;
use unrolled::{Result, Tensor};

/// A tensor of three axes, and the row of its elements in memory.
pub fn strides() -> Result<String> {
    const CELL: f64 = 27.0;
    let (shape, index) = ([2, 3, 4], [1, 2, 3]);
    let t = Tensor::<f32>::from_fn(&shape, |i| i as f32)?;
    let strides = places::strides(&shape);
    let place: usize = index.iter().zip(&strides).map(|(i, stride)| i * stride).sum();
    let description = format!(
        "Above, a tensor of shape 2 by 3 by 4 as two planes of 3 rows and 4 columns, holding the numbers 0 to 23. Below, its \
         elements in one row, as memory has them. Element 1, 2, 3 is marked in both. The way to it along the row: once a plane, \
         {} places; twice a row, {} places each; three times {} place. That is place {place}.",
        strides[0], strides[1], strides[2]
    );
    let mut svg = Svg::new(720.0, 300.0, "A tensor and its memory", &description);
    svg.style(".way { stroke: #d98a1f }");
    let cell = |svg: &mut Svg, i: usize, corner: [f64; 2]| {
        svg.rect(if i == place { "cell result" } else { "cell" }, corner, [CELL, CELL]);
        svg.text("small code", corner.map(|c| c + CELL / 2.0), t.data()[i]);
    };
    for plane in 0..shape[0] {
        svg.group([170.0 + 230.0 * plane as f64, 50.0], |svg| {
            svg.text("soft small", [2.0 * CELL, -16.0], format!("[{plane}, .., ..]"));
            for (row, column) in (0..shape[1]).flat_map(|row| (0..shape[2]).map(move |column| (row, column))) {
                let i = plane * strides[0] + row * strides[1] + column * strides[2];
                cell(svg, i, [column as f64 * CELL, row as f64 * CELL]);
            }
        });
    }
    svg.group([36.0, 188.0], |svg| {
        svg.text("soft small start", [0.0, -16.0], "in memory:");
        (0..t.len()).for_each(|i| cell(svg, i, [i as f64 * CELL, 0.0]));
        let mut from = 0;
        for (i, stride) in index.into_iter().zip(&strides) {
            let to = from + i * stride;
            let [left, right] = [from, to].map(|place| (place as f64 + 0.5) * CELL);
            svg.line("way", [left + 2.0, 42.0], [right - 2.0, 42.0]);
            svg.line("way", [left + 2.0, 36.0], [left + 2.0, 48.0]).line(
                "way",
                [right - 2.0, 36.0],
                [right - 2.0, 48.0],
            );
            svg.text("hot code", [(left + right) / 2.0, 64.0], format!("{i}·{stride}"));
            from = to;
        }
    });
    svg.text("soft", [360.0, 280.0], format!("Element {index:?} stands at 1·12 + 2·4 + 3·1 = {place}."));
    Ok(svg.finish())
}

/// The size of a box.
const BOX: [f64; 2] = [96.0, 70.0];

/// The calculation by hand as a graph, with values and gradients.
pub fn tape() -> Result<String> {
    let lines = by_hand::example()?;
    let places: [(&str, [f64; 2]); 9] = [
        ("x", [18.0, 150.0]),
        ("p", [136.0, 150.0]),
        ("h", [254.0, 150.0]),
        ("y", [372.0, 150.0]),
        ("e", [490.0, 150.0]),
        ("L", [608.0, 150.0]),
        ("w", [254.0, 36.0]),
        ("b", [136.0, 264.0]),
        ("t", [372.0, 264.0]),
    ];
    let at = |name: &str| places.iter().find(|place| place.0 == name).expect("a place for each number").1;
    let description = "The calculation of the loss as a graph. From left to right x, p = w·x, h = p + b, y = w·h, e = y − t \
                       and L = e·e, with b and t below and w above. Lines lead from each number to what is made from it; w \
                       has two, to p and to y. Each box shows a value, found from left to right, and a gradient, found from \
                       right to left: 1 for L, 6 for e and y, 12 for h, p and b. To w come 30 from y and 36 from p, together \
                       66. The data x and t have no gradient.";
    let mut svg = Svg::new(720.0, 376.0, "A calculation, forwards and backwards", description);
    let (right, left) = (|[x, y]: [f64; 2]| [x + BOX[0], y + BOX[1] / 2.0], |[x, y]: [f64; 2]| [x, y + BOX[1] / 2.0]);
    for (from, to) in ["x", "p", "h", "y", "e"].into_iter().zip(["p", "h", "y", "e", "L"]) {
        let (from, to) = (right(at(from)), left(at(to)));
        svg.line("", from, to);
        if to[0] > 600.0 {
            // e is a factor twice.
            svg.line("", [from[0], from[1] - 10.0], [to[0], to[1] - 10.0]);
        }
    }
    let top = |name: &str| [at(name)[0] + BOX[0] / 2.0, at(name)[1]];
    let [wx, wy] = at("w");
    svg.line("", [wx, wy + BOX[1] / 2.0], top("p")).line("", [wx + BOX[0], wy + BOX[1] / 2.0], top("y"));
    for (from, to) in [("b", "h"), ("t", "e")] {
        let [x, y] = at(to);
        svg.line("", right(at(from)), [x + BOX[0] / 2.0, right(at(from))[1]]);
        svg.line("", [x + BOX[0] / 2.0, right(at(from))[1]], [x + BOX[0] / 2.0, y + BOX[1]]);
    }
    let grad = |name: &str| lines.iter().find(|line| line.name == name).and_then(|line| line.var.grad());
    // What y and p send to w: their gradients times the other factor.
    let value = |name: &str| lines.iter().find(|line| line.name == name).map_or(0.0, |line| line.var.value());
    let sent = |to: &str, factor: &str| grad(to).unwrap_or(0.0) * value(factor);
    svg.text("hot code", [180.0, 98.0], format!("+ {}", sent("p", "x")));
    svg.text("hot code", [424.0, 98.0], format!("+ {}", sent("y", "h")));
    for line in &lines {
        svg.group(at(line.name), |svg| {
            svg.rect("cell", [0.0, 0.0], BOX);
            let made = match line.made {
                "given" | "parameter" => line.name.to_string(),
                made => format!("{} = {made}", line.name),
            };
            svg.text("code", [BOX[0] / 2.0, 18.0], made);
            svg.text("result code", [BOX[0] / 4.0 + 2.0, 50.0], line.var.value());
            let grad = line.var.grad().map_or("–".to_string(), |grad| grad.to_string());
            svg.text("hot code", [BOX[0] * 0.75 - 2.0, 50.0], grad);
        });
    }
    svg.text("soft start", [500.0, 60.0], "Forwards, left to right:");
    svg.text("result start", [500.0, 80.0], "values");
    svg.text("soft start", [500.0, 104.0], "Backwards, right to left:");
    svg.text("hot start", [500.0, 124.0], "gradients");
    svg.text("soft", [360.0, 356.0], "Left in each box its value, right its gradient.");
    Ok(svg.finish())
}
