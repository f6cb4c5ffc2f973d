//! A tile on its way through the three transforms: printed, and drawn.

use crate::figure::grid;
use ch03_winograd::{Rational, Winograd, cook_toom};
use unrolled::svg::Svg;
use unrolled::text::beside;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// A matrix by its rows.
type Matrix = Vec<Vec<Rational>>;

/// The first tile of chapter 1's sliding window, and its kernel.
const TILE: [[i128; 4]; 4] = [[3, 3, 2, 1], [0, 0, 1, 3], [3, 1, 2, 2], [2, 0, 0, 2]];
const KERNEL: [[i128; 3]; 3] = [[0, 1, 2], [2, 2, 0], [0, 1, 2]];

/// All that it becomes.
struct Stages {
    d: Matrix,
    half: Matrix,
    v: Matrix,
    g: Matrix,
    u: Matrix,
    m: Matrix,
    y: Matrix,
}

/// a bᵀ.
fn rows_by_rows(a: &Matrix, b: &Matrix) -> Matrix {
    let dot = |a: &[Rational], b: &[Rational]| a.iter().zip(b).fold(Rational::ZERO, |sum, (&a, &b)| sum + a * b);
    a.iter().map(|a| b.iter().map(|b| dot(a, b)).collect()).collect()
}

fn stages() -> Result<Stages> {
    let f = cook_toom(2, 3)?;
    let whole = |rows: &[&[i128]]| -> Matrix {
        rows.iter().map(|row| row.iter().map(|&n| Rational::whole(n)).collect()).collect()
    };
    let both = |l: &Matrix, x: &Matrix| rows_by_rows(l, &rows_by_rows(l, x));
    let d = whole(&TILE.each_ref().map(|row| &row[..]));
    let g = whole(&KERNEL.each_ref().map(|row| &row[..]));
    let (v, u) = (both(&f.bt, &d), both(&f.g, &g));
    let m: Matrix = u.iter().zip(&v).map(|(u, v)| u.iter().zip(v).map(|(&u, &v)| u * v).collect()).collect();
    // (Bᵀ d) 1
    let one: Matrix = whole(&[&[1, 0, 0, 0], &[0, 1, 0, 0], &[0, 0, 1, 0], &[0, 0, 0, 1]]);
    let half = rows_by_rows(&f.bt, &rows_by_rows(&one, &d));
    Ok(Stages { half, y: both(&f.at, &m), d, v, g, u, m })
}

/// A matrix as the text of its numbers.
fn text(matrix: &Matrix) -> String {
    let line = |row: &Vec<Rational>| row.iter().map(|x| format!("{:>5}", x.f64().to_string())).collect::<String>();
    matrix.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Prints the stages, and the sliding window of chapter 1 by four tiles.
pub fn print() -> Result<()> {
    let s = stages()?;
    say!("In two dimensions a tile is transformed along its columns, then along its rows. The first tile of");
    say!("chapter 1's sliding window:\n");
    for (name, matrices) in [
        ("d, Bt d, Bt d B", vec![&s.d, &s.half, &s.v]),
        ("g, G g Gt", vec![&s.g, &s.u]),
        ("their products, place by place, and y = At (...) A", vec![&s.m, &s.y]),
    ] {
        let blocks: Vec<_> = matrices.into_iter().map(text).collect();
        let arrows = vec!["  ->"; blocks.len() - 1];
        let mut row = vec![blocks[0].clone()];
        arrows.iter().zip(&blocks[1..]).for_each(|(arrow, block)| row.extend([arrow.to_string(), block.clone()]));
        say!("{name}\n{}\n", beside(&row, ""));
    }
    #[rustfmt::skip]
    let input: Tensor = Tensor::new(&[1, 1, 5, 5], vec![
        3.0, 3.0, 2.0, 1.0, 0.0,
        0.0, 0.0, 1.0, 3.0, 1.0,
        3.0, 1.0, 2.0, 2.0, 3.0,
        2.0, 0.0, 0.0, 2.0, 2.0,
        2.0, 0.0, 0.0, 0.0, 1.0,
    ])?;
    let kernel = Tensor::new(&[1, 1, 3, 3], KERNEL.concat().iter().map(|&n| n as f32).collect())?;
    let map = Winograd::<2>.forward(&ConvSpec::<2>::default(), &input, &kernel)?;
    say!("The whole sliding window, by four such tiles, of which three reach beyond the edge:\n");
    say!("{:.0}\n", map.reshape(&[3, 3])?);
    Ok(())
}

/// The place that is drawn: row and column in the transform domain.
const PLACE: (usize, usize) = (1, 1);

/// The stages as a figure, with all that place (1, 1) of the transform domain is made of.
pub fn draw() -> Result<String> {
    let s = stages()?;
    let (i, j) = PLACE;
    let (v, u, m) = (s.v[i][j].f64(), s.u[i][j].f64(), s.m[i][j].f64());
    let sums = [
        format!("Bᵀ d B: {} + {} + {} + {} = {v}", s.d[1][1], s.d[1][2], s.d[2][1], s.d[2][2]),
        format!("G g Gᵀ: ({}) / 4 = {u}", KERNEL.concat().iter().map(i128::to_string).collect::<Vec<_>>().join(" + ")),
        format!("{v} × {u} = {m}, a term of all four outputs"),
    ];
    let description = format!(
        "From left to right: a tile of 4 by 4 inputs and a kernel of 3 by 3; both transformed, 4 by 4 each; their products, place \
         by place; and 2 by 2 outputs. Row 1, column 1 is followed through all of them, counted from 0. {}. The outputs are {} \
         {} and {} {}.",
        sums.join("; "),
        s.y[0][0],
        s.y[0][1],
        s.y[1][0],
        s.y[1][1]
    );
    let mut svg = Svg::new(720.0, 510.0, "A tile goes through its three transforms", &description);
    let mut put = |at: [f64; 2], cell: f64, matrix: &Matrix, class: &dyn Fn(usize, usize) -> &'static str| {
        svg.group(at, |svg| {
            let count = matrix[0].len();
            grid(svg, [matrix.len(), count], cell, class);
            for (n, x) in matrix.concat().iter().enumerate() {
                let [x0, y0] = [n % count, n / count].map(|n| (n as f64 + 0.5) * cell);
                svg.text("code number", [x0, y0], x.f64());
            }
        });
    };
    let here = |y, x| if (y, x) == PLACE { "cell hot" } else { "cell" };
    put([18.0, 62.0], 32.0, &s.d, &|y, x| if (1..3).contains(&y) && (1..3).contains(&x) { "cell hot" } else { "cell" });
    put([34.0, 274.0], 32.0, &s.g, &|_, _| "cell hot");
    put([208.0, 46.0], 40.0, &s.v, &here);
    put([208.0, 242.0], 40.0, &s.u, &here);
    put([402.0, 144.0], 40.0, &s.m, &|y, x| if (y, x) == PLACE { "cell result" } else { "cell" });
    put([622.0, 184.0], 40.0, &s.y, &|_, _| "cell hot");
    svg.style("text.number { font-size: 13px }");
    for (text, x, y) in [
        ("input d", 82.0, 46.0),
        ("kernel g", 82.0, 258.0),
        ("v = Bᵀ d B", 288.0, 30.0),
        ("u = G g Gᵀ", 288.0, 418.0),
        ("products m", 482.0, 128.0),
        ("output y", 662.0, 168.0),
    ] {
        svg.text("soft", [x, y], text);
    }
    for (text, x, y) in
        [("→", 177.0, 126.0), ("→", 177.0, 322.0), ("⊙", 288.0, 224.0), ("=", 385.0, 224.0), ("→", 592.0, 224.0)]
    {
        svg.text("large", [x, y], text);
    }
    svg.text("code small", [592.0, 196.0], "Aᵀ m A");
    for (text, y) in sums.iter().zip([446.0, 467.0, 488.0]) {
        svg.text("code said", [360.0, y], text);
    }
    svg.style("text.said { font-size: 13px }");
    Ok(svg.finish())
}
