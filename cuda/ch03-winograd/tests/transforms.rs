//! The five transforms by themselves: a tile by hand, and all of them against the matrices of the CPU's chapter.

use ch03_winograd::{Rational, cook_toom};
use cuda_ch03_winograd::kernels::{filter, input, output};
use host::testing::session;
use host::{GpuTensor, Grid};
use unrolled::{Result, Tensor};

/// A matrix by its rows.
type Matrix = Vec<Vec<f64>>;

fn matrix(rows: &[Vec<Rational>]) -> Matrix {
    rows.iter().map(|row| row.iter().map(|x| x.f64()).collect()).collect()
}

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j]).collect()).collect()
}

/// A X Aᵀ for a matrix X of whole numbers, given in row-major order.
fn both_sides(a: &Matrix, x: &[f32]) -> Vec<f64> {
    let n = a[0].len();
    let element =
        |i: usize, j: usize| -> f64 { (0..n * n).map(|at| a[i][at / n] * f64::from(x[at]) * a[j][at % n]).sum() };
    (0..a.len() * a.len()).map(|at| element(at / a.len(), at % a.len())).collect()
}

/// A tile of whole numbers, none of them like another, for `side` × `side` elements.
fn numbers(side: usize) -> Vec<f32> {
    (0..side * side).map(|i| ((i * 7 + 3) % 31) as f32 - 11.0).collect()
}

fn upload(shape: &[usize], data: Vec<f32>) -> Result<GpuTensor> {
    session().upload(&Tensor::new(shape, data)?)
}

fn grid(m: u32) -> Result<Grid> {
    Grid::new([1, 1, 1], [32, m + 2, 1])
}

/// One tile, at the place of the first: `down`, `right`, `first`, `tiles` of the kernels.
const ONE: [u32; 4] = [1, 1, 0, 1];

fn input_transform(m: u32, d: Vec<f32>) -> Result<Tensor> {
    let n = m as usize + 2;
    let d = upload(&[1, 1, n, n], d)?;
    let mut v = session().scratch(&[n, n])?;
    let launch = if m == 2 { input::input_transform_2 } else { input::input_transform_4 };
    let [down, right, first, tiles] = ONE;
    launch(&session(), grid(m)?, &d, &mut v, 1, m + 2, m + 2, 0, 0, down, right, first, tiles)?;
    v.download()
}

/// d of 1 to 16, by hand: along the columns d₀ − d₂, d₁ + d₂, d₂ − d₁ and d₃ − d₁ are −8, 2 d₁ + 4, 4 and 8, and then
/// along the rows.
#[test]
fn a_tile_by_hand() -> Result<()> {
    let v = input_transform(2, (1..=16).map(|i| i as f32).collect())?;
    // Bᵀ d is [-8 -8 -8 -8], [14 16 18 20], [4 4 4 4], [8 8 8 8].
    let expected = [0.0, -16.0, 0.0, 0.0, -4.0, 34.0, 2.0, 4.0, 0.0, 8.0, 0.0, 0.0, 0.0, 16.0, 0.0, 0.0];
    assert_eq!(v.data(), expected);
    Ok(())
}

/// The transforms are those of Cook and Toom's matrices: exactly where only whole numbers and halves are in them.
#[test]
fn all_of_them() -> Result<()> {
    for m in [2u32, 4] {
        let side = m as usize;
        let (n, f) = (side + 2, cook_toom(side, 3)?);
        let [at, g, bt] = [&f.at, &f.g, &f.bt].map(|a| matrix(a));
        let session = session();
        let [down, right, first, tiles] = ONE;

        let v = input_transform(m, numbers(n))?;
        assert_near(&v, &both_sides(&bt, &numbers(n)), 0.0);

        let weight = upload(&[1, 1, 3, 3], numbers(3))?;
        let mut u = session.scratch(&[n, n])?;
        let launch = if m == 2 { filter::filter_transform_2 } else { filter::filter_transform_4 };
        launch(&session, grid(m)?, &weight, &mut u, 1, 1, 1, 0)?;
        let rounding = if m == 2 { 0.0 } else { 1e-5 };
        assert_near(&u.download()?, &both_sides(&g, &numbers(3)), rounding);
        launch(&session, grid(m)?, &weight, &mut u, 1, 1, 1, 1)?;
        let turned: Vec<f32> = numbers(3).into_iter().rev().collect();
        assert_near(&u.download()?, &both_sides(&g, &turned), rounding);

        let products = upload(&[n, n], numbers(n))?;
        let mut y = session.scratch(&[1, 1, side, side])?;
        let launch = if m == 2 { output::output_transform_2 } else { output::output_transform_4 };
        launch(&session, grid(m)?, &products, &mut y, 1, m, m, down, right, first, tiles)?;
        assert_near(&y.download()?, &both_sides(&at, &numbers(n)), 0.0);

        let dy = upload(&[1, 1, side, side], numbers(side))?;
        let mut dm = session.scratch(&[n, n])?;
        let launch = if m == 2 { output::output_adjoint_2 } else { output::output_adjoint_4 };
        launch(&session, grid(m)?, &dy, &mut dm, 1, m, m, down, right, first, tiles)?;
        assert_near(&dm.download()?, &both_sides(&transposed(&at), &numbers(side)), 0.0);

        let mut dw = session.scratch(&[1, 1, 3, 3])?;
        let launch = if m == 2 { filter::filter_adjoint_2 } else { filter::filter_adjoint_4 };
        launch(&session, grid(m)?, &products, &mut dw, 1)?;
        assert_near(&dw.download()?, &both_sides(&transposed(&g), &numbers(n)), rounding);
    }
    Ok(())
}

#[track_caller]
fn assert_near(got: &Tensor, expected: &[f64], rounding: f64) {
    assert_eq!(got.len(), expected.len());
    for (i, (&got, &expected)) in got.data().iter().zip(expected).enumerate() {
        assert!((f64::from(got) - expected).abs() <= rounding, "place {i}: {got}, not {expected}");
    }
}
