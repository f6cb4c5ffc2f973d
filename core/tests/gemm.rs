//! The matrix product: the micro-kernel of every instruction set, the loops around it, and bad input.

use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    assert_eq!(kernel.isa(), isa);
    for depth in [0, 1, 7] {
        // Offsets out of order, as a convolution has them; rows may share elements.
        let a_rows: Offsets = (0..kernel.mr()).map(|i| i * 5 % 11).collect();
        let a_depth: Offsets = (0..depth).map(|p| p * 3 % 13).collect();
        let b_depth: Offsets = (0..depth).map(|p| p * 7 % 19).collect();
        let (a, b) = (integers::<T>(24, 1), integers::<T>(19 + 2 * kernel.nr() + 3, 2));
        let left = Left { data: &a, rows: a_rows.span(), depth: a_depth.span() };
        let right = Right { data: &b, depth: b_depth.span() };
        for rows in 1..=kernel.mr() {
            for cols in 1..=kernel.nr() {
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
fn check_reals<T: Real>(epsilon: f64) {
    const DEPTH: usize = 300;
    let run = |isa| {
        let kernel = T::kernel(isa);
        let (a, b) = (reals::<T>(6 * DEPTH, 1), reals::<T>(DEPTH * 16, 2));
        let (rows, steps, b_steps) = (Offsets::even(6, DEPTH), Offsets::even(DEPTH, 1), Offsets::even(DEPTH, 16));
        let left = Left { data: &a, rows: rows.span(), depth: steps.span() };
        let right = Right { data: &b, depth: b_steps.span() };
        let mut c = vec![T::ONE; 6 * 4];
        kernel.multiply(T::of(0.7), &left, &right, 0, T::of(-1.3), &mut Tile::new(&mut c, 4, 6));
        c
    };
    let portable = run(Isa::Portable);
    for isa in Isa::available() {
        for (x, y) in run(isa).iter().zip(&portable) {
            // 300 roundings of sums that could reach 300: at worst 300² ε, with random signs far below 300 ε.
            assert!((x.f64() - y.f64()).abs() <= DEPTH as f64 * epsilon, "{}: {x} for {y}", isa.name());
        }
    }
}

#[test]
fn kernels_agree_on_reals() {
    check_reals::<f32>(f32::EPSILON.into());
    check_reals::<f64>(f64::EPSILON);
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
    // Columns that all lie in the same place are allowed: a matrix of equal columns.
    let mut c = [0.0; 6];
    gemm(1.0, MatRef::new(&x[..4], 2, 2)?, MatRef::strided(&[1.0, 2.0], 2, 3, 1, 0)?, 0.0, &mut c)?;
    assert_eq!(c, [3.0; 6]);
    Ok(())
}

/// Safe code can't make a kernel read or write outside of what it was given.
#[test]
fn a_kernel_refuses_what_does_not_fit() {
    let kernel = f32::kernel(Isa::current());
    let refusal = |a: usize, b: usize, (rows, cols): (usize, usize), (a_depth, b_depth): (usize, usize)| {
        let (a, b) = (vec![1.0; a], vec![1.0; b]);
        let (one, two) = (Offsets::even(rows, 1), [Offsets::even(a_depth, 2), Offsets::even(b_depth, 1)]);
        let (left, right) =
            (Left { data: &a, rows: one.span(), depth: two[0].span() }, Right { data: &b, depth: two[1].span() });
        let mut c = vec![0.0; rows * cols];
        let run = || kernel.multiply(1.0, &left, &right, 0, 0.0, &mut Tile::new(&mut c, cols, rows));
        let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
        Some(panic.downcast::<String>().map_or_else(|p| p.downcast_ref::<&str>().unwrap().to_string(), |p| *p))
    };
    let lanes = kernel.lanes();
    assert_eq!(refusal(6, lanes + 2, (2, 1), (3, 3)), None, "rows at 0 and 1, steps of 2: six elements");
    let expect =
        |got: Option<String>, text: &str| assert!(got.as_deref().is_some_and(|got| got.contains(text)), "{got:?}");
    expect(refusal(5, lanes + 2, (2, 1), (3, 3)), "the left factor is shorter");
    expect(refusal(6, lanes + 1, (2, 1), (3, 3)), "the right factor is shorter");
    expect(refusal(0, 0, (1, 1), (1, 1)), "factor is shorter");
    assert_eq!(refusal(0, 0, (1, 1), (0, 0)), None, "nothing is read");
    assert!(catch_unwind(|| Offsets::even(3, 1).span().part(1..4).values().len()).is_err());
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
    let wanted = std::env::var("UNROLLED_SIMD").expect("set by the parent");
    let current = Isa::try_current();
    if let Err(e) = &current {
        assert_eq!(Some(Isa::current()), Isa::available().last(), "whoever can't be told gets the widest");
        println!("refused: {e}"); // for the parent
    }
    assert_eq!(
        (current?.name(), Isa::current().name(), f32::kernel(Isa::current()).isa().name()),
        (&*wanted, &*wanted, &*wanted)
    );
    check_gemm::<f32>(33, 70, 40, (1.0, 1.0))
}

#[test]
fn the_environment_forces_a_set() {
    let run = |name: &str| {
        let mut child = Command::new(std::env::current_exe().expect("this test"));
        child.args(["under_a_forced_set", "--exact", "--ignored", "--nocapture"]).env("UNROLLED_SIMD", name);
        let output = child.output().expect("this test runs again");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let names: Vec<_> = Isa::available().map(Isa::name).collect();
    for name in &names {
        let (passed, said) = run(name);
        assert!(passed && said.contains("1 passed"), "{name}: {said}");
    }
    // Nonsense, and what is for other machines: no machine has all.
    for name in ["sse17", "", "AVX2", "avx2", "avx512", "neon"].into_iter().filter(|name| !names.contains(name)) {
        let (passed, said) = run(name);
        let refusal =
            format!("refused: UNROLLED_SIMD: got {name:?}, expected one that this machine has: {}\n", names.join(", "));
        assert!(!passed && said.contains(&refusal), "{name}: {said}");
    }
}
