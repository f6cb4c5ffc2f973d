//! Sums of lines, on every instruction set of this machine.

use unrolled::Real;
use unrolled::gemm::{Rows, STEP};
use unrolled::simd::Isa;

/// Small integers, so that every order of summing gives the same.
fn numbers<T: Real>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::of(((i * 7 + seed * 13) % 11) as f64 - 5.0)).collect()
}

fn sums_are_right<T: Real>() {
    for isa in Isa::available() {
        for steps in [0, 1, 2, 3, 4, 5, 9] {
            let (rows, columns, len, pitch, stride) = (5, 7, steps * STEP, 200, 151);
            let matrix: Vec<Vec<T>> = (0..rows).map(|i| numbers(columns, i)).collect();
            let from = numbers::<T>(columns * pitch + 3, 9);
            let mut to = vec![T::of(-77.0); rows * stride];
            T::kernel(isa).combine(&Rows::new(&matrix, |q| q * pitch + 3), &from, &mut to, stride, len);
            for i in 0..rows {
                for l in 0..stride {
                    let sum = (0..columns).fold(T::ZERO, |sum, q| sum + matrix[i][q] * from[q * pitch + 3 + l]);
                    let expected = if l < len { sum } else { T::of(-77.0) };
                    assert_eq!(to[i * stride + l], expected, "{isa:?}, {len} elements, row {i}, element {l}");
                }
            }
        }
    }
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
