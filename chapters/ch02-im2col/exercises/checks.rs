//! What the exercises of chapter 2 must do.

use crate::banks::banks as passes;
use crate::column_matrix::column_matrix as matrix_of;
use crate::edges::edges as product;
use crate::gather::gather as gathered;
use crate::offsets::offsets as places;
use crate::whole_batch::WholeBatch;
use ch01_naive::Naive;
use ch02_im2col::{col2im, im2col};
use proptest::prelude::*;
use std::collections::BTreeSet;
use unrolled::gemm::{MatRef, gemm};
use unrolled::testing::{Case, Cases};
use unrolled::{Result, Tensor};

/// One image, one group.
fn one() -> Cases<2> {
    Cases { batch: 1..=1, ..Cases::any() }.one_group()
}

/// The column matrix as the book has it.
fn columns(case: &Case<2>, x: &[f32]) -> Vec<f32> {
    let shape = case.shape.lift();
    let mut columns = vec![0.0; shape.taps() * shape.positions_out()];
    im2col(&shape, x, &mut columns);
    columns
}

#[test]
fn column_matrix() {
    one().check(|case| {
        let [x, _, _] = case.integers();
        prop_assert_eq!(matrix_of(&case.shape, x.data()), columns(case, x.data()));
        Ok(())
    });
}

#[test]
fn gather() {
    one().check(|case| {
        let shape = case.shape.lift();
        let [x, _, _] = case.integers::<f32>();
        // Numbers of P's shape that are no column matrix of anything: every element on its own.
        let dp: Vec<f32> = (0..shape.taps() * shape.positions_out()).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
        let dx = gathered(&case.shape, &dp);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        prop_assert_eq!(dot(&dp, &columns(case, x.data())), dot(&dx, x.data()), "⟨dP, P⟩ and ⟨dx, x⟩");
        let mut expected = vec![0.0; x.len()];
        col2im(&shape, &dp, &mut expected);
        prop_assert_eq!(dx, expected);
        Ok(())
    });
}

#[test]
fn edges() -> Result<()> {
    for m in [1, 3, 4, 5, 8, 11] {
        for n in [1, 7, 8, 9, 16, 23] {
            for k in [1, 2, 33] {
                let integers = |len, seed| Tensor::from_fn(&[len], |i| ((i * 31 + seed + i / 7) % 9) as f32 - 4.0);
                let (a, b) = (integers(m * k, 1)?, integers(k * n, 5)?);
                let (mut c, mut expected) = (vec![f32::NAN; m * n], vec![0.0; m * n]);
                gemm(1.0, MatRef::new(a.data(), m, k)?, MatRef::new(b.data(), k, n)?, 0.0, &mut expected)?;
                product(a.data(), b.data(), &mut c, [m, n, k]);
                assert_eq!(c, expected, "{m} x {n}, depth {k}");
            }
        }
    }
    Ok(())
}

#[test]
fn offsets() {
    Cases { padding: 0..=0, ..one() }.stride_one().check(|case| {
        let [x, _, _] = case.integers();
        let [height, width] = case.shape.output;
        let found = places(&case.shape);
        prop_assert_eq!(found.len(), case.shape.taps());
        for (row, from) in columns(case, x.data()).chunks(height * width).zip(found) {
            // Output line y is y lines of the image further on.
            for (y, line) in row.chunks(width).enumerate() {
                let from = from + y * case.shape.input[1];
                prop_assert_eq!(x.data().get(from..from + width), Some(line), "line {} from {}", y, from);
            }
        }
        Ok(())
    });
}

#[test]
fn banks() {
    for pitch in 0..200 {
        // A bank serves one word in a pass, to all who want that word.
        let words = |bank| (0..32).map(|thread| thread * pitch).filter(move |word| word % 32 == bank);
        let most = (0..32).map(|bank| words(bank).collect::<BTreeSet<usize>>().len()).max();
        assert_eq!(Some(passes(pitch)), most, "pitch {pitch}");
    }
}

// ANCHOR: whole_batch
#[test]
fn whole_batch() {
    Cases::<2>::any().assert_all(&WholeBatch, &Naive);
}
// ANCHOR_END: whole_batch
