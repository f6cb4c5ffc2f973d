//! Every instruction against Rust's own arithmetic, over edge values and random ones.

mod comparisons;
mod floats;
mod integers;

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
