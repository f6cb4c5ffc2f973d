//! The matrix product: the micro-kernel of every instruction set, the loops around it, and bad input.

use proptest::prelude::*;
use std::process::Command;
use unrolled::gemm::{Left, MatRef, Offsets, Right, gemm};
use unrolled::parallel::{Tile, set_threads};
use unrolled::simd::Isa;
use unrolled::{Real, Result, Tensor, init};

/// Small integers from a formula: their products and sums are exact.
fn integers<T: Real>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::of(((i * 31 + seed * 17 + i / 7) % 9) as f64 - 4.0)).collect()
}

fn reals<T: Real>(len: usize, seed: u64) -> Vec<T> {
    init::uniform::<T>(&[len], 1.0, &mut init::rng(seed)).expect("a bound of 1").data().to_vec()
}

/// Every tile that the kernel can be asked for, in the middle of a matrix of sevens: right inside, and
/// nothing touched outside.
fn check_kernel<T: Real>(isa: Isa) {
    let kernel = T::kernel(isa);
    assert_eq!(kernel.isa, isa);
    for depth in [0, 1, 7] {
        // Offsets out of order, as a convolution has them; rows may share elements.
        let a_rows: Offsets = (0..kernel.mr).map(|i| i * 5 % 11).collect();
        let a_depth: Offsets = (0..depth).map(|p| p * 3 % 13).collect();
        let b_depth: Offsets = (0..depth).map(|p| p * 7 % 19).collect();
        let (a, b) = (integers::<T>(24, 1), integers::<T>(19 + 2 * kernel.nr + 3, 2));
        let left = Left { data: &a, rows: a_rows.span(), depth: a_depth.span() };
        let right = Right { data: &b, depth: b_depth.span() };
        for rows in 1..=kernel.mr {
            for cols in 1..=kernel.nr {
                for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-2.0, 3.0)] {
                    let (width, seven) = (cols + 4, T::of(7.0));
                    let mut c = vec![seven; (rows + 2) * width];
                    let inside = |i: usize| (1..=rows).contains(&(i / width)) && (2..2 + cols).contains(&(i % width));
                    if beta == 0.0 {
                        (0..c.len()).filter(|&i| inside(i)).for_each(|i| c[i] = T::of(f64::NAN)); // isn't read
                    }
                    let mut whole = Tile::new(&mut c, width, rows + 2);
                    let mut tile = whole.tile(1..rows + 1, 2..2 + cols);
                    kernel.multiply(T::of(alpha), &left, &right, 3, T::of(beta), &mut tile);
                    for (i, &got) in c.iter().enumerate() {
                        let (row, col) = ((i / width).wrapping_sub(1), (i % width).wrapping_sub(2));
                        let term = |p: usize| {
                            let a = a[a_rows.span().values()[row] + a_depth.span().values()[p]].f64();
                            a * b[b_depth.span().values()[p] + 3 + col].f64()
                        };
                        let expected = match inside(i) {
                            true => alpha * (0..depth).map(term).sum::<f64>() + beta * 7.0,
                            false => 7.0,
                        };
                        assert_eq!(got.f64(), expected, "{} {rows}x{cols} depth {depth}: element {i}", isa.name());
                    }
                }
            }
        }
    }
}

#[test]
fn every_kernel_computes_every_tile() {
    for isa in Isa::available() {
        check_kernel::<f32>(isa);
        check_kernel::<f64>(isa);
    }
}

/// On reals the kernels may differ from the portable one by rounding only: fused or not.
#[test]
fn kernels_agree_on_reals() {
    let (depth, even) = (300, |step| Offsets::even(300, step));
    let run = |isa| {
        let kernel = f32::kernel(isa);
        let (a, b) = (reals::<f32>(6 * depth, 1), reals::<f32>(depth * 16, 2));
        let (rows, steps, b_steps) = (Offsets::even(6, depth), even(1), even(16));
        let left = Left { data: &a, rows: rows.span(), depth: steps.span() };
        let mut c = vec![0.0; 6 * 8];
        kernel.multiply(1.0, &left, &Right { data: &b, depth: b_steps.span() }, 0, 0.0, &mut Tile::new(&mut c, 8, 6));
        c
    };
    let portable = run(Isa::Portable);
    for isa in Isa::available() {
        for (x, y) in run(isa).iter().zip(&portable) {
            assert!((x - y).abs() <= 300.0 * f32::EPSILON, "{}: {x} for {y}", isa.name());
        }
    }
}

/// C ← α A B + β C by the definition, from factors in row-major order, against [`gemm`] with each of
/// them as it is or transposed in memory.
fn check_gemm<T: Real>(m: usize, n: usize, k: usize, (alpha, beta): (f64, f64)) -> Result<()> {
    let (a, b, c) = (integers::<T>(m * k, 1), integers::<T>(k * n, 2), integers::<T>(m * n, 3));
    let mut expected = vec![0.0; m * n];
    for i in 0..m {
        for p in 0..k {
            (0..n).for_each(|j| expected[i * n + j] += a[i * k + p].f64() * b[p * n + j].f64());
        }
    }
    let expected: Vec<f64> = expected.iter().zip(&c).map(|(x, c)| alpha * x + beta * c.f64()).collect();
    let turn = |x: &[T], rows: usize, cols: usize| -> Vec<T> {
        (0..rows * cols).map(|i| x[i % rows * cols + i / rows]).collect()
    };
    let (a_turned, b_turned) = (turn(&a, m, k), turn(&b, k, n));
    for (ta, a) in [(false, MatRef::new(&a, m, k)?), (true, MatRef::new(&a_turned, k, m)?.t())] {
        for (tb, b) in [(false, MatRef::new(&b, k, n)?), (true, MatRef::new(&b_turned, n, k)?.t())] {
            let mut got = c.clone();
            gemm(T::of(alpha), a, b, T::of(beta), &mut got)?;
            let same = got.iter().zip(&expected).all(|(x, y)| x.f64() == *y);
            assert!(same, "{m} x {n} x {k}, transposed: {ta} {tb}, alpha {alpha}, beta {beta}");
        }
    }
    Ok(())
}

#[test]
fn sizes_around_the_edges() -> Result<()> {
    for m in [1, 7, 8, 9, 25, 63] {
        for n in [1, 15, 16, 17, 47, 48, 49, 97] {
            for k in [0, 1, 5, 64] {
                check_gemm::<f32>(m, n, k, (1.0, 0.0))?;
                check_gemm::<f64>(m, n, k, (2.0, -1.0))?;
            }
        }
    }
    for (m, n, k) in [(65, 65, 511), (9, 200, 512), (130, 49, 513), (33, 100, 1025), (200, 20, 100)] {
        check_gemm::<f32>(m, n, k, (1.0, 1.0))?;
    }
    for (m, n, k) in [(0, 5, 3), (5, 0, 3), (0, 0, 0), (4, 4, 0)] {
        check_gemm::<f32>(m, n, k, (1.0, 0.0))?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_size(m in 1..90usize, n in 1..140usize, k in 0..70usize, alpha in -2..=2i32, beta in -2..=2i32) {
        check_gemm::<f32>(m, n, k, (f64::from(alpha), f64::from(beta)))?;
    }

    /// Every second row and every third column of a larger matrix.
    #[test]
    fn any_strides(m in 1..20usize, n in 1..60usize, k in 1..20usize) {
        let (a, b) = (integers::<f64>(2 * m * 3 * k, 1), integers::<f64>(2 * k * 3 * n, 2));
        let mut c = vec![0.0; m * n];
        let (x, y) = (MatRef::strided(&a, m, k, 6 * k, 3)?, MatRef::strided(&b, k, n, 6 * n, 3)?);
        gemm(1.0, x, y, 0.0, &mut c)?;
        for (i, &got) in c.iter().enumerate() {
            let term = |p: usize| a[i / n * 6 * k + 3 * p] * b[p * 6 * n + 3 * (i % n)];
            prop_assert_eq!(got, (0..k).map(term).sum::<f64>());
        }
    }
}

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    for (m, n, k) in [(32, 120, 400), (120, 400, 32), (300, 300, 600), (5, 1000, 50), (1000, 5, 50)] {
        let (a, b) = (reals::<f32>(m * k, 1), reals::<f32>(k * n, 2));
        let run = |threads| -> Result<Vec<f32>> {
            set_threads(threads)?;
            let mut c = vec![0.0; m * n];
            gemm(1.0, MatRef::new(&a, m, k)?, MatRef::new(&b, n, k)?.t(), 0.0, &mut c)?;
            Ok(c)
        };
        let one = run(1)?;
        assert!(run(2)? == one && run(3)? == one && run(8)? == one, "{m} x {n} x {k}");
    }
    Ok(())
}

#[test]
fn bad_input_is_an_error() -> Result<()> {
    let x = [1.0_f32; 6];
    let text = |r: Result<MatRef<'_, f32>>| r.err().expect("an error").to_string();
    assert!(text(MatRef::new(&x, 2, 4)).starts_with("matrix elements: got 6, expected as many as 2 x 4"));
    text(MatRef::strided(&x, 2, 2, 6, 1));
    text(MatRef::strided(&x, usize::MAX, 2, usize::MAX, 1));
    text(MatRef::strided(&x, 2, 2, usize::MAX, usize::MAX));
    let a = MatRef::new(&x, 2, 3)?;
    let e = gemm(1.0, a, a, 0.0, &mut [0.0; 4]).unwrap_err();
    assert_eq!(e.to_string(), "rows of B: got 2, expected 3, the columns of A");
    let e = gemm(1.0, a, a.t(), 0.0, &mut [0.0; 5]).unwrap_err();
    assert_eq!(e.to_string(), "elements of C: got 5, expected 2 x 2");
    Ok(())
}

#[test]
#[should_panic(expected = "the right factor is shorter than its offsets say")]
fn a_kernel_refuses_short_factors() {
    let (kernel, one) = (f32::kernel(Isa::Portable), Offsets::even(1, 1));
    let left = Left { data: &[1.0], rows: one.span(), depth: one.span() };
    let right = Right { data: &[1.0], depth: one.span() };
    kernel.multiply(1.0, &left, &right, 0, 0.0, &mut Tile::new(&mut [0.0], 1, 1));
}

#[test]
fn zero_and_nan_meet_as_they_should() -> Result<()> {
    let nan = Tensor::<f32>::full(&[1], f32::NAN)?;
    let mut c = [5.0];
    gemm(1.0, MatRef::new(&[0.0], 1, 1)?, MatRef::new(nan.data(), 1, 1)?, 0.0, &mut c)?;
    assert!(c[0].is_nan(), "0 times NaN is NaN");
    Ok(())
}

/// What the next test runs in processes of their own, as the set is chosen once for each.
#[test]
#[ignore = "run by the_environment_forces_a_set"]
fn under_a_forced_set() -> Result<()> {
    assert_eq!(Isa::try_current()?.name(), std::env::var("UNROLLED_SIMD").expect("set by the parent"));
    check_gemm::<f32>(33, 70, 40, (1.0, 1.0))
}

#[test]
fn the_environment_forces_a_set() {
    let run = |name: &str| {
        let mut child = Command::new(std::env::current_exe().expect("this test"));
        child.args(["under_a_forced_set", "--ignored", "--nocapture"]).env("UNROLLED_SIMD", name);
        child.output().expect("this test runs again")
    };
    for isa in Isa::available() {
        assert!(run(isa.name()).status.success(), "{}", isa.name());
    }
    let nonsense = run("sse17");
    let said = String::from_utf8_lossy(&nonsense.stdout).into_owned() + &String::from_utf8_lossy(&nonsense.stderr);
    assert!(!nonsense.status.success() && said.contains("sse17") && said.contains("portable"), "{said}");
}
