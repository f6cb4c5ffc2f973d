//! [`Grouped`] over every algorithm, against the referee.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch07_grouped::Grouped;
use unrolled::testing::Cases;

#[test]
fn over_naive() {
    Cases { count: 64, ..Cases::<1>::any() }.assert_all(&Grouped(Naive), &Naive);
    Cases { count: 64, ..Cases::<2>::any() }.assert_all(&Grouped(Naive), &Naive);
    Cases { count: 32, ..Cases::<3>::any() }.assert_all(&Grouped(Naive), &Naive);
}

#[test]
fn over_im2col() {
    Cases { groups: 1..=5, count: 128, ..Cases::<2>::any() }.assert_all(&Grouped(Im2col), &Naive);
    Cases { count: 48, ..Cases::<3>::any() }.assert_all(&Grouped(Im2col), &Naive);
}

#[test]
fn over_fused() {
    Cases { groups: 1..=5, count: 128, ..Cases::<2>::any() }.assert_all(&Grouped(Fused), &Naive);
    Cases { count: 64, ..Cases::<1>::any() }.assert_all(&Grouped(Fused), &Naive);
}

#[test]
fn over_winograd() {
    // Its transforms add up what cancels later: exact on whole numbers for F(2), and rounded more often on others.
    let cases = |exact, tolerance| {
        let cases = Cases { exact, tolerance, count: 64, ..Cases::<2>::any() };
        cases.stride_one().no_dilation().kernel([3, 3])
    };
    cases(true, 16.0).assert_all(&Grouped(Winograd::<2>), &Naive);
    cases(false, 256.0).assert_all(&Grouped(Winograd::<4>), &Naive);
}
