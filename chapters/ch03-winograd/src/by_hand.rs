//! The trick along one axis, small enough to check by hand: the filter, the polynomials behind it, both gradients.

use ch03_winograd::{CookToom, Rational, cook_toom};
use unrolled::{Result, say};

/// The example: four inputs, three taps, and a gradient of the two outputs.
const D: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
const G: [f64; 3] = [2.0, -4.0, 6.0];
const DY: [f64; 2] = [5.0, 7.0];

/// Numbers in a row, each as wide as the widest.
fn row(numbers: &[f64]) -> String {
    numbers.iter().map(|x| format!("{x:6}")).collect()
}

/// A matrix times a vector.
fn times(matrix: &[Vec<Rational>], x: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(x).map(|(a, x)| a.f64() * x).sum()).collect()
}

/// A transposed matrix times a vector.
fn transposed_times(matrix: &[Vec<Rational>], x: &[f64]) -> Vec<f64> {
    (0..matrix[0].len()).map(|j| matrix.iter().zip(x).map(|(row, x)| row[j].f64() * x).sum()).collect()
}

/// The products, place by place.
fn products(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// F(2, 3): two outputs of a filter of three taps, from four inputs, with four multiplications.
pub fn filter() -> Result<()> {
    let CookToom { at, g: gm, bt } = cook_toom(2, 3)?;
    let (filter, input) = (times(&gm, &G), times(&bt, &D));
    let products = products(&filter, &input);
    let y = times(&at, &products);
    say!("Two outputs of a filter of three taps. The definition multiplies six times:\n");
    say!("y0 = 1 x 2 + 2 x -4 + 4 x 6 = {}", D[0] * G[0] + D[1] * G[1] + D[2] * G[2]);
    say!("y1 = 2 x 2 + 4 x -4 + 8 x 6 = {}\n", D[1] * G[0] + D[2] * G[1] + D[3] * G[2]);
    say!("F(2, 3) needs four, as it multiplies sums:\n");
    say!("inputs          d = {}", row(&D));
    say!("                    d0-d2 d1+d2 d2-d1 d3-d1");
    say!("            Bt d  = {}", row(&input));
    say!("filter          g = {}", row(&G));
    say!("             G g  = {}   (g0, (g0+g1+g2)/2, (g0-g1+g2)/2, g2)", row(&filter));
    say!("product by product  {}", row(&products));
    say!("y0 = m0 + m1 + m2 = {:6}", y[0]);
    say!("y1 = m1 - m2 + m3 = {:6}\n", y[1]);
    Ok(())
}

/// The product of two polynomials from its values at four points: with the matrices of F(2, 3), transposed.
pub fn polynomials() -> Result<()> {
    let CookToom { at, g: gm, bt } = cook_toom(2, 3)?;
    let school: Vec<f64> =
        (0..4).map(|i| (0..2).map(|j| if i >= j && i - j < 3 { DY[j] * G[i - j] } else { 0.0 }).sum()).collect();
    let a = transposed_times(&at, &DY);
    // G has the values of g divided by 2 at the points 1 and -1.
    let g: Vec<f64> = times(&gm, &G).iter().zip([1.0, 2.0, 2.0, 1.0]).map(|(g, two)| g * two).collect();
    let values = products(&a, &g);
    let product = transposed_times(&bt, &products(&a, &times(&gm, &G)));
    say!("The product of two polynomials, (5 + 7x)(2 - 4x + 6x^2), coefficient by coefficient:\n");
    say!("1:   5 x 2           = {:3}", school[0]);
    say!("x:   5 x -4 + 7 x 2  = {:3}", school[1]);
    say!("x^2: 5 x 6 + 7 x -4  = {:3}", school[2]);
    say!("x^3: 7 x 6           = {:3}\n", school[3]);
    say!("... and from its values at four points, with four multiplications:\n");
    say!("point                       0     1    -1  infinity");
    say!("5 + 7x               {}", row(&a));
    say!("2 - 4x + 6x^2        {}", row(&g));
    say!("their products       {}", row(&values));
    say!("the coefficients     {}   (v0, (v1-v2)/2 - v3, (v1+v2)/2 - v0, v3)\n", row(&product));
    Ok(())
}

/// Both gradients, with the matrices of the forward pass, transposed.
pub fn gradients() -> Result<()> {
    let CookToom { at, g: gm, bt } = cook_toom(2, 3)?;
    let (filter, input, grad) = (times(&gm, &G), times(&bt, &D), transposed_times(&at, &DY));
    let y = times(&at, &products(&filter, &input));
    let (to_input, to_filter) = (products(&filter, &grad), products(&input, &grad));
    let (dd, dg) = (transposed_times(&bt, &to_input), transposed_times(&gm, &to_filter));
    say!("Both gradients of it, for a gradient of 5 and 7:\n");
    say!("               A dy = {}", row(&grad));
    say!("       G g x (A dy) = {}", row(&to_input));
    say!("dd = B (G g x A dy) = {}", row(&dd));
    say!("      Bt d x (A dy) = {}", row(&to_filter));
    say!("dg = Gt(Bt d x A dy)= {}\n", row(&dg));
    let dot = |a: &[f64], b: &[f64]| products(a, b).iter().sum::<f64>();
    say!("⟨dy, y⟩ = {}, ⟨dd, d⟩ = {}, ⟨dg, g⟩ = {}\n", dot(&DY, &y), dot(&dd, &D), dot(&dg, &G));
    Ok(())
}
