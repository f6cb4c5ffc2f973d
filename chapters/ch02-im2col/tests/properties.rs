//! Both versions against the referee, over random shapes.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use unrolled::testing::Cases;

#[test]
fn im2col_in_one_dimension() {
    Cases::<1>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn im2col_in_two_dimensions() {
    Cases::<2>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn im2col_in_three_dimensions() {
    Cases::<3>::any().assert_all(&Im2col, &Naive);
}

#[test]
fn fused_in_one_dimension() {
    Cases::<1>::any().assert_all(&Fused, &Naive);
}

#[test]
fn fused_in_two_dimensions() {
    Cases::<2>::any().assert_all(&Fused, &Naive);
}

#[test]
fn fused_in_three_dimensions() {
    Cases::<3>::any().assert_all(&Fused, &Naive);
}

/// Sizes beyond one tile of the micro-kernel, one block of its depth and one block of lines.
#[test]
fn fused_beyond_one_block() {
    let large = Cases { channels: 1..=20, size: 30..=70, batch: 0..=2, count: 40, ..Cases::<2>::any() };
    large.assert_agrees(&Fused, &Naive);
    large.assert_adjoint(&Fused);
    let deep = Cases { channels: 30..=70, kernel: [3..=5, 3..=5], size: 4..=9, count: 20, ..Cases::<2>::any() };
    deep.assert_agrees(&Fused, &Naive);
    let volumes = Cases { channels: 1..=9, size: 6..=12, count: 20, ..Cases::<3>::any() };
    volumes.assert_agrees(&Fused, &Naive);
}
