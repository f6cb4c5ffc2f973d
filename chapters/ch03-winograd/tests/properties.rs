//! Every F(m, r) against the referee, over random shapes.

use ch01_naive::Naive;
use ch03_winograd::Winograd;
use unrolled::testing::Cases;

/// What Winograd takes: any size, padding, batch and groups. Its error is larger than that of the plain sum; `tolerance` times.
fn cases<const D: usize>(taps: usize, tolerance: f64) -> Cases<D> {
    let cases = Cases::<D>::any().stride_one().no_dilation().kernel([taps; D]);
    Cases { size: 1..=20, count: 128, exact: false, tolerance, ..cases }
}

#[test]
fn f2_3() {
    Cases { exact: true, ..cases::<2>(3, 20.0) }.assert_all(&Winograd::<2>, &Naive);
}

#[test]
fn f4_3() {
    cases::<2>(3, 100.0).assert_all(&Winograd::<4>, &Naive);
}
