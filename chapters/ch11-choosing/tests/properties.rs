//! Whatever is chosen computes the convolution.

use ch01_naive::Naive;
use ch11_choosing::{Auto, Machine, Pass, Tuned};
use unrolled::ConvSpec;
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
fn auto_in_one_dimension() {
    cases::<1>(40).assert_all(&auto(), &Naive);
}

#[test]
fn auto_in_two_dimensions() {
    cases::<2>(40).assert_all(&auto(), &Naive);
}

#[test]
fn auto_in_three_dimensions() {
    cases::<3>(24).assert_all(&auto(), &Naive);
}

/// Large enough that other algorithms than for the smallest shapes are chosen.
#[test]
fn auto_on_larger_layers() {
    let large = Cases { channels: 8..=40, size: 12..=30, batch: 1..=2, ..cases::<2>(8) };
    large.assert_agrees(&auto(), &Naive);
    large.clone().kernel([3, 3]).stride_one().assert_agrees(&auto(), &Naive);
}

#[test]
fn only_plain_sums_if_that_is_asked_for() {
    Cases { exact: true, tolerance: 1.0, ..cases::<2>(64) }.assert_agrees(&Auto { tolerance: 1.0, ..auto() }, &Naive);
}

#[test]
fn tuned_is_the_convolution_whatever_wins() {
    cases::<2>(12).assert_agrees(&Tuned::new(auto()), &Naive);
}

#[test]
fn a_choice_is_the_same_each_time_and_says_why() {
    let shape = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = shape.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3]).unwrap();
    for pass in [Pass::Forward, Pass::GradInput, Pass::GradWeight] {
        let name = auto().choose::<f32, 2>(&shape, pass).name();
        assert_eq!(name, auto().choose::<f32, 2>(&shape, pass).name());
        let why = auto().explain::<f32, 2>(&shape, pass);
        assert!(why.contains(&name), "{why}");
    }
    // Each channel by itself is Depthwise's.
    let spec = ConvSpec { padding: [1, 1], groups: 256, ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 256, 56, 56], &[256, 1, 3, 3]).unwrap();
    assert_eq!(auto().choose::<f32, 2>(&shape, Pass::Forward).name(), "depthwise");
}
