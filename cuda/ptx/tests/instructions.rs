//! Every instruction against Rust's own arithmetic, over edge values and random ones.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use ptx::{Launch, Memory, Options, observe, parse};
use std::sync::Arc;

/// What an instruction writes: `%d`, `%wd` (64 bits), or the predicate `%p`.
#[derive(Clone, Copy, PartialEq)]
enum To {
    D,
    Wd,
    P,
}
use To::{D, P, Wd};

/// Runs `text` in a thread for each of `inputs`. It finds them in `%a %b %c` (low halves), `%wa %wb %wc` (all 64 bits)
/// and `%q`: whether `a` is odd.
fn run(text: &str, to: To, inputs: &[[u64; 3]], options: Options) -> Vec<u64> {
    let result = match to {
        D => "cvt.u64.u32 %wd, %d;",
        Wd => "",
        P => "selp.b64 %wd, 1, 0, %p;",
    };
    let source = format!(
        ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry k(.param .u64 in, .param .u64 out, .param .u32 n)
        {{
            .reg .pred %p, %q, %end;
            .reg .b32 %a, %b, %c, %d, %i, %n, %t, %s, %odd;
            .reg .b64 %wa, %wb, %wc, %wd, %in, %out;
            ld.param.u64 %in, [in];
            ld.param.u64 %out, [out];
            ld.param.u32 %n, [n];
            mov.u32 %t, %ntid.x;
            mov.u32 %s, %ctaid.x;
            mov.u32 %i, %tid.x;
            mad.lo.u32 %i, %t, %s, %i;
            setp.ge.u32 %end, %i, %n;
            @%end bra END;
            mad.wide.u32 %in, %i, 24, %in;
            mad.wide.u32 %out, %i, 8, %out;
            ld.global.b64 %wa, [%in];
            ld.global.b64 %wb, [%in+8];
            ld.global.b64 %wc, [%in+16];
            cvt.u32.u64 %a, %wa;
            cvt.u32.u64 %b, %wb;
            cvt.u32.u64 %c, %wc;
            and.b32 %odd, %a, 1;
            setp.ne.u32 %q, %odd, 0;
            {text}
            {result}
            st.global.b64 [%out], %wd;
        END:
            ret;
        }}"
    );
    let module = parse(&source).unwrap_or_else(|e| panic!("{text}: {e}"));
    let memory = Memory::new(0, 1 << 30);
    let bytes: Vec<u8> = inputs.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    let from = memory.allocate(bytes.len()).expect("enough memory");
    let to = memory.allocate(inputs.len() * 8).expect("enough memory");
    memory.write(from, &bytes).expect("in bounds");
    let mut params: Vec<u8> = [from, to].iter().flat_map(|x| x.to_le_bytes()).collect();
    params.extend((inputs.len() as u32).to_le_bytes());
    let grid = [(inputs.len() as u32).div_ceil(128), 1, 1];
    let kernel = module.kernels[0].clone();
    let launch = Launch { kernel, grid, block: [128, 1, 1], shared_bytes: 0, params, symbols: Arc::new([]) };
    observe(options, || launch.run(&memory)).0.unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut out = vec![0; inputs.len() * 8];
    memory.read(to, &mut out).expect("in bounds");
    out.chunks_exact(8).map(|x| u64::from_le_bytes(x.try_into().expect("eight bytes"))).collect()
}

/// Bits where something changes: as integers of either width, and as floats.
fn edges() -> Vec<u64> {
    let floats = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        3.0,
        1e-45,
        -1e-45,
        f32::MIN_POSITIVE,
        1.17e-38,
        f32::MAX,
        f32::MIN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        16_777_217.0,
        2_147_483_648.0,
        4_294_967_296.0,
        1.9e19,
        -126.5,
        127.99,
    ];
    let integers = [
        1,
        2,
        3,
        31,
        32,
        33,
        63,
        64,
        65,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        0xffff_ffff_ffff_ffff,
        0xdead_beef_0000_0007,
        // Halfway between two floats, but for a bit that an f64 has no room for.
        0x8000_0080_0000_0001,
        0x4000_0040_0000_0001,
    ];
    floats.iter().map(|x: &f32| u64::from(x.to_bits())).chain(integers).collect()
}

/// All pairs of edge values with a third one, and as many random triples.
fn inputs() -> Vec<[u64; 3]> {
    let edges = edges();
    let mut inputs = Vec::new();
    for (i, &a) in edges.iter().enumerate() {
        inputs.extend(edges.iter().enumerate().map(|(j, &b)| [a, b, edges[(7 * i + 3 * j) % edges.len()]]));
    }
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..2000 {
        inputs.push(any::<[u64; 3]>().new_tree(&mut runner).expect("a value").current());
    }
    inputs
}

fn check(text: &str, to: To, expected: impl Fn(u64, u64, u64) -> u64) {
    check_where(text, to, |_, _, _| true, expected);
}

/// The instruction gives `expected` for all inputs that `valid` picks.
fn check_where(text: &str, to: To, valid: impl Fn(u64, u64, u64) -> bool, expected: impl Fn(u64, u64, u64) -> u64) {
    let mut inputs = inputs();
    inputs.retain(|&[a, b, c]| valid(a, b, c));
    let got = run(text, to, &inputs, Options::default());
    for (&[a, b, c], got) in inputs.iter().zip(got) {
        let expected = expected(a, b, c);
        assert_eq!(got, expected, "{text} of {a:#x}, {b:#x}, {c:#x}: {got:#x} instead of {expected:#x}");
    }
}

/// A 32-bit instruction of integers.
fn int(text: &str, expected: impl Fn(u32, u32, u32) -> u32) {
    check(text, D, |a, b, c| u64::from(expected(a as u32, b as u32, c as u32)));
}

/// A 32-bit instruction of floats; NaN is the GPU's.
fn float(text: &str, expected: impl Fn(f32, f32, f32) -> f32) {
    let bits = |x: f32| if x.is_nan() { 0x7fff_ffff } else { x.to_bits() };
    let f = |x: u64| f32::from_bits(x as u32);
    check(text, D, |a, b, c| u64::from(bits(expected(f(a), f(b), f(c)))));
}

fn pred(text: &str, expected: impl Fn(u64, u64, u64) -> bool) {
    check(text, P, |a, b, c| u64::from(expected(a, b, c)));
}

#[test]
fn integers_of_32_bits() {
    int("add.u32 %d, %a, %b;", |a, b, _| a.wrapping_add(b));
    int("sub.s32 %d, %a, %b;", |a, b, _| a.wrapping_sub(b));
    int("mul.lo.u32 %d, %a, %b;", |a, b, _| a.wrapping_mul(b));
    int("mul.hi.u32 %d, %a, %b;", |a, b, _| ((u64::from(a) * u64::from(b)) >> 32) as u32);
    int("mul.hi.s32 %d, %a, %b;", |a, b, _| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32);
    int("mad.lo.s32 %d, %a, %b, %c;", |a, b, c| a.wrapping_mul(b).wrapping_add(c));
    int("min.u32 %d, %a, %b;", |a, b, _| a.min(b));
    int("max.u32 %d, %a, %b;", |a, b, _| a.max(b));
    int("min.s32 %d, %a, %b;", |a, b, _| (a as i32).min(b as i32) as u32);
    int("max.s32 %d, %a, %b;", |a, b, _| (a as i32).max(b as i32) as u32);
    int("neg.s32 %d, %a;", |a, _, _| (a as i32).wrapping_neg() as u32);
    int("abs.s32 %d, %a;", |a, _, _| (a as i32).wrapping_abs() as u32);
    int("mov.u32 %d, -5;", |_, _, _| -5_i32 as u32);
    let nonzero = |_, b: u64, _| b as u32 != 0;
    check_where("div.u32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from(a as u32 / b as u32));
    check_where("rem.u32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from(a as u32 % b as u32));
    check_where("div.s32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from((a as i32).wrapping_div(b as i32) as u32));
    check_where("rem.s32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from((a as i32).wrapping_rem(b as i32) as u32));
}

#[test]
fn bits_of_32() {
    int("and.b32 %d, %a, %b;", |a, b, _| a & b);
    int("or.b32 %d, %a, %b;", |a, b, _| a | b);
    int("xor.b32 %d, %a, %b;", |a, b, _| a ^ b);
    int("not.b32 %d, %a;", |a, _, _| !a);
    int("popc.b32 %d, %a;", |a, _, _| a.count_ones());
    int("clz.b32 %d, %a;", |a, _, _| a.leading_zeros());
    int("brev.b32 %d, %a;", |a, _, _| a.reverse_bits());
    int("shl.b32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a << b });
    int("shr.u32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a >> b });
    int("shr.b32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a >> b });
    int("shr.s32 %d, %a, %b;", |a, b, _| ((a as i32) >> b.min(31)) as u32);
    int("selp.b32 %d, %a, %b, %q;", |a, b, _| if a % 2 == 1 { a } else { b });
    int("mov.b32 %d, 0; @%q mov.b32 %d, %b;", |a, b, _| if a % 2 == 1 { b } else { 0 });
    int("mov.b32 %d, 0; @!%q mov.b32 %d, %b;", |a, b, _| if a % 2 == 1 { 0 } else { b });
}

#[test]
fn integers_of_64_bits() {
    check("add.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_add(b));
    check("sub.s64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_sub(b));
    check("mul.lo.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_mul(b));
    check("mul.hi.u64 %wd, %wa, %wb;", Wd, |a, b, _| ((u128::from(a) * u128::from(b)) >> 64) as u64);
    check("mul.hi.s64 %wd, %wa, %wb;", Wd, |a, b, _| ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64);
    check("mad.lo.u64 %wd, %wa, %wb, %wc;", Wd, |a, b, c| a.wrapping_mul(b).wrapping_add(c));
    check("abs.s64 %wd, %wa;", Wd, |a, _, _| (a as i64).wrapping_abs() as u64);
    check("popc.b64 %d, %wa;", D, |a, _, _| a.count_ones().into());
    check("clz.b64 %d, %wa;", D, |a, _, _| a.leading_zeros().into());
    check("brev.b64 %wd, %wa;", Wd, |a, _, _| a.reverse_bits());
    check("min.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.min(b));
    check("max.s64 %wd, %wa, %wb;", Wd, |a, b, _| (a as i64).max(b as i64) as u64);
    check("min.s64 %wd, %wa, %wb;", Wd, |a, b, _| (a as i64).min(b as i64) as u64);
    check("max.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.max(b));
    check("neg.s64 %wd, %wa;", Wd, |a, _, _| a.wrapping_neg());
    check("and.b64 %wd, %wa, %wb;", Wd, |a, b, _| a & b);
    check("or.b64 %wd, %wa, %wb;", Wd, |a, b, _| a | b);
    check("xor.b64 %wd, %wa, %wb;", Wd, |a, b, _| a ^ b);
    check("not.b64 %wd, %wa;", Wd, |a, _, _| !a);
    check("shl.b64 %wd, %wa, %b;", Wd, |a, b, _| if b as u32 > 63 { 0 } else { a << (b as u32) });
    check("shr.u64 %wd, %wa, %b;", Wd, |a, b, _| if b as u32 > 63 { 0 } else { a >> (b as u32) });
    check("shr.s64 %wd, %wa, %b;", Wd, |a, b, _| ((a as i64) >> (b as u32).min(63)) as u64);
    check("selp.b64 %wd, %wa, %wb, %q;", Wd, |a, b, _| if a % 2 == 1 { a } else { b });
    check("mul.wide.u32 %wd, %a, %b;", Wd, |a, b, _| (a & 0xffff_ffff) * (b & 0xffff_ffff));
    check("mul.wide.s32 %wd, %a, %b;", Wd, |a, b, _| (i64::from(a as i32) * i64::from(b as i32)) as u64);
    check("mad.wide.u32 %wd, %a, %b, %wc;", Wd, |a, b, c| ((a & 0xffff_ffff) * (b & 0xffff_ffff)).wrapping_add(c));
    check("mad.wide.s32 %wd, %a, %b, %wc;", Wd, |a, b, c| {
        ((i64::from(a as i32) * i64::from(b as i32)) as u64).wrapping_add(c)
    });
    let nonzero = |_, b: u64, _| b != 0;
    check_where("div.u64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| a / b);
    check_where("rem.u64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| a % b);
    check_where("div.s64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| (a as i64).wrapping_div(b as i64) as u64);
    check_where("rem.s64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| (a as i64).wrapping_rem(b as i64) as u64);
}

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
fn comparisons_of_integers() {
    pred("setp.eq.u32 %p, %a, %b;", |a, b, _| a as u32 == b as u32);
    pred("setp.ne.s32 %p, %a, %b;", |a, b, _| a as u32 != b as u32);
    pred("setp.lt.u32 %p, %a, %b;", |a, b, _| (a as u32) < b as u32);
    pred("setp.lt.s32 %p, %a, %b;", |a, b, _| (a as i32) < b as i32);
    pred("setp.le.u32 %p, %a, %b;", |a, b, _| a as u32 <= b as u32);
    pred("setp.gt.s32 %p, %a, %b;", |a, b, _| a as i32 > b as i32);
    pred("setp.ge.u32 %p, %a, %b;", |a, b, _| a as u32 >= b as u32);
    pred("setp.ls.u32 %p, %a, %b;", |a, b, _| a as u32 <= b as u32);
    pred("setp.hi.u64 %p, %wa, %wb;", |a, b, _| a > b);
    pred("setp.eq.b64 %p, %wa, %wb;", |a, b, _| a == b);
    pred("setp.ne.s64 %p, %wa, %wb;", |a, b, _| a != b);
    pred("setp.le.s64 %p, %wa, %wb;", |a, b, _| a as i64 <= b as i64);
    pred("setp.le.s32 %p, %a, %b;", |a, b, _| a as i32 <= b as i32);
    pred("setp.gt.u32 %p, %a, %b;", |a, b, _| a as u32 > b as u32);
    pred("setp.ge.s32 %p, %a, %b;", |a, b, _| a as i32 >= b as i32);
    pred("setp.lo.u32 %p, %a, %b;", |a, b, _| (a as u32) < b as u32);
    pred("setp.hs.u32 %p, %a, %b;", |a, b, _| a as u32 >= b as u32);
    pred("setp.lt.s64 %p, %wa, %wb;", |a, b, _| (a as i64) < b as i64);
    pred("setp.ge.u64 %p, %wa, %wb;", |a, b, _| a >= b);
    pred("setp.lt.and.u32 %p, %a, %b, %q;", |a, b, _| (a as u32) < b as u32 && a % 2 == 1);
    pred("setp.lt.or.u32 %p, %a, %b, !%q;", |a, b, _| (a as u32) < b as u32 || a.is_multiple_of(2));
    pred("setp.lt.xor.u32 %p, %a, %b, %q;", |a, b, _| ((a as u32) < b as u32) != (a % 2 == 1));
    pred("{ .reg .pred %x; setp.lt.u32 %x|%p, %a, %b; }", |a, b, _| a as u32 >= b as u32);
    // The second destination is !t AND c, not the opposite of the first.
    pred("{ .reg .pred %x; setp.lt.and.u32 %x|%p, %a, %b, %q; }", |a, b, _| a as u32 >= b as u32 && a % 2 == 1);
    pred("setp.lt.u32 %p, %a, %b; and.pred %p, %p, %q;", |a, b, _| (a as u32) < b as u32 && a % 2 == 1);
    pred("setp.lt.u32 %p, %a, %b; xor.pred %p, %p, %q;", |a, b, _| ((a as u32) < b as u32) != (a % 2 == 1));
    pred("not.pred %p, %q;", |a, _, _| a.is_multiple_of(2));
    pred("mov.pred %p, %q;", |a, _, _| a % 2 == 1);
}

#[test]
fn comparisons_of_floats() {
    let f = |x: u64| f32::from_bits(x as u32);
    let nan = move |a, b| f(a).is_nan() || f(b).is_nan();
    pred("setp.eq.f32 %p, %a, %b;", move |a, b, _| f(a) == f(b));
    pred("setp.ne.f32 %p, %a, %b;", move |a, b, _| !nan(a, b) && f(a) != f(b));
    pred("setp.lt.f32 %p, %a, %b;", move |a, b, _| f(a) < f(b));
    pred("setp.le.f32 %p, %a, %b;", move |a, b, _| f(a) <= f(b));
    pred("setp.gt.f32 %p, %a, %b;", move |a, b, _| f(a) > f(b));
    pred("setp.ge.f32 %p, %a, %b;", move |a, b, _| f(a) >= f(b));
    pred("setp.equ.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) == f(b));
    pred("setp.neu.f32 %p, %a, %b;", move |a, b, _| f(a) != f(b));
    pred("setp.ltu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) < f(b));
    pred("setp.leu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) <= f(b));
    pred("setp.gtu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) > f(b));
    pred("setp.geu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) >= f(b));
    pred("setp.num.f32 %p, %a, %b;", move |a, b, _| !nan(a, b));
    pred("setp.nan.f32 %p, %a, %b;", move |a, b, _| nan(a, b));
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
