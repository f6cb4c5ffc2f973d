//! The demonstration's figures: kernels as products, and the weights of the three forms.

use crate::kernels::{LAPLACE, SOBEL, product, square};
use ch10_separable::rank::{nearest, split};
use unrolled::svg::Svg;
use unrolled::{Result, Tensor};

const CELL: f64 = 44.0;

/// The names of the forms, and the weights they have from 8 to 8 channels with a kernel of 3 × 3.
const FORMS: [(&str, &[[usize; 4]]); 4] = [
    ("dense", &[[8, 8, 3, 3]]),
    ("spatially separable", &[[8, 8, 3, 1], [8, 8, 1, 3]]),
    ("depthwise separable", &[[8, 1, 3, 3], [8, 8, 1, 1]]),
    ("flattened", &[[8, 8, 1, 1], [8, 1, 3, 1], [8, 1, 1, 3]]),
];

pub fn products() -> Result<String> {
    let (sobel, laplace) = (square(&SOBEL)?, square(&LAPLACE)?);
    let [column, row] = split(&sobel)?.expect("a kernel of rank one");
    let best = nearest(&laplace)?;
    let [near_column, near_row] = best.factors()?;
    let near = product(&near_column, &near_row)?;
    let off = format!("off by {:.1}%", 100.0 * best.error);
    let description = format!(
        "Above: Sobel's kernel of 3 by 3 numbers equals a column of three times a row of three. Below: the column and \
         the row whose product is nearest to Laplace's kernel, and that product, {off} of the kernel's length."
    );
    let mut svg = Svg::new(720.0, 420.0, "A kernel as a column times a row", &description);
    line(&mut svg, 40.0, "Sobel", &sobel, "=", [&column, &row], 0);
    line(&mut svg, 226.0, "Laplace", &laplace, "≈", [&near_column, &near_row], 2);
    svg.text("soft", [606.0, 40.0 + 1.5 * CELL], "exactly");
    svg.text("large", [498.0, 226.0 + 1.5 * CELL], "=");
    svg.group([540.0, 226.0], |svg| grid(svg, &near, "cell", 2));
    svg.text("soft", [606.0, 226.0 + 3.0 * CELL + 18.0], off);
    Ok(svg.finish())
}

/// A kernel, a sign, a column and a row.
fn line(svg: &mut Svg, y: f64, name: &str, kernel: &Tensor<f64>, sign: &str, [c, r]: [&Tensor<f64>; 2], digits: usize) {
    svg.text("soft", [106.0, y + 3.0 * CELL + 18.0], name);
    svg.group([40.0, y], |svg| grid(svg, kernel, "cell", 0));
    svg.text("large", [204.0, y + 1.5 * CELL], sign);
    svg.group([236.0, y], |svg| grid(svg, c, "cell hot", digits));
    svg.text("soft", [258.0, y + 3.0 * CELL + 18.0], "column");
    svg.text("large", [304.0, y + 1.5 * CELL], "×");
    svg.group([328.0, y + CELL], |svg| grid(svg, r, "cell result", digits));
    svg.text("soft", [394.0, y + 2.0 * CELL + 18.0], "row");
}

fn grid(svg: &mut Svg, numbers: &Tensor<f64>, class: &str, digits: usize) {
    let columns = numbers.shape()[1];
    let text = if digits == 0 { "code" } else { "code small" };
    for (i, number) in numbers.data().iter().enumerate() {
        let corner = [i % columns, i / columns].map(|at| at as f64 * CELL);
        svg.rect(class, corner, [CELL, CELL]);
        svg.text(text, corner.map(|c| c + CELL / 2.0), format!("{number:.digits$}").replace('-', "−"));
    }
}

/// The weights of each form: a block for each kernel, as large as it has taps; output channels downwards,
/// input channels across.
pub fn forms() -> Result<String> {
    const TAP: f64 = 5.0;
    const GAP: f64 = 3.0;
    let counts = FORMS.map(|(name, weights)| {
        let count: usize = weights.iter().map(|shape| shape.iter().product::<usize>()).sum();
        (name, count)
    });
    let list = counts.map(|(name, count)| format!("{name} {count}")).join(", ");
    let description = format!(
        "The weights of a layer from 8 to 8 channels with a kernel of 3 by 3, each drawn as large as it is: {list}. A \
         row for each output channel, in it a block for each input channel that it sees."
    );
    let mut svg = Svg::new(860.0, 240.0, "The weights of one layer, in four forms", &description);
    let mut x = 24.0;
    for ((name, weights), (_, count)) in FORMS.into_iter().zip(counts) {
        let start = x;
        for (i, &[k, c, r, s]) in weights.iter().enumerate() {
            let [width, height] = [s, r].map(|taps| taps as f64 * TAP);
            let class = ["cell", "cell hot", "cell result"][if weights.len() == 1 { 0 } else { i % 2 + 1 }];
            for (row, column) in (0..k).flat_map(|k| (0..c).map(move |c| (k, c))) {
                let corner = [x + column as f64 * (width + GAP), 24.0 + row as f64 * (height + GAP)];
                svg.rect(class, corner, [width, height]);
            }
            x += c as f64 * (width + GAP) + 18.0;
        }
        let middle = ((start + x - 18.0) / 2.0).round();
        svg.text("", [middle, 192.0], name).text("soft", [middle, 212.0], format!("{count} weights"));
        x = (x + 40.0).max(start + 190.0);
    }
    Ok(svg.finish())
}
