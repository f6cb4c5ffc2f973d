//! Chapter 3's demonstration: the trick by hand, where its matrices come from, and what it saves and costs.

mod figure;
mod measure;

use ch03_winograd::{CookToom, POINTS, Rational, Winograd, cook_toom};
use std::process::ExitCode;
use unrolled::simd::Isa;
use unrolled::{ConvSpec, Convolution, Result, Tensor, cli, files, parallel, say};

const USAGE: &str = "\
Convolution with fewer multiplications: an example by hand, the matrices, what they save, and then, measured
on this machine, what they cost in accuracy and how fast they are.

Usage: ch03-winograd [--threads N] [--svg FILE]
  --threads N   the most threads to measure with [2, or as many as there are cores if fewer]
  --svg FILE    draw how tiles overlap as well, into FILE
  --help        print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let threads = args.value("--threads", "a whole number, at least 1")?;
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        args.finish()?;
        let threads = threads.unwrap_or(parallel::threads().min(2));
        parallel::set_threads(threads)?;
        Isa::try_current()?;
        if let Some(file) = svg {
            files::write(file, figure::tiles())?;
        }
        by_hand()?;
        in_two_dimensions()?;
        matrices()?;
        savings()?;
        measure::accuracy()?;
        measure::speed(threads)
    })
}

/// Numbers in a row, each as wide as the widest.
fn row(numbers: &[f64]) -> String {
    numbers.iter().map(|x| format!("{x:6}")).collect()
}

/// A matrix times a vector.
fn times(matrix: &[Vec<Rational>], x: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(x).map(|(a, x)| a.f64() * x).sum()).collect()
}

// ANCHOR: by_hand
/// F(2, 3): two outputs of a filter of three taps, from four inputs, with four multiplications.
fn by_hand() -> Result<()> {
    let (d, g) = ([1.0, 2.0, 4.0, 8.0], [2.0, -4.0, 6.0]);
    let CookToom { at, g: gm, bt } = cook_toom(2, 3)?;
    let (filter, input) = (times(&gm, &g), times(&bt, &d));
    let products: Vec<_> = filter.iter().zip(&input).map(|(f, x)| f * x).collect();
    let y = times(&at, &products);
    // ANCHOR_END: by_hand
    say!("Two outputs of a filter of three taps. The definition multiplies six times:\n");
    say!("y0 = 1 x 2 + 2 x -4 + 4 x 6 = {}", d[0] * g[0] + d[1] * g[1] + d[2] * g[2]);
    say!("y1 = 2 x 2 + 4 x -4 + 8 x 6 = {}\n", d[1] * g[0] + d[2] * g[1] + d[3] * g[2]);
    say!("F(2, 3) needs four, as it multiplies sums:\n");
    say!("inputs          d = {}", row(&d));
    say!("                    d0-d2 d1+d2 d2-d1 d3-d1");
    say!("            Bt d  = {}", row(&input));
    say!("filter          g = {}", row(&g));
    say!("             G g  = {}   (g0, (g0+g1+g2)/2, (g0-g1+g2)/2, g2)", row(&filter));
    say!("product by product  {}", row(&products));
    say!("y0 = m0 + m1 + m2 = {:6}", y[0]);
    say!("y1 = m1 - m2 + m3 = {:6}\n", y[1]);
    Ok(())
}

/// The sliding window of chapter 1, by tiles.
fn in_two_dimensions() -> Result<()> {
    #[rustfmt::skip]
    let input: Tensor = Tensor::new(&[1, 1, 5, 5], vec![
        3.0, 3.0, 2.0, 1.0, 0.0,
        0.0, 0.0, 1.0, 3.0, 1.0,
        3.0, 1.0, 2.0, 2.0, 3.0,
        2.0, 0.0, 0.0, 2.0, 2.0,
        2.0, 0.0, 0.0, 0.0, 1.0,
    ])?;
    let kernel = Tensor::new(&[1, 1, 3, 3], vec![0.0, 1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 1.0, 2.0])?;
    let map = Winograd::<2>.forward(&ConvSpec::<2>::default(), &input, &kernel)?;
    say!("In two dimensions a tile is transformed along its columns and along its rows, and F(2x2, 3x3) takes");
    say!("16 multiplications for 2 x 2 outputs, not 36. Chapter 1's sliding window, by four such tiles, of");
    say!("which three reach beyond the edge:\n\n{:.0}\n", map.reshape(&[3, 3])?);
    Ok(())
}

/// The three matrices of F(m, r), side by side, as fractions.
fn matrices() -> Result<()> {
    let points: Vec<_> = POINTS.iter().map(|&(over, under)| Rational::new(over, under).to_string()).collect();
    say!("The matrices come from polynomials: a product of two is known by its values at enough points, and");
    say!("there it takes one multiplication each. Points, in the order in which they are taken:");
    say!("{}, and infinity.", points.join(", "));
    for (m, r) in [(2, 3), (4, 3)] {
        let f = cook_toom(m, r)?;
        say!("\nF({m}, {r})");
        for (name, matrix) in [("Bt", &f.bt), ("G", &f.g), ("At", &f.at)] {
            for (i, row) in matrix.iter().enumerate() {
                let row: String = row.iter().map(|x| format!("{:>6}", x.to_string())).collect();
                say!("{:>3}{row}", if i == 0 { name } else { "" });
            }
        }
    }
    say!("");
    Ok(())
}

/// The tiles that this chapter has names for, as (m, r).
const TILES: [(usize, usize); 5] = [(2, 3), (4, 3), (6, 3), (2, 5), (4, 5)];

fn savings() -> Result<()> {
    say!("What they save: multiplications for each output.\n");
    say!("                  inputs  definition  Winograd  ratio");
    for (m, r) in TILES {
        let n = m + r - 1;
        let each = (n * n) as f64 / (m * m) as f64;
        let ratio = (r * r) as f64 / each;
        say!("F({m}x{m}, {r}x{r})        {n} x {n}  {:10}  {each:8.2}  {ratio:5.2}", r * r);
    }
    say!("");
    Ok(())
}
