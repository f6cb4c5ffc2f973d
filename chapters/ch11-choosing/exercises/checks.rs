//! What the exercises must do.

use crate::attainable::{attainable, enough_cores};
use crate::fair_race::fair_race;
use crate::one_by_one::{cost, takes};
use crate::within::{smallest, within};
use ch02_im2col::Fused;
use ch11_choosing::{Candidate, Model, Pass};
use std::cell::Cell;
use unrolled::{ConvShape, ConvSpec};

fn shape(input: [usize; 4], weight: [usize; 4], spec: ConvSpec<2>) -> ConvShape<2> {
    spec.resolve(&input, &weight).expect("a convolution")
}

#[test]
fn intensity() {
    use crate::intensity::intensity;
    let same = ConvSpec { padding: [1; 2], ..ConvSpec::default() };
    // Chapter 1's layer, this chapter's two, that of the GPU's ladder, and one of groups, images, and sides that differ.
    let cases = [
        (shape([1, 64, 56, 56], [64, 64, 3, 3], same), 231_211_008.0, 1_753_088.0),
        (shape([1, 256, 56, 56], [256, 256, 1, 1], ConvSpec::default()), 411_041_792.0, 6_684_672.0),
        (shape([1, 256, 56, 56], [256, 1, 3, 3], ConvSpec { groups: 256, ..same }), 14_450_688.0, 6_431_744.0),
        (shape([1, 16, 14, 14], [16, 16, 3, 3], same), 903_168.0, 34_304.0),
        (shape([2, 6, 5, 4], [4, 3, 1, 2], ConvSpec { groups: 2, ..ConvSpec::default() }), 1440.0, 1536.0),
    ];
    for (shape, operations, bytes) in cases {
        let (got, expected) = (intensity(&shape), operations / bytes);
        assert!((got / expected - 1.0).abs() < 1e-12, "{got}, not {expected}, for {shape:?}");
    }
}

#[test]
fn attainable_at_most() {
    assert_eq!([1.0, 4.0, 5.0, 400.0].map(|i| attainable(i, 100.0, 20.0)), [20.0, 80.0, 100.0, 100.0]);
    assert_eq!([0.5, 5.0, 5.1, 50.0].map(|i| enough_cores(i, 100.0, 20.0)), [1, 1, 2, 10]);
}

#[test]
fn one_by_one() {
    let plain = ConvSpec::default();
    let image = |n, c, k| shape([n, c, 56, 56], [k, c, 1, 1], plain);
    assert!(takes(&image(1, 3, 5)).is_ok());
    for (weight, spec) in [
        ([4, 4, 3, 3], plain),
        ([4, 4, 1, 3], plain),
        ([4, 4, 1, 1], ConvSpec { stride: [1, 2], ..plain }),
        ([4, 4, 1, 1], ConvSpec { padding: [0, 1], ..plain }),
        ([4, 2, 1, 1], ConvSpec { groups: 2, ..plain }),
    ] {
        assert!(takes(&shape([1, 4, 9, 9], weight, spec)).is_err(), "{weight:?}, {spec:?}");
    }
    let model = Model::assumed(1);
    for pass in Pass::ALL {
        for (c, k) in [(256, 64), (64, 256), (256, 256)] {
            let [one, two] = [1, 2].map(|n| cost(&image(n, c, k), pass, &model).total());
            assert!(one >= image(1, c, k).flops() / 116e9, "{pass}: faster than the peak");
            assert!(two > 1.5 * one, "{pass}: two images take hardly longer than one");
            let fused = Candidate::<f32, 2>::cost(&Fused, &image(1, c, k), pass, &model).total();
            assert!((0.67..1.5).contains(&(one / fused)), "{pass}, {c} -> {k}: {one} s, and {fused} s for Fused");
        }
    }
}

#[test]
fn price_of_choosing() {
    use crate::price_of_choosing::price_of_choosing;
    let right = vec![(1.0, 1.5), (2.0, 1.6)];
    let wrong = vec![(3.0, 4.0), (1.0, 8.0), (2.0, 2.0)];
    assert!((price_of_choosing(std::slice::from_ref(&right)) - 1.0).abs() < 1e-12);
    assert!((price_of_choosing(&[right, wrong]) - 2.0).abs() < 1e-12, "1 and 4, of which the mean is 2");
    let nearly = [vec![vec![(1.0, 1.0)]; 47], vec![vec![(1.0, 1.02), (2.0, 1.0)]]].concat();
    assert!((price_of_choosing(&nearly) - 1.0004).abs() < 5e-5, "2 percent, once in 48 races");
}

/// The second runner is the fastest, the machine is slow for a quarter of the race, whichever, and whoever follows another finds cold
/// caches.
#[test]
fn a_fair_race() {
    let race = |slow: std::ops::Range<usize>| {
        let (calls, last) = (Cell::new(0), Cell::new(usize::MAX));
        let times = fair_race(3, |i| {
            let mood = if slow.contains(&calls.get()) { 1.5 } else { 1.0 };
            let cold = if last.replace(i) == i { 0.0 } else { 0.4 };
            calls.set(calls.get() + 1);
            mood * ([1.0, 0.9, 1.1][i] + cold)
        });
        assert!(calls.get() <= 3 * 64, "{} calls", calls.get());
        (times, calls.get())
    };
    let (_, calls) = race(0..0);
    for start in 0..calls {
        let (times, _) = race(start..start + calls / 4);
        assert!(times[1] < times[0] && times[0] < times[2], "slow from call {start} on: {times:?}");
        assert!((times[1] - 0.9).abs() < 1e-9, "the caches were cold, or a mood was counted: {times:?}");
    }
}

#[test]
fn within_a_workspace() {
    let layer = [(9.0, 0), (4.0, 700), (5.0, 100)];
    assert_eq!(
        [0, 99, 100, 699, 700].map(|limit| within(limit, &layer)),
        [Some(0), Some(0), Some(2), Some(2), Some(1)]
    );
    assert_eq!(within(5, &[(1.0, 6)]), None);
    let network = [layer.to_vec(), vec![(20.0, 0), (16.0, 300)], vec![(3.0, 0)]];
    // Without a limit 23; at 300 bytes 24, at 100 bytes 28, at none 32.
    assert_eq!([1.0, 1.05, 1.25, 2.0].map(|slack| smallest(&network, slack)), [700, 300, 100, 0]);
}
