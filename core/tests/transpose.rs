//! Rows into columns, on every instruction set of this machine.

use unrolled::Real;
use unrolled::simd::Isa;

fn columns_are_right<T: Real>() {
    for isa in Isa::available() {
        let kernel = T::kernel(isa);
        for width in 1..=19 {
            for depth in [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 40] {
                for stride in [width, width + 1, 24] {
                    if stride < width {
                        continue;
                    }
                    let row = depth + 3;
                    let from: Vec<T> = (0..width * row).map(|i| T::of(i as f64)).collect();
                    // As short as may be.
                    let mut to = vec![T::of(-1.0); (depth - 1) * stride + width];
                    kernel.transpose(&from, row, &mut to, stride, depth, width);
                    for p in 0..depth {
                        for j in 0..width {
                            let (got, expected) = (to[p * stride + j], from[j * row + p]);
                            assert_eq!(got, expected, "{isa:?}: {width} x {depth}, stride {stride}, ({j}, {p})");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn in_f32() {
    columns_are_right::<f32>();
}

#[test]
fn in_f64() {
    columns_are_right::<f64>();
}

/// What would reach beyond a slice panics instead.
#[test]
fn refuses_what_does_not_fit() {
    let refuses = |from: usize, row: usize, to: usize, stride: usize, depth: usize, width: usize| {
        std::panic::catch_unwind(|| {
            let (from, mut to) = (vec![0.0_f32; from], vec![0.0; to]);
            f32::kernel(Isa::current()).transpose(&from, row, &mut to, stride, depth, width);
        })
        .is_err()
    };
    assert!(!refuses(8 * 9, 9, 9 * 8, 8, 9, 8));
    assert!(!refuses(0, 9, 0, 8, 0, 8) && !refuses(0, 9, 0, 8, 9, 0));
    assert!(refuses(8 * 9 - 1, 9, 9 * 8, 8, 9, 8));
    assert!(refuses(8 * 9, 9, 9 * 8 - 1, 8, 9, 8));
    assert!(refuses(8 * 9, usize::MAX, 9 * 8, 8, 9, 8));
    assert!(refuses(8 * 9, 9, 9 * 8, usize::MAX, 9, 8));
    assert!(refuses(8 * 9, 9, 9 * 8, 8, usize::MAX, 1));
    assert!(refuses(8 * 9, 1, 9 * 8, 1, 1, usize::MAX));
}
