//! Whatever is chosen computes the convolution.

use ch01_naive::Naive;
use ch11_choosing::{Auto, Machine, Tuned};
use unrolled::testing::Cases;

/// Forecasts for a machine that is the same everywhere.
fn auto() -> Auto {
    Auto::on(Machine::assumed(1))
}

/// Winograd's algorithm may be chosen, and is then wrong by more than a plain sum.
fn cases<const D: usize>(count: u32) -> Cases<D> {
    Cases { exact: false, tolerance: 16.0, count, ..Cases::any() }
}

#[test]
fn tuned_is_the_convolution_whatever_wins() {
    cases::<2>(12).assert_agrees(&Tuned::new(auto()), &Naive);
}
