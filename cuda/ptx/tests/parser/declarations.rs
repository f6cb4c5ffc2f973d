//! Registers, variables, parameters, numbers.

use crate::{HEADER, is_read, kernel, module, op, register};
use ptx::ir::*;
use ptx::parse;

/// Whether a file of these declarations is read.
fn is_module(text: &str) -> bool {
    parse(&format!("{HEADER}{text}")).is_ok()
}

#[test]
fn registers_have_names_of_their_own_or_of_a_family() {
    let source = format!(
        "{HEADER} .entry k {{ .reg .pred %p; .reg .u32 a, %b<3>, $c_1, _d; .reg .s64 %w<0x2>; .reg .f32 %e<0>, %x; .reg .b32 %f0; }}"
    );
    let registers = module(&source).kernels[0].registers.clone();
    assert_eq!(registers.pred, ["%p"]);
    assert_eq!(registers.r32, ["a", "%b0", "%b1", "%b2", "$c_1", "_d", "%x", "%f0"]);
    assert_eq!(registers.r64, ["%w0", "%w1"]);
}

#[test]
fn parameters_are_laid_out_by_their_own_alignment() {
    let params = ".param .u32 a, .param .u64 b, .param .f32 c, .param .align 16 .b8 d[12], .param .s32 e, .param .b64 f, .param .align 4 .b8 g[5]";
    let kernel = module(&format!("{HEADER} .entry k({params}) {{ }}")).kernels[0].clone();
    let laid: Vec<_> = kernel.params.iter().map(|p| (p.name.as_str(), p.ty, p.offset, p.bytes)).collect();
    assert_eq!(
        laid,
        [
            ("a", Some(Type::U32), 0, 4),
            ("b", Some(Type::U64), 8, 8),
            ("c", Some(Type::F32), 16, 4),
            ("d", None, 32, 12),
            ("e", Some(Type::S32), 44, 4),
            ("f", Some(Type::B64), 48, 8),
            ("g", None, 56, 5),
        ]
    );
    assert_eq!(kernel.param_bytes, 61);
    for none in [".entry k { }", ".visible .entry k() { }"] {
        let kernel = module(&format!("{HEADER} {none}")).kernels[0].clone();
        assert_eq!((kernel.params.len(), kernel.param_bytes), (0, 0));
    }
    assert!(is_module(".entry k(.param .align 4 .b8 a[4096]) { }"));
    assert!(!is_module(".entry k(.param .align 4 .b8 a[4093], .param .u32 b) { }"));
}

#[test]
fn shared_and_local_variables_follow_each_other_aligned() {
    // In `file`: `sum` at 0, `tile` from 16 to 80; `stack` from 0 to 32.
    let kernel = kernel(
        ".shared .u64 a; .shared .align 32 .f32 b[2][3], c; { .shared .s32 d; .local .u64 x; } .local .align 256 .b8 y[1];
        mov.u32 %u0, a; mov.u32 %u0, b; mov.u32 %u0, c; mov.u32 %u0, y;",
    );
    let moved = |op| if let Op::Mov { a: Operand::Imm(address), .. } = op { Some(address) } else { None };
    assert_eq!(kernel.code.iter().filter_map(|i| moved(i.op)).collect::<Vec<_>>(), [80, 96, 128, 256]);
    assert_eq!((kernel.shared_bytes, kernel.local_bytes), (136, 257));
    // 48 KiB a block, `file`'s 80 bytes among them.
    assert!(is_read(".shared .align 4 .b8 more[49072];") && !is_read(".shared .align 4 .b8 more[49073];"));
    assert!(is_read(".local .f32 more[131064];") && !is_read(".local .f32 more[131065];"));
}

#[test]
fn variables_of_the_module_hold_their_first_values_and_zeros() {
    let source = "
        .const .f32 half = 0.5, pair[2] = {1.0, 0fBF800000};
        .global .align 8 .b8 bytes[6] = {1, 255, -128};
        .visible .global .u64 wide[2] = {0xFFFFFFFFFFFFFFFF, 2};
        .const .s32 down[3] = {-1};
        .global .b32 bits = 0fFF800000, grid[2][3];
        .const .u32 one[1] = {7};";
    let source = format!("{HEADER}{source}");
    let variables = module(&source).variables;
    let got: Vec<_> = variables.iter().map(|v| (v.name.as_str(), v.space, v.bytes.as_slice())).collect();
    let (c, g) = (Space::Const, Space::Global);
    let expected: [(&str, Space, &[u8]); 8] = [
        ("half", c, &[0, 0, 0, 0x3f]),
        ("pair", c, &[0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf]),
        ("bytes", g, &[1, 255, 128, 0, 0, 0, 0, 0]),
        ("wide", g, &[255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0, 0, 0]),
        ("down", c, &[255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("bits", g, &[0, 0, 0x80, 0xff]),
        ("grid", g, &[0; 24]),
        ("one", c, &[7, 0, 0, 0]),
    ];
    assert_eq!(got, expected);
}

#[test]
fn a_module_has_room_for_so_many_bytes() {
    assert!(is_module(".const .f32 a[16384];") && !is_module(".const .f32 a[16384], b;"));
    assert!(is_module(".const .f32 a; .const .align 256 .b8 b[65280];"));
    assert!(!is_module(".const .f32 a; .const .align 256 .b8 b[65281];"));
    assert!(is_module(".global .f32 a[4194304];") && !is_module(".global .f32 a[4194304]; .global .f32 b;"));
    assert!(!is_module(".global .f32 a[18446744073709551615][18446744073709551615];"));
}

#[test]
fn a_module_has_room_for_so_many_registers() {
    assert!(is_module(".entry k { .reg .b32 %a<65535>; .reg .b64 %b<65535>; .reg .pred %c<65535>; }"));
    assert!(!is_module(".entry k { .reg .b32 %a<65535>; .reg .f32 %b; }"));
    let kernel = |name| format!(".entry {name} {{ .reg .b32 %a<65535>; .reg .b64 %b<65535>; }} ");
    assert!(is_module(&(kernel("k") + &kernel("l"))));
    assert!(!is_module(&(kernel("k") + &kernel("l") + &kernel("m"))));
}

#[test]
fn whole_numbers_are_written_in_many_ways() {
    let value = |ty: Type, text: &str| match op(&format!("mov.{} {}, {text};", ty.name(), register(ty, 0).0)) {
        Op::Mov { a: Operand::Imm(bits), .. } => bits,
        other => panic!("{other:?}"),
    };
    for (text, expected) in [
        ("0", 0),
        ("12", 12),
        ("12U", 12),
        ("0x1F", 31),
        ("0X1fU", 31),
        ("017", 15),
        ("0b101", 5),
        ("0B11U", 3),
        ("4294967295", 0xffff_ffff),
        ("-1", 0xffff_ffff),
        ("-2147483648", 0x8000_0000),
        ("- 0x10", 0xffff_fff0),
    ] {
        for ty in [Type::U32, Type::S32, Type::B32] {
            assert_eq!(value(ty, text), expected, "{ty:?} {text}");
        }
    }
    for ty in [Type::U64, Type::S64, Type::B64] {
        assert_eq!(value(ty, "18446744073709551615"), u64::MAX);
        assert_eq!(value(ty, "-9223372036854775808"), 1 << 63);
        assert_eq!(value(ty, "-1"), u64::MAX);
        assert_eq!(value(ty, "4294967296"), 1 << 32);
    }
    for wrong in [
        "4294967296",
        "-2147483649",
        "0x",
        "08",
        "0b2",
        "1u",
        "0b",
        "12UU",
        "1_000",
        "0x1G",
        "1.0.0",
        "0d3FF0000000000000",
    ] {
        assert!(!is_read(&format!("mov.u32 %u0, {wrong};")), "{wrong}");
    }
    assert!(!is_read("mov.u64 %ud0, 18446744073709551616;") && !is_read("mov.s64 %sd0, -9223372036854775809;"));
    // The shortest operand is 32 bits wide: a shift of 64 bits by 32.
    assert!(is_read("shl.b64 %bd0, %bd1, 32;") && !is_read("shl.b64 %bd0, %bd1, 4294967296;"));
}

#[test]
fn floats_are_decimal_or_bits() {
    let value = |text: &str| match op(&format!("mov.f32 %f0, {text};")) {
        Op::Mov { a: Operand::Imm(bits), .. } => bits,
        other => panic!("{other:?}"),
    };
    for (text, expected) in [
        ("1.5", 1.5_f32),
        ("-1.5", -1.5),
        ("1.", 1.0),
        (".25", 0.25),
        ("1e3", 1000.0),
        ("1E+2", 100.0),
        ("25.e-2", 0.25),
        ("-0.0", -0.0),
        ("0.1", 0.1),
        ("1e-60", 0.0),
        ("3.4028235e38", f32::MAX),
        ("0f3F800000", 1.0),
        ("0F3f800000", 1.0),
        ("0fFF800000", f32::NEG_INFINITY),
    ] {
        assert_eq!(value(text), u64::from(expected.to_bits()), "{text}");
    }
    assert_eq!(value("0f7FC00001"), 0x7fc0_0001);
    for wrong in ["1", "-1", "1e39", "0f3F8000", "0f3F8000000", "1e", "1.5f", "e5", "-0f3F800000"] {
        assert!(!is_read(&format!("mov.f32 %f0, {wrong};")), "{wrong}");
    }
    // Bits of a float may be moved as bits, and as nothing else.
    assert_eq!(op("mov.b32 %b0, 0f3F800000;"), Op::Mov { ty: Type::B32, d: 0, a: Operand::Imm(0x3f80_0000) });
    assert!(
        !is_read("mov.u32 %u0, 0f3F800000;") && !is_read("mov.b64 %bd0, 0f3F800000;") && !is_read("mov.b32 %b0, 1.5;")
    );
}

#[test]
fn constants_of_predicates_are_moved() {
    assert_eq!(op("mov.pred %p1, 1;"), Op::Mov { ty: Type::Pred, d: 1, a: Operand::Imm(1) });
    assert_eq!(op("mov.pred %p1, 0;"), Op::Mov { ty: Type::Pred, d: 1, a: Operand::Imm(0) });
    assert!(!is_read("mov.pred %p1, 2;") && !is_read("mov.pred %p1, -1;") && !is_read("and.pred %p1, %p0, 1;"));
}

#[test]
fn scopes_nest_so_deep_and_no_deeper() {
    let nested = |depth: usize| format!("{}ret;{}", "{".repeat(depth), "}".repeat(depth));
    assert!(is_read(&nested(63)) && !is_read(&nested(64)));
}
