//! Factors that are read through tables, and the corners of the product.

use unrolled::gemm::{DEPTH, Left, MatRef, Offsets, Panels, Right, gemm, multiply};
use unrolled::parallel::Tile;
use unrolled::simd::Isa;
use unrolled::{Real, Result};

fn integers<T: Real>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::of(((i * 31 + seed * 17 + i / 7) % 9) as f64 - 4.0)).collect()
}

/// β = 0 must not read C on any of the ways through [`gemm`].
#[test]
fn beta_zero_reads_no_c() -> Result<()> {
    for (m, n, k) in [(3, 5, 4), (4, 100, 30), (100, 4, 30), (60, 60, 600), (70, 300, 200), (3, 5, 0)] {
        let (a, b) = (integers::<f32>(m * k, 1), integers::<f32>(k * n, 2));
        for b in [MatRef::new(&b, k, n)?, MatRef::new(&b, n, k)?.t()] {
            let (mut zeros, mut nans) = (vec![0.0; m * n], vec![f32::NAN; m * n]);
            gemm(1.0, MatRef::new(&a, m, k)?, b, 0.0, &mut zeros)?;
            gemm(1.0, MatRef::new(&a, m, k)?, b, 0.0, &mut nans)?;
            assert_eq!(zeros, nans, "{m} x {n} x {k}");
        }
    }
    Ok(())
}

/// A so large that it is packed in parts: rows one element apart keep it small in memory.
#[test]
fn a_left_factor_beyond_the_workspace() -> Result<()> {
    let (m, k) = (40, 500_000); // 20 Mi elements, of which 16 Mi are packed at a time
    let a: Vec<f32> = (0..m + k).map(|i| f32::from(u8::from(i < 45))).collect();
    let (ones, mut c) = (vec![1.0; k], vec![2.0; m]);
    gemm(3.0, MatRef::strided(&a, m, k, 1, 1)?, MatRef::new(&ones, k, 1)?, 0.5, &mut c)?;
    for (i, &got) in c.iter().enumerate() {
        assert_eq!(got, 3.0 * a[i..i + k].iter().sum::<f32>() + 1.0, "row {i}");
    }
    Ok(())
}

/// [`multiply`] reads factors through tables, and so does what [`Panels::gather`] packs.
fn check_multiply<T: Real>() {
    let nr = T::kernel(Isa::current()).nr();
    for (rows, cols, depth) in
        [(1, 1, 1), (9, nr + 1, 7), (25, 3 * nr - 1, DEPTH + 1), (17, 2 * nr, 2 * DEPTH), (4, 4, 0)]
    {
        let at: Offsets = (0..rows).map(|i| i * 37 % 101).collect();
        let step: Offsets = (0..depth).map(|p| p * 5 % 97).collect();
        let b_step: Offsets = (0..depth).map(|p| p * 11 % 89).collect();
        let (a, b) = (integers::<T>(200, 1), integers::<T>(89 + 3 + 4 * nr, 2));
        let left = Left { data: &a, rows: at.span(), depth: step.span() };
        let right = Right { data: &b, depth: b_step.span() };
        let panels = Panels::gather(&left);
        for left in [left, panels.left()] {
            let mut c = integers::<T>(rows * cols, 3);
            multiply(T::of(2.0), &left, &right, 3, T::of(-1.0), &mut Tile::new(&mut c, cols, rows));
            for (i, (got, old)) in c.iter().zip(integers::<T>(rows * cols, 3)).enumerate() {
                let (row, col) = (at.span().values()[i / cols], i % cols);
                let term = |(s, t): (&usize, &usize)| a[row + s].f64() * b[t + 3 + col].f64();
                let sum: f64 = step.span().values().iter().zip(b_step.span().values()).map(term).sum();
                assert_eq!(got.f64(), 2.0 * sum - old.f64(), "{rows} x {cols} x {depth}, element {i}");
            }
        }
    }
}

#[test]
fn factors_by_tables() {
    check_multiply::<f32>();
    check_multiply::<f64>();
}

/// What a kernel says to factors that don't fit.
#[test]
fn kernels_refuse_what_does_not_fit() {
    let kernel = f32::kernel(Isa::Portable);
    let (one, two, many) = (Offsets::even(1, 1), Offsets::even(2, 1), Offsets::even(100, 1));
    let x = [1.0; 200];
    let refusal = |rows: &Offsets, depth: &Offsets, b_depth: &Offsets, a: usize, (m, n): (usize, usize)| {
        let (left, right) =
            (Left { data: &x[..a], rows: rows.span(), depth: depth.span() }, Right { data: &x, depth: b_depth.span() });
        let mut c = [0.0; 200];
        let run = || kernel.multiply(1.0, &left, &right, 0, 0.0, &mut Tile::new(&mut c, n, m));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).expect_err("a panic");
        panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|s| s.to_string())).expect("text")
    };
    assert!(refusal(&many, &one, &one, 200, (7, 1)).starts_with("a tile of 7 x 1 for a kernel of 6 x 8"));
    assert!(refusal(&many, &one, &one, 200, (1, 9)).starts_with("a tile of 1 x 9"));
    assert_eq!(refusal(&one, &one, &one, 200, (2, 1)), "factors of different sizes");
    assert_eq!(refusal(&one, &one, &two, 200, (1, 1)), "factors of different sizes");
    assert_eq!(refusal(&two, &two, &two, 2, (2, 1)), "the left factor is shorter than its offsets say");
}

/// An A without columns, any strides.
#[test]
fn no_depth_and_huge_strides() -> Result<()> {
    let mut c = [2.0_f32; 12];
    gemm(1.0, MatRef::strided(&[], 4, 0, usize::MAX, 1)?, MatRef::strided(&[], 0, 3, 1, usize::MAX)?, 0.5, &mut c)?;
    assert_eq!(c, [1.0; 12]);
    Ok(())
}
