//! What the algorithm saves and what it costs, counted.

use ch03_winograd::{CookToom, POINTS, Rational, cook_toom, with_points};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Result, say};

/// The tiles that this chapter has names for, as (m, r).
const TILES: [(usize, usize); 5] = [(2, 3), (4, 3), (6, 3), (2, 5), (4, 5)];

/// Multiplications for each output.
pub fn savings() -> Result<()> {
    say!("What they save: multiplications for each output.\n");
    say!("tile              inputs  definition  Winograd  ratio");
    for (m, r) in TILES {
        let n = m + r - 1;
        let each = (n * n) as f64 / (m * m) as f64;
        let ratio = (r * r) as f64 / each;
        say!("F({m}x{m}, {r}x{r})        {n} x {n}  {:10}  {each:8.2}  {ratio:5.2}", r * r);
    }
    say!("");
    Ok(())
}

/// The sum of a row without its signs.
fn sum(row: &[Rational]) -> f64 {
    row.iter().map(|x| x.f64().abs()).sum()
}

// ANCHOR: growth
/// How many times larger than those of the definition the terms of an output may become: inputs and taps up to 1,
/// the largest sum of what is added up for an output, over r.
fn growth(f: &CookToom) -> f64 {
    let products: Vec<f64> = f.g.iter().zip(&f.bt).map(|(g, b)| sum(g) * sum(b)).collect();
    let outputs = f.at.iter().map(|row| row.iter().zip(&products).map(|(a, p)| a.f64().abs() * p).sum());
    outputs.fold(0.0, f64::max) / f.g[0].len() as f64
}
// ANCHOR_END: growth

/// How much larger the numbers on the way may be.
pub fn sizes() -> Result<()> {
    say!("How many times larger than the definition's the terms of an output may be:\n");
    say!("tile     points, and infinity          one axis      two");
    // With their own points, and with others.
    let own = TILES.map(|(m, r)| (m, r, &POINTS[..m + r - 2]));
    let half_for_two = [(0, 1), (1, 1), (-1, 1), (2, 1), (-1, 2)];
    let threes_for_halves = [(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (3, 1), (-3, 1)];
    let others = [(4, 3, &half_for_two[..]), (6, 3, &threes_for_halves[..])];
    for (i, (m, r, points)) in own.into_iter().chain(others).enumerate() {
        let points: Vec<_> = points.iter().map(|&(over, under)| Rational::new(over, under)).collect();
        let along = growth(&with_points(m, r, &points)?);
        let names = points.iter().map(Rational::to_string).collect::<Vec<_>>().join(", ");
        say!("{}F({m}, {r})  {names:28}  {along:9.1} {:8.0}", if i == own.len() { "\n" } else { "" }, along * along);
    }
    say!("");
    Ok(())
}

/// How many coefficients of a matrix aren't 0: the multiply-adds of a transform of one line.
fn terms(matrix: &[Vec<Rational>]) -> usize {
    matrix.iter().flatten().filter(|&&x| x != Rational::ZERO).count()
}

/// Multiply-adds of the transforms of F(m × m, r × r): of a filter, of a tile of the input, of one of the output.
fn transforms(f: &CookToom) -> [usize; 3] {
    let (m, r, n) = (f.at.len(), f.g[0].len(), f.bt.len());
    [(r + n) * terms(&f.g), 2 * n * terms(&f.bt), (n + m) * terms(&f.at)]
}

/// A tile of a pair of channels by itself.
pub fn tile() -> Result<()> {
    let [filter, input, output] = transforms(&cook_toom(2, 3)?);
    say!("One tile of F(2x2, 3x3) for one pair of channels, all by itself, in multiply-adds: 16 products,");
    say!("{filter} to transform the filter, {input} the input, {output} the output. The definition takes 36.\n");
    Ok(())
}

/// A layer: multiply-adds of the products and of the transforms, and what lies between them in memory.
pub fn layer() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])?;
    let definition = shape.cost().multiplies;
    say!("A layer of 64 to 64 channels, 3x3, on 56x56, padded by 1, in f32. Multiply-adds; those of the");
    say!("definition are {}:\n", thousands(definition));
    say!("tile           products  transforms  fewer    KiB of U, V and M  operations a byte");
    for (m, r) in TILES.into_iter().filter(|&(_, r)| r == 3) {
        let (f, n) = (cook_toom(m, r)?, m + r - 1);
        let tiles = shape.output.map(|size| size.div_ceil(m)).iter().product::<usize>();
        let (c, k) = (shape.c, shape.k);
        let products = n * n * tiles * c * k;
        let [filter, input, output] = transforms(&f);
        let transforms = filter * c * k + input * c * tiles + output * k * tiles;
        let fewer = definition as f64 / (products + transforms) as f64;
        let elements = n * n * (c * k + c * tiles + k * tiles);
        let intensity = 2.0 * products as f64 / (4 * elements) as f64;
        let [products, transforms] = [products, transforms].map(|n| thousands(n as u64));
        say!(
            "F({m}x{m}, 3x3)  {products:>10}  {transforms:>10}  {fewer:5.2}  {:>19}  {intensity:17.0}",
            thousands(elements as u64 / 256)
        );
    }
    say!("");
    Ok(())
}
