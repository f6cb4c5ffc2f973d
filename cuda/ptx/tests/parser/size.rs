//! Files of about a megabyte, made to be slow to read: an algorithm that isn't nearly linear takes minutes here, or all memory.

use crate::{HEADER, file, kernel};
use ptx::ir::Op;
use ptx::parse;

/// `text(0)`, `text(1)`, ... up to about a megabyte.
fn many(text: impl Fn(usize) -> String) -> String {
    let mut all = String::new();
    for i in 0.. {
        all += &text(i);
        if all.len() > 1_000_000 {
            break;
        }
    }
    all
}

#[test]
fn branches_that_meet_far_away() {
    // All but the last meet at Z, and each is a long way from its own target.
    let body = format!("{} @%p0 bra Z; A: {} Z:", "@%p0 bra A;".repeat(50_000), "membar.gl;".repeat(50_000));
    let kernel = kernel(&body);
    let Op::Bra { join, .. } = kernel.code[0].op else { panic!("a branch") };
    assert_eq!(join, Some(100_001));
}

#[test]
fn loops_in_loops_in_loops() {
    let n = 40_000;
    let starts = many(|i| if i < n { format!("L{i}: membar.gl;") } else { " ".repeat(1000) });
    let ends: String = (0..n).rev().map(|i| format!("@%p0 bra L{i};")).collect();
    assert_eq!(kernel(&(starts + &ends)).code.len(), 2 * n + 1);
    // Ones that are no loops in loops, but a tangle.
    kernel(&many(|i| format!("L{i}: @%p0 bra L{}; bra L{};", i / 2, i.saturating_sub(7))));
    kernel(&(0..40_000).map(|i| format!("L{i}: @%p0 bra L{};", i * 7919 % 40_000)).collect::<String>());
    // Ones that never end.
    kernel(&many(|i| format!("L{i}: bra L{i};")));
}

#[test]
fn many_scopes_names_and_labels() {
    kernel(&many(|_| "{}".into()));
    kernel(&format!("{}{}{}E:", "{".repeat(60), many(|_| "add.u32 %u0, %u1, %u2; bra E;".into()), "}".repeat(60)));
    kernel(&many(|i| format!("L{i}:")));
    kernel(&(0..60_000).map(|i| format!(".reg .pred p{i};")).collect::<String>());
}

#[test]
fn many_variables_and_kernels() {
    let read = |text: String| parse(&format!("{HEADER}{text}")).map(|_| ()).map_err(|error| error.problem);
    assert_eq!(read(many(|i| format!(".entry k{i}{{}}"))), Ok(()));
    assert_eq!(read((0..65_536).map(|i| format!(".global .u32 v{i};")).collect()), Ok(()));
    assert_eq!(read(format!(".global .u32 v[400000]={{{}1}};", "1,".repeat(399_999))), Ok(()));
    assert_eq!(read(format!(".global .u32 v{};", "[1]".repeat(300_000))), Ok(()));
    let full = read((0..65_537).map(|i| format!(".global .u32 v{i};")).collect());
    assert_eq!(full, Err("a module can have 65536 variables".into()));
    // Few words, and many registers.
    let full = read(many(|i| format!(".entry k{i}{{.reg .b32 a<65535>;.reg .b64 b<65535>;}}")));
    assert_eq!(full, Err("all kernels of a module can have 262144 registers together".into()));
}

#[test]
fn long_words_lists_and_comments() {
    for body in [
        format!("add{} %u0, %u1, %u2;", ".u32".repeat(250_000)),
        format!("add.u32 %u0{};", ", %u1".repeat(200_000)),
        format!("ld.global.v2.u32 {{%u0{}}}, [%ud0];", ", %u1".repeat(200_000)),
        format!("mov.u32 %u0, {};", "1".repeat(1_000_000)),
        format!("mov.f32 %f0, 0.{};", "1".repeat(1_000_000)),
        "-".repeat(1_000_000),
    ] {
        assert!(parse(&file(&body)).is_err_and(|error| error.problem.len() < 1000));
    }
    assert_eq!(kernel(&format!("/*{}*/ ret;", "* /".repeat(300_000))).code.len(), 2);
    assert_eq!(kernel(&format!("add.u32 %u0, {} %u1, 2;", "// \n".repeat(250_000))).text[0], "add.u32 %u0, %u1, 2");
}
