//! [`Auto`] against the referee, and what it chooses.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch11_choosing::{Auto, Machine, Pass};
use std::cell::RefCell;
use std::collections::BTreeSet;
use unrolled::testing::{Case, Cases};
use unrolled::{ConvShape, ConvSpec, Result};

/// A choice that is the same on any machine that runs the tests.
fn auto() -> Auto {
    Auto::on(Machine::assumed(1))
}

/// Plain sums only: integers come out exactly.
fn exact() -> Auto {
    Auto { tolerance: 1.0, ..auto() }
}

#[test]
fn exact_in_one_dimension() {
    Cases { count: 96, ..Cases::<1>::any() }.assert_all(&exact(), &Naive);
}

#[test]
fn exact_in_two_dimensions() {
    Cases { count: 96, ..Cases::<2>::any() }.assert_all(&exact(), &Naive);
}

#[test]
fn exact_in_three_dimensions() {
    Cases { count: 48, ..Cases::<3>::any() }.assert_all(&exact(), &Naive);
}

/// Large enough that it pays not to be naive.
fn larger<const D: usize>(count: u32) -> Cases<D> {
    let size = if D == 1 { 40..=200 } else { 8..=20 };
    Cases { channels: 4..=12, groups: 1..=2, size, batch: 0..=2, count, ..Cases::any() }
}

#[test]
fn exact_where_it_is_larger() {
    larger::<1>(24).assert_agrees(&exact(), &Naive);
    larger::<2>(16).assert_agrees(&exact(), &Naive);
    larger::<2>(24).assert_adjoint(&exact());
    Cases { size: 4..=8, ..larger::<3>(8) }.assert_agrees(&exact(), &Naive);
    Cases { channels: 1..=1, groups: 4..=16, ..larger::<2>(24) }.assert_agrees(&exact(), &Naive);
}

/// Wide enough for Winograd's algorithm, and too wide for a naive referee.
fn wide(count: u32) -> Cases<2> {
    let cases = Cases { channels: 96..=128, size: 14..=18, batch: 1..=1, padding: 1..=1, count, ..Cases::any() };
    cases.stride_one().no_dilation().one_group().kernel([3, 3])
}

/// With Winograd's among the candidates, up to the error that is accepted.
#[test]
fn as_exact_as_is_accepted() {
    for tolerance in [4.0, 16.0, 64.0] {
        let auto = Auto { tolerance, ..auto() };
        Cases { exact: false, tolerance, ..wide(3) }.assert_agrees(&auto, &Fused);
        Cases { exact: false, tolerance, ..larger::<2>(8).stride_one() }.assert_agrees(&auto, &Naive);
    }
    let volumes = Cases { exact: false, tolerance: 16.0, kernel: [1..=3, 3..=3, 3..=3], size: 6..=8, ..larger(6) };
    volumes.stride_one().assert_agrees(&auto(), &Naive);
}

/// How many threads there are doesn't change a bit, as long as the choice doesn't.
#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    for (input, weight) in [([1, 40, 30, 30], [72, 40, 3, 3]), ([3, 16, 40, 33], [24, 16, 1, 3])] {
        Case { shape: spec.resolve(&input, &weight)?, seed: 7 }.assert_same_on_any_threads(&auto())?;
    }
    Ok(())
}

/// A layer: images, channels, outputs, kernel, groups, and where the kernel lands.
fn layer(input: [usize; 4], outputs: usize, kernel: usize, spec: ConvSpec<2>) -> Result<ConvShape<2>> {
    spec.resolve(&input, &[outputs, input[1] / spec.groups, kernel, kernel])
}

fn same(padding: usize) -> ConvSpec<2> {
    ConvSpec { padding: [padding; 2], ..ConvSpec::default() }
}

/// Where the winner is far ahead on every machine.
#[test]
fn chooses_what_is_obvious() -> Result<()> {
    let check = |shape: &ConvShape<2>, auto: Auto, expected: &str| {
        for pass in Pass::ALL {
            let name = auto.choose::<f32, 2>(shape, pass).name();
            assert!(name.contains(expected), "{name}, not {expected}, for {pass} of {shape:?}");
        }
    };
    let vgg = layer([1, 64, 56, 56], 64, 3, same(1))?;
    check(&vgg, auto(), "winograd4");
    check(&layer([1, 256, 56, 56], 256, 3, same(1))?, Auto { tolerance: 4.0, ..auto() }, "winograd2");
    check(&vgg, exact(), "fused");
    check(&layer([1, 1, 4, 4], 1, 3, same(0))?, auto(), "naive");
    check(&layer([1, 256, 56, 56], 256, 3, ConvSpec { groups: 256, ..same(1) })?, auto(), "depthwise");
    check(&layer([1, 256, 56, 56], 256, 3, ConvSpec { dilation: [2; 2], ..same(2) })?, auto(), "dilated winograd");
    check(&layer([1, 256, 56, 56], 256, 3, ConvSpec { groups: 32, ..same(1) })?, auto(), "fused");

    let volume = ConvSpec { padding: [1; 3], ..ConvSpec::<3>::default() };
    let volume = volume.resolve(&[1, 64, 16, 56, 56], &[64, 64, 3, 3, 3])?;
    assert_eq!(auto().choose::<f32, 3>(&volume, Pass::Forward).name(), "sliced winograd4");
    Ok(())
}

/// The choice is the best of the forecasts, the same each time, and a candidate that takes the shape and is exact enough.
/// Over these cases, which the properties above are drawn from too, many candidates have their turn.
#[test]
fn the_choice_is_the_best_forecast() {
    let chosen = RefCell::new(BTreeSet::new());
    for tolerance in [1.0, 4.0, 16.0, 64.0] {
        let auto = Auto { tolerance, ..auto() };
        let depthwise = Cases { channels: 1..=1, groups: 4..=16, ..larger(48) };
        let small = Cases { count: 48, ..Cases::any() };
        for cases in [larger(48), wide(16), depthwise, small] {
            cases.check(|case| {
                for pass in Pass::ALL {
                    let choice = auto.choose::<f32, 2>(&case.shape, pass);
                    assert_eq!(choice.name(), auto.choose::<f32, 2>(&case.shape, pass).name());
                    assert_eq!(choice.name(), auto.forecasts::<f32, 2>(&case.shape, pass)[0].candidate.name());
                    assert!(choice.takes(&case.shape).is_ok() && choice.tolerance(&case.shape) <= tolerance);
                    chosen.borrow_mut().insert(choice.name());
                }
                Ok(())
            });
        }
    }
    let chosen = chosen.into_inner();
    for name in ["naive", "im2col", "fused", "winograd4", "depthwise"] {
        assert!(chosen.contains(name), "{name} is never chosen, but {chosen:?}");
    }
}

/// A tolerance that is no number, or below 1, lets the plain sums in, as somebody must compute it.
#[test]
fn any_tolerance_has_candidates() -> Result<()> {
    let vgg = layer([1, 64, 56, 56], 64, 3, same(1))?;
    for tolerance in [0.0, -1.0, f64::NAN] {
        let auto = Auto { tolerance, ..auto() };
        assert_eq!(auto.choose::<f32, 2>(&vgg, Pass::Forward).name(), "fused");
    }
    Ok(())
}

/// Names, reasons, and numbers that add up; of the numbers themselves, only their form is checked, as vectors differ.
#[test]
fn explains_its_choice() -> Result<()> {
    let shape = layer([2, 16, 28, 28], 32, 3, ConvSpec { stride: [2; 2], ..same(1) })?;
    let text = auto().explain::<f32, 2>(&shape, Pass::GradInput);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "16 -> 32 channels, 3x3, on 2 x 28x28, stride 2, padding 1, bwd_data");
    assert!(lines[1].starts_with("1 thread(s), peak 116 GFLOP/s; copies of 256 KiB 160 GB/s"), "{text}");
    let forecasts: Vec<Vec<f64>> = lines[3..]
        .iter()
        .map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()).collect())
        .take_while(|numbers: &Vec<f64>| numbers.len() == 4)
        .collect();
    assert!(forecasts.iter().all(|f| (f[0] - f[1] - f[2] - f[3]).abs() < 2e-4), "{text}");
    assert!(forecasts.is_sorted_by(|a, b| a[0] <= b[0]) && forecasts.len() == 3, "{text}");
    let first = auto().choose::<f32, 2>(&shape, Pass::GradInput).name();
    assert!(lines[3].starts_with(&first), "{text}");
    for reason in [
        "winograd4            the tiles' outputs share their inputs at stride 1 alone",
        "dilated winograd4    there are no holes to take apart",
        "depthwise            its groups have one input channel each",
        "grouped fused        there is one group",
    ] {
        assert!(lines.contains(&reason), "{reason}\n{text}");
    }

    let text = auto().explain::<f64, 2>(&layer([1, 8, 9, 9], 8, 3, same(0))?, Pass::Forward);
    assert!(text.contains("\nwinograd6            its rounding error may be larger than is accepted\n"), "{text}");
    assert!(text.contains("\ndilated winograd6    there are no holes to take apart\n"), "{text}");
    Ok(())
}

/// What is measured is a machine: ceilings above 0, measured once.
#[test]
fn measures_this_machine_once() {
    let machine = Machine::this(1);
    assert!(
        machine.peak > 0.1 && machine.bandwidth.iter().all(|&b| b > 0.01) && machine.handover == 0.0,
        "{machine:?}"
    );
    assert_eq!(machine, Machine::this(1));
    let text = machine.to_string();
    assert!(text.starts_with("1 thread(s), peak ") && !text.contains('\n'), "{text}");

    let two = Machine { threads: 2, peak: 200.0, bandwidth: [100.0, 50.0, 40.0, 20.0], handover: 1.0 };
    assert_eq!(two.bandwidth_within(1.0), 100.0);
    assert_eq!(two.bandwidth_within(1e6), 50.0);
    assert_eq!(two.bandwidth_within(1e12), 20.0);
    // 400 GFLOP at 200 a second; 100 MB at 20 GB a second.
    assert_eq!(two.roofline(400e9, 1e6), 2.0);
    assert_eq!(two.roofline(1.0, 1e8), 0.005);
}
