//! Sums of lines, on every instruction set of this machine.

use unrolled::Real;
use unrolled::gemm::{Grid, Offsets, Rows, STEP};
use unrolled::simd::Isa;

/// Small integers, so that every order of summing gives the same.
fn numbers<T: Real>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::of(((i * 7 + seed * 13) % 11) as f64 - 5.0)).collect()
}

/// Against the definition, for every length: `lines` of them, in a result that is as short as may be.
fn sums_are_right<T: Real>() {
    let (rows, columns, pitch) = (3, 5, 160);
    let matrix: Vec<Vec<T>> = (0..rows).map(|i| numbers(columns, i)).collect();
    for isa in Isa::available() {
        for len in (0..=150).step_by(7).chain([16, 32, 64, 128, 144]) {
            for lines in [1, 3] {
                let (grid, stride) = (Grid { count: lines, len, from: 153, to: len + 1 }, 4 * (len + 1));
                let from = numbers::<T>((columns - 1) * pitch + (lines - 1) * 153 + 3 + len.next_multiple_of(STEP), 9);
                let mut to = vec![T::of(-77.0); (rows - 1) * stride + (lines - 1) * (len + 1) + len];
                let kernel = T::kernel(isa);
                let table = Rows::new(&matrix, |q| q * pitch + 3);
                match lines {
                    1 if len.is_multiple_of(STEP) => kernel.combine(&table, &from, &mut to, stride, len),
                    _ => kernel.combine_lines(&table, &from, &mut to, stride, grid),
                }
                for (i, line, l) in
                    (0..rows).flat_map(|i| (0..lines).flat_map(move |line| (0..len).map(move |l| (i, line, l))))
                {
                    let place = |q: usize| q * pitch + 3 + line * 153 + l;
                    let sum = (0..columns).fold(T::ZERO, |sum, q| sum + matrix[i][q] * from[place(q)]);
                    let got = to[i * stride + line * (len + 1) + l];
                    assert_eq!(got, sum, "{isa:?}, {len} elements, row {i}, line {line}, element {l}");
                }
            }
        }
    }
}

/// The adjoint, on small integers: ⟨with, combine(coefficients)⟩ = ⟨dots(with), coefficients⟩.
fn dots_are_the_adjoint<T: Real>() {
    for isa in Isa::available() {
        for count in 0..=20 {
            let places: Offsets = (0..count).map(|t| t * 13).collect();
            let (from, with, coefficients) = (numbers::<T>(400, 1), numbers::<T>(6 * STEP, 2), numbers::<T>(count, 3));
            let (kernel, mut sums, mut to) = (T::kernel(isa), vec![T::ONE; count], vec![T::ZERO; 6 * STEP]);
            kernel.dots(&places, &from, &with, &mut sums);
            kernel.combine(&Rows::new([&coefficients], |t| t * 13), &from, &mut to, 0, 6 * STEP);
            let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
            let before = coefficients.iter().fold(T::ZERO, |sum, &c| sum + c); // the ones that were there
            assert_eq!(dot(&sums, &coefficients) - before, dot(&with, &to), "{isa:?}, {count} places");
        }
    }
}

#[test]
fn the_adjoint() {
    dots_are_the_adjoint::<f32>();
    dots_are_the_adjoint::<f64>();
}

#[test]
fn in_f32() {
    sums_are_right::<f32>();
}

#[test]
fn in_f64() {
    sums_are_right::<f64>();
}

#[test]
fn a_row_of_zeros_gives_zeros() {
    let mut to = [7.0_f32; STEP];
    let rows = Rows::new(&[vec![0.0, 0.0]], |q| q * STEP);
    f32::kernel(Isa::current()).combine(&rows, &[1.0; 2 * STEP], &mut to, STEP, STEP);
    assert_eq!(to, [0.0; STEP]);
}

/// What would reach beyond a slice panics instead.
#[test]
fn refuses_what_does_not_fit() {
    let refuses = |from: usize, to: usize, stride: usize, len: usize| {
        std::panic::catch_unwind(|| {
            let rows = Rows::new(&[vec![1.0_f32, 1.0], vec![1.0, 0.0]], |q| q * STEP);
            let (from, mut to) = (vec![0.0; from], vec![0.0; to]);
            f32::kernel(Isa::current()).combine(&rows, &from, &mut to, stride, len);
        })
        .is_err()
    };
    assert!(!refuses(2 * STEP, 2 * STEP, STEP, STEP));
    assert!(refuses(2 * STEP - 1, 2 * STEP, STEP, STEP));
    assert!(refuses(2 * STEP, 2 * STEP - 1, STEP, STEP));
    assert!(refuses(2 * STEP, 2 * STEP, STEP, STEP - 1));
    assert!(refuses(9 * STEP, 9 * STEP, usize::MAX, STEP));
    assert!(refuses(9 * STEP, 9 * STEP, STEP, usize::MAX / STEP * STEP));
}
