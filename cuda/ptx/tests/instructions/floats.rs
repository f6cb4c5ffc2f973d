//! Floats: exact, approximate, and converted.

use crate::To::{D, Wd};
use crate::{check, float, inputs, int, run};
use ptx::Options;

#[test]
fn floats_with_one_rounding() {
    float("add.rn.f32 %d, %a, %b;", |a, b, _| a + b);
    float("sub.rn.f32 %d, %a, %b;", |a, b, _| a - b);
    float("mul.rn.f32 %d, %a, %b;", |a, b, _| a * b);
    float("div.rn.f32 %d, %a, %b;", |a, b, _| a / b);
    float("fma.rn.f32 %d, %a, %b, %c;", f32::mul_add);
    float("rcp.rn.f32 %d, %a;", |a, _, _| 1.0 / a);
    float("sqrt.rn.f32 %d, %a;", |a, _, _| a.sqrt());
    // Bits, not values: a NaN keeps its payload, as only the sign changes.
    int("neg.f32 %d, %a;", |a, _, _| a ^ 0x8000_0000);
    int("abs.f32 %d, %a;", |a, _, _| a & 0x7fff_ffff);
}

#[test]
fn the_smaller_and_the_larger_float() {
    // Of NaN and a number the number; −0 is below +0.
    let before = |a: f32, b: f32| a < b || (a == b && a.is_sign_negative());
    let min = |a: f32, b: f32| if b.is_nan() || before(a, b) { a } else { b };
    let max = |a: f32, b: f32| if b.is_nan() || (!a.is_nan() && !before(a, b)) { a } else { b };
    float("min.f32 %d, %a, %b;", move |a, b, _| min(a, b));
    float("max.f32 %d, %a, %b;", move |a, b, _| max(a, b));
    assert_eq!((min(f32::NAN, 1.0), max(f32::NAN, 1.0), min(1.0, f32::NAN), max(1.0, f32::NAN)), (1.0, 1.0, 1.0, 1.0));
    assert!(min(0.0, -0.0).is_sign_negative() && max(-0.0, 0.0).is_sign_positive());
}

#[test]
fn approximations() {
    for (text, exact, ulps) in [
        ("ex2.approx.f32 %d, %a;", f64::exp2 as fn(f64) -> f64, 2),
        ("rcp.approx.f32 %d, %a;", |x| 1.0 / x, 1),
        ("sqrt.approx.f32 %d, %a;", f64::sqrt, 1),
        ("rsqrt.approx.f32 %d, %a;", |x| 1.0 / x.sqrt(), 2),
        ("lg2.approx.f32 %d, %a;", f64::log2, 1),
    ] {
        for jitter in [false, true] {
            let inputs = inputs();
            let options = Options { jitter, ..Options::default() };
            let mut moved = 0;
            for ([a, ..], got) in inputs.iter().zip(run(text, D, &inputs, options)) {
                let (x, got) = (f64::from(f32::from_bits(*a as u32)), f32::from_bits(got as u32));
                let expected = exact(x) as f32;
                moved += u64::from(got != expected && !expected.is_nan());
                if !jitter || !expected.is_finite() || expected == 0.0 && !text.starts_with("lg2") {
                    assert!(
                        got == expected || got.is_nan() && expected.is_nan(),
                        "{text} of {x}: {got}, not {expected}"
                    );
                } else {
                    let ulp = f64::from(expected.abs().next_up()) - f64::from(expected.abs());
                    let most =
                        (f64::from(ulps) * ulp).max(if text.starts_with("lg2") { 2.0_f64.powi(-22) } else { 0.0 });
                    assert!(
                        (f64::from(got) - f64::from(expected)).abs() <= most,
                        "{text} of {x}: {got}, not {expected}"
                    );
                }
            }
            assert_eq!(moved > 0, jitter, "{text}");
        }
    }
    float("div.approx.f32 %d, %a, %b;", |a, b, _| a / b);
    float("div.full.f32 %d, %a, %b;", |a, b, _| a / b);
}

#[test]
fn jitter_is_as_large_as_an_error_may_be() {
    let inputs = inputs();
    let jitter = |text| run(text, D, &inputs, Options { jitter: true, ..Options::default() });
    let f = |x: u64| f32::from_bits(x as u32);
    for (&[a, b, _], got) in inputs.iter().zip(jitter("div.full.f32 %d, %a, %b;")) {
        let (exact, got) = (f(a) / f(b), f(got));
        if exact.is_normal() && exact.abs() < f32::MAX / 2.0 {
            let ulp = f64::from(exact.abs()) - f64::from(exact.abs().next_down());
            let error = (f64::from(got) - f64::from(exact)).abs() / ulp;
            assert!((1.0..=2.0).contains(&error), "{} / {}: {error} ulp", f(a), f(b));
        } else if !exact.is_subnormal() && exact.abs() < f32::MAX / 2.0 {
            assert!(got == exact || got.is_nan() && exact.is_nan());
        }
    }
    // The logarithm of 1 is 0, and no GPU promises so.
    for (&[a, ..], got) in inputs.iter().zip(jitter("lg2.approx.f32 %d, %a;")) {
        if f(a) > 0.5 && f(a) < 2.0 {
            let error = (f64::from(f(got)) - f64::from(f(a)).log2()).abs() * 2.0_f64.powi(22);
            assert!((0.5..=1.5).contains(&error), "{}: {error}", f(a));
        }
    }
}

#[test]
fn conversions() {
    let f = |x: u64| f32::from_bits(x as u32);
    let bits = |x: f32| u64::from(x.to_bits());
    let low = |x: u64| x & 0xffff_ffff;
    check("cvt.u64.u32 %wd, %a;", Wd, move |a, _, _| low(a));
    check("cvt.s64.s32 %wd, %a;", Wd, |a, _, _| i64::from(a as i32) as u64);
    check("cvt.u32.u64 %d, %wa;", D, move |a, _, _| low(a));
    check("cvt.rn.f32.u32 %d, %a;", D, move |a, _, _| bits(a as u32 as f32));
    check("cvt.rn.f32.s32 %d, %a;", D, move |a, _, _| bits(a as i32 as f32));
    check("cvt.rn.f32.u64 %d, %wa;", D, move |a, _, _| bits(a as f32));
    check("cvt.rn.f32.s64 %d, %wa;", D, move |a, _, _| bits(a as i64 as f32));
    check("cvt.rzi.s32.f32 %d, %a;", D, move |a, _, _| u64::from(f(a).trunc() as i32 as u32));
    check("cvt.rzi.u32.f32 %d, %a;", D, move |a, _, _| u64::from(f(a).trunc() as u32));
    check("cvt.rni.s32.f32 %d, %a;", D, move |a, _, _| u64::from(f(a).round_ties_even() as i32 as u32));
    check("cvt.rmi.s32.f32 %d, %a;", D, move |a, _, _| u64::from(f(a).floor() as i32 as u32));
    check("cvt.rpi.u32.f32 %d, %a;", D, move |a, _, _| u64::from(f(a).ceil() as u32));
    check("cvt.u64.s32 %wd, %a;", Wd, |a, _, _| i64::from(a as i32) as u64);
    check("cvt.s32.s64 %d, %wa;", D, move |a, _, _| low(a));
    // Of NaN 32 bits are 0, and of 64 only the highest is 1.
    let nan = move |a: u64, value: u64| if f(a).is_nan() { 1 << 63 } else { value };
    check("cvt.rzi.u64.f32 %wd, %a;", Wd, move |a, _, _| nan(a, f(a).trunc() as u64));
    check("cvt.rni.s64.f32 %wd, %a;", Wd, move |a, _, _| nan(a, f(a).round_ties_even() as i64 as u64));
    check("cvt.rmi.u64.f32 %wd, %a;", Wd, move |a, _, _| nan(a, f(a).floor() as u64));
    check("cvt.rpi.s64.f32 %wd, %a;", Wd, move |a, _, _| nan(a, f(a).ceil() as i64 as u64));
    check("cvta.to.global.u64 %wd, %wa;", Wd, |a, _, _| a);
}
