//! The figure: tiles overlap, their outputs don't.

use unrolled::svg::Svg;

const CELL: f64 = 30.0;

/// A grid of cells; `class` says how each looks.
pub fn grid(svg: &mut Svg, [rows, columns]: [usize; 2], cell: f64, class: impl Fn(usize, usize) -> &'static str) {
    for y in 0..rows {
        for x in 0..columns {
            svg.rect(class(y, x), [x as f64 * cell, y as f64 * cell], [cell, cell]);
        }
    }
}

/// An input of 4 × 6 that two tiles of F(2 × 2, 3 × 3) share, their transforms, and their outputs.
pub fn tiles() -> String {
    let description = "Left: an input of four rows and six columns, covered by two tiles of four by four that share the two \
        columns in the middle. Middle: each tile transformed, and the transformed filter: four by four places, multiplied one by one. \
        Right: two by two outputs for each tile, side by side.";
    let mut svg = Svg::new(720.0, 300.0, "Tiles overlap, and their outputs don't", description);
    svg.text("soft", [110.0, 28.0], "input, two tiles").text("soft", [366.0, 28.0], "transform domain");
    svg.text("soft", [624.0, 28.0], "output");
    svg.group([20.0, 80.0], |svg| {
        grid(svg, [4, 6], CELL, |_, x| match x {
            0 | 1 => "cell hot",
            2 | 3 => "cell",
            _ => "cell result",
        });
        svg.rect("frame", [0.0, 0.0], [4.0 * CELL, 4.0 * CELL]);
        svg.text("small soft", [3.0 * CELL, 4.0 * CELL + 20.0], "both tiles need");
        svg.text("small soft", [3.0 * CELL, 4.0 * CELL + 34.0], "the middle columns");
        for x in [2.5, 3.5] {
            svg.text("small", [x * CELL, 2.0 * CELL], "both");
        }
    });
    svg.text("code", [232.0, 110.0], "Bᵀ d B").text("large", [232.0, 134.0], "→");
    for (top, class) in [(46.0, "cell hot"), (174.0, "cell result")] {
        svg.group([276.0, top], |svg| {
            grid_small(svg, class);
            svg.text("large", [106.0, 40.0], "⊙");
            svg.group([132.0, 0.0], |svg| grid_small(svg, "cell"));
        });
    }
    svg.text("code small", [448.0, 150.0], "G g Gᵀ, for both");
    svg.text("code", [522.0, 110.0], "Aᵀ m A").text("large", [522.0, 134.0], "→");
    svg.group([564.0, 110.0], |svg| {
        grid(svg, [2, 4], CELL, |_, x| if x < 2 { "cell hot" } else { "cell result" });
    });
    svg.text("soft", [360.0, 278.0], "16 multiplications for 4 outputs; the definition takes 36");
    svg.finish()
}

/// A tile in the transform domain.
fn grid_small(svg: &mut Svg, class: &str) {
    for i in 0..16 {
        svg.rect(class, [f64::from(i % 4) * 20.0, f64::from(i / 4) * 20.0], [20.0, 20.0]);
    }
}
