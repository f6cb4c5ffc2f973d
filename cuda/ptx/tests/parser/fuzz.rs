//! Whatever the text, the parser answers; and whatever it reads, the machine runs, or stops with a fault.

use crate::{SAXPY, file};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ptx::ir::{Op, Type};
use ptx::{Kernel, Launch, Memory, Options, observe, parse};
use std::sync::Arc;

/// Parses, and runs what can be run. Whether that was anything.
fn parse_and_run(source: &str, sanitize: bool) -> bool {
    let Ok(module) = parse(source) else { return false };
    let memory = Memory::new(0, 1 << 26);
    let symbols =
        module.variables.iter().map(|v| memory.allocate_constants(&v.bytes).expect("enough memory")).collect();
    let symbols: Arc<[u64]> = symbols;
    let buffer = memory.allocate_constants(&[1; 1024]).expect("enough memory");
    for kernel in &module.kernels {
        check(kernel);
        let mut params = vec![4; kernel.param_bytes];
        for param in kernel.params.iter().filter(|param| matches!(param.ty, Some(Type::U64 | Type::B64 | Type::S64))) {
            params[param.offset..][..8].copy_from_slice(&buffer.to_le_bytes());
        }
        let (kernel, symbols) = (kernel.clone(), symbols.clone());
        let launch = Launch { kernel, grid: [2, 1, 1], block: [40, 1, 1], shared_bytes: 128, params, symbols };
        let options = Options { sanitize, profile: true, jitter: true, limit: 2000, ..Options::default() };
        // A fault is as good as an end.
        let _ = observe(options, || launch.run(&memory));
    }
    !module.kernels.is_empty()
}

/// What the machine relies on.
fn check(kernel: &Kernel) {
    let end = kernel.code.len() as u32;
    assert_eq!(kernel.text.len(), kernel.code.len());
    let last = kernel.code.last().expect("a return");
    assert!(last.op == Op::Ret && last.guard.is_none());
    assert!(kernel.code.is_sorted_by_key(|instruction| instruction.place));
    for instruction in &kernel.code {
        if let Op::Bra { target, join, .. } = instruction.op {
            assert!(target < end && join.is_none_or(|join| join < end));
        }
    }
}

/// Statements of all kinds; `#` becomes the number of a register, `?` that of a label.
const STATEMENTS: &[&str] = &[
    "add.u32 %u#, %s#, %b#;",
    "sub.s64 %sd#, %bd#, -5;",
    "mul.hi.s32 %s#, %s#, %u#;",
    "mul.wide.s32 %sd#, %s#, %s#;",
    "mad.lo.s64 %sd#, %ud#, %sd#, %bd#;",
    "mad.wide.u32 %ud#, %u#, 4, %ud#;",
    "div.s32 %s#, %s#, %s#;",
    "rem.u64 %ud#, %ud#, %ud#;",
    "div.s64 %sd#, -9223372036854775808, -1;",
    "abs.s32 %s#, -2147483648;",
    "shl.b64 %bd#, %bd#, %u#;",
    "shr.s32 %s#, %s#, %u#;",
    "popc.b64 %u#, %bd#;",
    "clz.b32 %u#, %b#;",
    "brev.b64 %bd#, %ud#;",
    "xor.pred %p#, %p#, %p#;",
    "not.pred %p#, %p#;",
    "fma.rn.f32 %f#, %f#, %b#, 0f7FC00001;",
    "div.full.f32 %f#, %f#, %f#;",
    "ex2.approx.f32 %f#, %f#;",
    "lg2.approx.f32 %f#, %f#;",
    "rsqrt.approx.f32 %f#, %f#;",
    "min.f32 %f#, %f#, %f#;",
    "setp.ltu.f32 %p#, %f#, %f#;",
    "setp.ge.xor.s64 %p0|%p1, %sd#, %sd#, !%p#;",
    "setp.ne.b32 %p#, %b#, %f#;",
    "selp.b64 %bd#, %sd#, 7, %p#;",
    "cvt.rzi.u64.f32 %ud#, %f#;",
    "cvt.rn.f32.s64 %f#, %sd#;",
    "cvt.s64.s32 %sd#, %s#;",
    "cvt.u32.u64 %u#, %ud#;",
    "mov.u32 %u#, %tid.x;",
    "mov.u32 %u#, %laneid;",
    "mov.u32 %u#, tile;",
    "mov.u64 %ud#, table;",
    "mov.pred %p#, 1;",
    "ld.param.u64 %ud#, [pointer];",
    "ld.param.v2.u32 {%u#, _}, [block+8];",
    "ld.global.v4.f32 {%f0, _, %f1, %f2}, [%ud#];",
    "ld.global.nc.u64 %ud#, [%ud#+8];",
    "ld.const.u32 %u#, [table+4];",
    "ld.shared.v2.f32 {%f0, %f1}, [tile+8];",
    "ld.shared.u64 %ud#, [%u#];",
    "ld.local.u32 %u#, [stack+4];",
    "ld.local.v2.u32 {%u0, %u1}, [%u#+-8];",
    "st.global.u32 [%ud#+64], %u#;",
    "st.global.v2.u64 [%ud#], {%ud#, 5};",
    "st.shared.f32 [sum], %f#;",
    "st.shared.f32 [dynamic+4], %f#;",
    "st.shared.v4.f32 [%s#], {%f0, %f1, 1.0, %f2};",
    "st.local.u64 [stack], %ud#;",
    "st.local.b32 [%ud#], %b#;",
    "atom.global.add.f32 %f#, [%ud#], %f#;",
    "atom.shared.cas.b32 %b#, [sum], %b#, %b#;",
    "atom.shared.min.s32 _, [%u#], %s#;",
    "red.global.max.u32 [counter], %u#;",
    "shfl.sync.bfly.b32 %b#|%p#, %b#, %u#, 31, -1;",
    "shfl.sync.up.b32 %b#, %b#, %u#, %u#, %u#;",
    "vote.sync.ballot.b32 %b#, !%p#, -1;",
    "vote.sync.uni.pred %p#, %p#, %u#;",
    "bar.sync 0;",
    "membar.gl;",
    "bra L?;",
    "bra.uni L?;",
    "ret;",
];

/// Before the statements: registers hold something, and addresses lead somewhere.
const START: &str = "ld.param.u64 %ud0, [pointer]; mov.u64 %ud1, %ud0; mov.u64 %ud2, counter; mov.u64 %ud3, 64; mov.u32 %u0, %tid.x;
    mov.u32 %u1, 4; mov.u32 %u2, tile; shl.b32 %u3, %u0, 2; mov.s32 %s0, -1; mov.u32 %s1, %u3; mov.u32 %s2, 2; mov.u32 %s3, 0;
    mov.u32 %b0, 3; mov.u32 %b1, %laneid; mov.b32 %b2, 0f40000000; mov.u32 %b3, %u2; mov.f32 %f0, 1.5; mov.f32 %f1, -0.0;
    mov.f32 %f2, 0f7F800000; cvt.rn.f32.u32 %f3, %u0; mov.u64 %bd0, 7; mov.u64 %bd1, %ud0; mov.u64 %bd2, 0; mov.u64 %bd3, -1;
    mov.u64 %sd0, -2; mov.u64 %sd1, 4; mov.u64 %sd2, %ud0; mov.u64 %sd3, 1; setp.eq.u32 %p0, %u0, 1; setp.lt.u32 %p1|%p2, %u0, 9;
    mov.pred %p3, 0; @%p0 st.shared.v4.f32 [tile], {%f0, %f1, %f2, %f3}; bar.sync 0; st.local.u64 [stack], %ud0;";

/// Kernels with sense in every line, if not in all of them together. Each has a label for the branches.
fn programs() -> impl Strategy<Value = String> {
    let guard = prop_oneof![3 => Just(""), 1 => Just("@%p# "), 1 => Just("@!%p# ")];
    vec((guard, select(STATEMENTS), vec(any::<u8>(), 6)), 1..40).prop_map(|statements| {
        let mut body = START.to_string();
        for (at, (guard, statement, numbers)) in statements.iter().enumerate() {
            body += &format!("\nL{at}: ");
            let mut numbers = numbers.iter().map(|&number| usize::from(number));
            for c in guard.chars().chain(statement.chars()) {
                match c {
                    '#' => body += &(numbers.next().unwrap_or(0) % 4).to_string(),
                    '?' => body += &(numbers.next().unwrap_or(0) % statements.len()).to_string(),
                    c => body.push(c),
                }
            }
        }
        file(&body)
    })
}

/// A change of a text: lines, words or characters are left out, exchanged or written twice, or the rest is cut off.
fn mutate(source: &str, &(size, kind, i, j): &(u8, u8, Index, Index)) -> String {
    let word = |c: char| c.is_alphanumeric() || "%._$".contains(c);
    let mut pieces: Vec<&str> = match size {
        0 => source.split_inclusive('\n').collect(),
        1 => source.split_inclusive(|c| !word(c)).collect(),
        _ => source.split_inclusive(|_| true).collect(),
    };
    if pieces.is_empty() {
        return String::new();
    }
    let (i, j) = (i.index(pieces.len()), j.index(pieces.len()));
    match kind {
        0 => drop(pieces.remove(i)),
        1 => pieces.swap(i, j),
        2 => pieces.insert(i, pieces[j]),
        3 => pieces[i] = pieces[j],
        _ => pieces.truncate(i + pieces.len() / 2),
    }
    pieces.concat()
}

/// Words of PTX, and some that aren't.
const WORDS: &[&str] = &[
    ".version",
    "6.0",
    ".target",
    "sm_50",
    ".address_size",
    "64",
    ".visible",
    ".entry",
    ".param",
    ".reg",
    ".shared",
    ".local",
    ".global",
    ".const",
    ".extern",
    ".align",
    ".pred",
    ".b8",
    ".b32",
    ".u32",
    ".s32",
    ".f32",
    ".b64",
    ".u64",
    ".f64",
    ".v2",
    ".v4",
    ".nc",
    ".sync",
    ".lo",
    ".wide",
    ".rn",
    ".eq",
    ".and",
    "k",
    "a",
    "%a",
    "%b",
    "%p",
    "n",
    "L",
    "_",
    "%tid",
    ".x",
    "add",
    "mad",
    "mov",
    "ld",
    "st",
    "atom",
    "red",
    "setp",
    "selp",
    "cvt",
    "shfl",
    "vote",
    "bar",
    "bra",
    "ret",
    "@",
    "!",
    "%",
    "$",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ",",
    ";",
    ":",
    "|",
    "+",
    "-",
    "=",
    ".",
    "0",
    "1",
    "16",
    "4",
    "0x",
    "0f3F800000",
    "1.5",
    "1e400",
    "18446744073709551616",
    "-1",
    "//",
    "/*",
    "*/",
    "\n",
    "é",
    "\"",
    "#",
    "\u{0}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn bytes_of_any_kind_get_an_answer(bytes in vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        parse_and_run(&text, true);
        parse_and_run(&file(&text), true);
        parse_and_run(&format!("{}{text}", crate::HEADER), true);
    }

    #[test]
    fn words_in_any_order_get_an_answer(words in vec(select(WORDS), 0..60), apart in any::<bool>()) {
        let text = words.join(if apart { " " } else { "" });
        parse_and_run(&text, true);
        parse_and_run(&file(&text), true);
        parse_and_run(&format!("{}{text}", crate::HEADER), true);
    }

    #[test]
    fn a_kernel_with_changes_is_refused_or_runs(
        whole in programs(),
        changes in vec((0..3_u8, 0..5_u8, any::<Index>(), any::<Index>()), 1..4),
        sanitize in any::<bool>(),
    ) {
        for whole in [whole.as_str(), SAXPY] {
            let changed = changes.iter().fold(whole.to_string(), |text, change| mutate(&text, change));
            parse_and_run(&changed, sanitize);
        }
    }

    #[test]
    fn a_kernel_without_changes_runs(whole in programs(), sanitize in any::<bool>()) {
        prop_assert!(parse_and_run(&whole, sanitize), "{:?}", parse(&whole));
    }
}
