//! Sums of lines, on every instruction set of this machine.

use unrolled::Real;
use unrolled::gemm::{Grid, Rows, STEP, Stencil};
use unrolled::simd::Isa;

/// Small integers, so that every order of summing gives the same.
fn numbers<T: Real>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::of(((i * 7 + seed * 13) % 11) as f64 - 5.0)).collect()
}

/// Against the definition, for every length that lines may have, in a result that is as short as may be.
fn sums_are_right<T: Real>() {
    let (rows, columns, pitch) = (3, 5, 160);
    let matrix: Vec<Vec<T>> = (0..rows).map(|i| numbers(columns, i)).collect();
    for isa in Isa::available() {
        for len in (0..=144).step_by(STEP) {
            let stride = len + 1;
            let from = numbers::<T>((columns - 1) * pitch + 3 + len, 9);
            let mut to = vec![T::of(-77.0); (rows - 1) * stride + len];
            T::kernel(isa).combine(&Rows::new(&matrix, |q| q * pitch + 3), &from, &mut to, stride, len);
            for (i, l) in (0..rows).flat_map(|i| (0..len).map(move |l| (i, l))) {
                let sum = (0..columns).fold(T::ZERO, |sum, q| sum + matrix[i][q] * from[q * pitch + 3 + l]);
                assert_eq!(to[i * stride + l], sum, "{isa:?}, {len} elements, row {i}, element {l}");
            }
        }
    }
}

/// A stencil against the definition: any number of lines of any length, taps in any order, in a result that is as short as
/// may be, and between whose lines nothing is written.
fn stencils_are_right<T: Real>() {
    let pitch = 90;
    let kernels: [&[(usize, usize)]; 6] = [
        &[],
        &[(0, 5)],
        &[(2, 0), (1, 1), (0, 2), (5, pitch), (4, pitch + 1), (3, pitch + 2)],
        &[(0, 2 * pitch), (1, pitch), (2, 0), (7, 3)],
        &[(0, 0), (1, pitch), (2, 2 * pitch), (3, 3 * pitch), (4, 4 * pitch), (5, 5 * pitch), (6, 6 * pitch)],
        &[(3, 1), (3, pitch + 1), (1, 4 * pitch)],
    ];
    for (isa, taps) in Isa::available().flat_map(|isa| kernels.map(|taps| (isa, taps))) {
        for (count, len) in (0..=17).map(|n| (n, 21)).chain((0..=70).map(|n| (3, n))) {
            let grid = Grid { count, len, from: pitch, to: len + 2 };
            let most = taps.iter().map(|&(_, place)| place).max().unwrap_or(0);
            let from = numbers::<T>(most + count.saturating_sub(1) * pitch + len.next_multiple_of(STEP), 9);
            let (weights, blank) = (numbers::<T>(8, 4), T::of(-77.0));
            let mut to = vec![blank; (count * (len + 2)).saturating_sub(2)];
            T::kernel(isa).stencil(&Stencil::new(taps.iter().copied(), grid), &weights, &from, &mut to);
            for (i, &got) in to.iter().enumerate() {
                let (y, x) = (i / (len + 2), i % (len + 2));
                let sum = |sum, &(w, place): &(usize, usize)| sum + weights[w] * from[place + y * pitch + x];
                let expected = if x < len { taps.iter().fold(T::ZERO, sum) } else { blank };
                assert_eq!(got, expected, "{isa:?}, {taps:?}, {count} lines of {len}: line {y}, element {x}");
            }
        }
    }
}

/// The adjoint of a stencil with respect to its weights, on small integers, for lines of any length:
/// ⟨grad, stencil(weights)⟩ = ⟨stencil_weights(grad), weights⟩.
fn the_adjoint_is_right<T: Real>() {
    let pitch = 90;
    let kernels: [&[(usize, usize)]; 5] = [
        &[],
        &[(1, 5)],
        &[(2, 0), (1, 1), (0, 2), (5, pitch), (4, pitch + 1), (3, pitch + 2)],
        &[(0, 0), (1, pitch), (2, 2 * pitch), (3, 3 * pitch), (4, 4 * pitch), (5, 5 * pitch), (6, 6 * pitch)],
        &[(3, 1), (3, pitch + 1), (1, 4 * pitch)],
    ];
    for (isa, taps) in Isa::available().flat_map(|isa| kernels.map(|taps| (isa, taps))) {
        for (count, len) in (0..=12).map(|n| (n, 21)).chain((0..=70).map(|n| (3, n))) {
            let grid = Grid { count, len, from: pitch, to: len + 2 };
            let most = taps.iter().map(|&(_, place)| place).max().unwrap_or(0);
            let from = numbers::<T>(most + count.saturating_sub(1) * pitch + len.next_multiple_of(STEP), 9);
            let (weights, grad) = (numbers::<T>(8, 4), numbers::<T>((count * (len + 2)).saturating_sub(2), 2));
            let stencil = Stencil::new(taps.iter().copied(), grid);
            let (kernel, mut to, mut sums) = (T::kernel(isa), vec![T::ZERO; grad.len()], vec![T::ONE; 8]);
            kernel.stencil(&stencil, &weights, &from, &mut to);
            kernel.stencil_weights(&stencil, &from, &grad, &mut sums);
            let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
            let before = weights.iter().fold(T::ZERO, |sum, &w| sum + w); // the ones that were there
            assert_eq!(dot(&sums, &weights) - before, dot(&grad, &to), "{isa:?}, {count} lines of {len}, {taps:?}");
        }
    }
}

#[test]
fn the_adjoint() {
    the_adjoint_is_right::<f32>();
    the_adjoint_is_right::<f64>();
}

#[test]
fn in_f32() {
    sums_are_right::<f32>();
    stencils_are_right::<f32>();
}

#[test]
fn in_f64() {
    sums_are_right::<f64>();
    stencils_are_right::<f64>();
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

#[test]
fn a_stencil_refuses_what_does_not_fit() {
    let refuses = |weights: usize, from: usize, to: usize, grid: Grid| {
        std::panic::catch_unwind(|| {
            let (weights, from, mut to) = (vec![0.0_f32; weights], vec![0.0; from], vec![0.0; to]);
            f32::kernel(Isa::current()).stencil(&Stencil::new([(1, 3), (0, 13)], grid), &weights, &from, &mut to);
        })
        .is_err()
    };
    // Two lines of 5: the last tap of the last line is read from 13 + 10 on, a whole step.
    let grid = Grid { count: 2, len: 5, from: 10, to: 7 };
    assert!(!refuses(2, 23 + STEP, 12, grid));
    assert!(refuses(1, 23 + STEP, 12, grid));
    assert!(refuses(2, 22 + STEP, 12, grid));
    assert!(refuses(2, 23 + STEP, 11, grid));
    assert!(refuses(2, 99, 99, Grid { from: usize::MAX, ..grid }));
    assert!(refuses(2, 99, 99, Grid { to: usize::MAX, ..grid }));
    assert!(refuses(2, 99, 99, Grid { len: usize::MAX, ..grid }));
    assert!(refuses(2, 99, 99, Grid { count: usize::MAX, ..grid }));
}
