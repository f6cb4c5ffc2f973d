//! Loads, stores, atomics: values, vectors, addresses.

use crate::{TYPES, is_read, op, register};
use ptx::ir::Type::*;
use ptx::ir::*;

/// The first of four registers, and how many are meant.
fn vector<T: Copy>(items: &[T], unused: T) -> Vector<T> {
    let mut all = [unused; 4];
    all[..items.len()].copy_from_slice(items);
    Vector { items: all, len: items.len() as u8 }
}

/// The address of a one-word load from this space.
fn address(space: &str, written: &str) -> Address {
    match op(&format!("ld.{space}.u32 %u0, {written};")) {
        Op::Ld { address, .. } => address,
        other => panic!("{other:?}"),
    }
}

#[test]
fn loads_and_stores_of_every_type_and_width() {
    let spaces =
        [("global", Space::Global), ("shared", Space::Shared), ("local", Space::Local), ("const", Space::Const)];
    let from = Address { base: Base::Reg64(5), offset: 16 };
    for ty in TYPES {
        for (width, len) in [("", 1), (".v2", 2), (".v4", 4)] {
            let (names, numbers): (Vec<_>, Vec<_>) = (0..len).map(|i| register(ty, i)).unzip();
            let names = if len == 1 { names[0].clone() } else { format!("{{{}}}", names.join(", ")) };
            let whole = ty != Pred && usize::from(len) * ty.bytes() <= 16;
            for (name, space) in spaces {
                let line = format!("ld.{name}{width}.{} {names}, [%ud1+16];", ty.name());
                let loaded = Op::Ld { space, nc: false, ty, d: vector(&numbers, 0), address: from };
                assert!(if whole { op(&line) == loaded } else { !is_read(&line) }, "{line}");

                let line = format!("st.{name}{width}.{} [%ud1+16], {names};", ty.name());
                let operands: Vec<_> = numbers.iter().map(|&reg| Operand::Reg(reg)).collect();
                let stored = Op::St { space, ty, a: vector(&operands, Operand::Imm(0)), address: from };
                assert!(if whole && space != Space::Const { op(&line) == stored } else { !is_read(&line) }, "{line}");
            }
            let line = format!("ld.global.nc{width}.{} {names}, [%ud1+16];", ty.name());
            let loaded = Op::Ld { space: Space::Global, nc: true, ty, d: vector(&numbers, 0), address: from };
            assert!(if whole { op(&line) == loaded } else { !is_read(&line) }, "{line}");
        }
    }
}

#[test]
fn parameters_are_read_as_they_are_declared() {
    let load = |line: &str| match op(line) {
        Op::Ld { space: Space::Param, nc: false, ty, d, address } => (ty, d.items[0], address.base, address.offset),
        other => panic!("{other:?}"),
    };
    assert_eq!(load("ld.param.u64 %ud1, [pointer];"), (U64, 5, Base::Space, 0));
    assert_eq!(load("ld.param.b64 %sd1, [pointer];"), (B64, 9, Base::Space, 0));
    assert_eq!(load("ld.param.u32 %u1, [n];"), (U32, 5, Base::Space, 8));
    assert_eq!(load("ld.param.s32 %u1, [n];"), (S32, 5, Base::Space, 8));
    assert_eq!(load("ld.param.f32 %f1, [scale];"), (F32, 13, Base::Space, 12));
    // A struct, member by member.
    assert_eq!(load("ld.param.f32 %f1, [block];"), (F32, 13, Base::Space, 16));
    assert_eq!(load("ld.param.u64 %ud1, [block+8];"), (U64, 5, Base::Space, 24));
    assert_eq!(load("ld.param.v2.f32 {%f1, %f2}, [block+16];"), (F32, 13, Base::Space, 32));
    for wrong in ["f32 %f1, [n]", "u32 %u1, [scale]", "u64 %ud1, [block+20]", "u64 %ud1, [block+4]", "u32 %u1, [n+4]"] {
        assert!(!is_read(&format!("ld.param.{wrong};")), "{wrong}");
    }
}

#[test]
fn an_address_is_a_register_or_a_variable_and_perhaps_an_offset() {
    for (written, base, offset) in [
        ("[%ud1]", Base::Reg64(5), 0),
        ("[%bd1+4]", Base::Reg64(1), 4),
        ("[ %sd1 + -8 ]", Base::Reg64(9), -8),
        ("[%ud1+0x10]", Base::Reg64(5), 16),
        ("[%ud1+2147483647]", Base::Reg64(5), 2_147_483_647),
        ("[%ud1+-2147483648]", Base::Reg64(5), -2_147_483_648),
        ("[counter]", Base::Symbol(1), 0),
        ("[counter+0]", Base::Symbol(1), 0),
    ] {
        assert_eq!(address("global", written), Address { base, offset }, "{written}");
    }
    assert_eq!(address("const", "[table+28]"), Address { base: Base::Symbol(0), offset: 28 });
    assert_eq!(address("local", "[stack+28]"), Address { base: Base::Space, offset: 28 });
    assert_eq!(address("local", "[%u1+4]"), Address { base: Base::Reg32(5), offset: 4 });
    assert_eq!(address("shared", "[%b1+-4]"), Address { base: Base::Reg32(1), offset: -4 });
    // `sum` has 4 bytes, `tile` is aligned to 16, and dynamic memory begins behind its 64 bytes.
    assert_eq!(address("shared", "[sum]"), Address { base: Base::Space, offset: 0 });
    assert_eq!(address("shared", "[tile+60]"), Address { base: Base::Space, offset: 76 });
    assert_eq!(address("shared", "[dynamic]"), Address { base: Base::Space, offset: 80 });
    assert_eq!(address("shared", "[dynamic+1024]"), Address { base: Base::Space, offset: 1104 });
}

#[test]
fn the_address_of_a_variable_is_a_number_or_known_when_the_module_is_loaded() {
    let moved = |line: &str| match op(line) {
        Op::Mov { a, .. } => a,
        other => panic!("{other:?}"),
    };
    assert_eq!(moved("mov.u32 %u0, sum;"), Operand::Imm(0));
    assert_eq!(moved("mov.u32 %u0, tile;"), Operand::Imm(16));
    assert_eq!(moved("mov.u32 %u0, tile+64;"), Operand::Imm(80));
    assert_eq!(moved("mov.b64 %bd0, tile+8;"), Operand::Imm(24));
    assert_eq!(moved("mov.s32 %s0, stack;"), Operand::Imm(0));
    assert_eq!(moved("mov.u32 %u0, dynamic;"), Operand::Imm(80));
    assert_eq!(moved("mov.u64 %ud0, dynamic+4;"), Operand::Imm(84));
    assert_eq!(moved("mov.u64 %ud0, table;"), Operand::Symbol(0));
    assert_eq!(moved("mov.u64 %ud0, counter;"), Operand::Symbol(1));
}

#[test]
fn all_of_a_kernel_s_dynamic_addresses_lie_behind_its_variables() {
    // `late` is declared after the first use.
    let kernel = crate::kernel(
        "ld.shared.f32 %f0, [dynamic]; .shared .f32 late[3]; st.shared.f32 [dynamic+4], %f0; red.shared.add.f32 [dynamic+8], %f0;",
    );
    assert_eq!(kernel.shared_bytes, 92);
    let offset = |op| match op {
        Op::Ld { address, .. } | Op::St { address, .. } | Op::Atom { address, .. } => Some(address.offset),
        _ => None,
    };
    assert_eq!(kernel.code.iter().filter_map(|i| offset(i.op)).collect::<Vec<_>>(), [96, 100, 104]);
}

#[test]
fn an_underscore_takes_what_nobody_wants() {
    let kernel = crate::kernel(
        "ld.global.v4.f32 {_, %f1, _, %f2}, [%ud0]; ld.global.v2.u32 {%u1, _}, [%ud0]; ld.global.v2.u64 {_, %ud1}, [%ud0];",
    );
    let loaded =
        kernel.code.iter().filter_map(|i| if let Op::Ld { d, .. } = i.op { Some(d.as_slice().to_vec()) } else { None });
    assert_eq!(loaded.collect::<Vec<_>>(), [vec![16, 13, 16, 14], vec![5, 16], vec![12, 5]]);
    assert_eq!((kernel.registers.r32[16].as_str(), kernel.registers.r64[12].as_str()), ("_", "_"));
}

#[test]
fn vectors_hold_floats_or_whole_numbers() {
    // ptxas is particular about vectors of bits.
    for (items, alike) in
        [("%f0, %f1", true), ("%u0, %s1", true), ("%b0, %f1", true), ("%b0, %u1", true), ("%f0, %u1", false)]
    {
        assert_eq!(is_read(&format!("ld.global.v2.b32 {{{items}}}, [%ud0];")), alike, "{items}");
        assert_eq!(is_read(&format!("st.global.v2.b32 [%ud0], {{{items}}};")), alike, "{items}");
    }
    assert!(is_read("st.global.v4.b32 [%ud0], {1, %u0, 2, %b0};"));
    assert!(!is_read("st.global.v4.b32 [%ud0], {1, %u0, 0f3F800000, %b0};"));
}

#[test]
fn atomics() {
    let ops: [(&str, AtomOp, &[Type]); 8] = [
        ("add", AtomOp::Add, &[U32, S32, F32]),
        ("min", AtomOp::Min, &[U32, S32]),
        ("max", AtomOp::Max, &[U32, S32]),
        ("and", AtomOp::And, &[B32]),
        ("or", AtomOp::Or, &[B32]),
        ("xor", AtomOp::Xor, &[B32]),
        ("exch", AtomOp::Exch, &[B32]),
        ("cas", AtomOp::Cas, &[B32]),
    ];
    let address = Address { base: Base::Reg64(5), offset: 4 };
    for (name, op, types) in ops {
        for ty in TYPES {
            let [(d, d_reg), (a, a_reg), (b, b_reg)] = [1, 2, 3].map(|i| register(ty, i));
            let swap = op == AtomOp::Cas;
            let values = if swap { format!("{a}, {b}") } else { a };
            let (a, b) = (Operand::Reg(a_reg), if swap { Operand::Reg(b_reg) } else { Operand::Imm(0) });
            for (space_name, space) in [("global", Space::Global), ("shared", Space::Shared)] {
                for (d, result) in [(d.as_str(), Some(d_reg)), ("_", None)] {
                    let line = format!("atom.{space_name}.{name}.{} {d}, [%ud1+4], {values};", ty.name());
                    let expected = Op::Atom { space, op, ty, d: result, address, a, b };
                    assert!(if types.contains(&ty) { crate::op(&line) == expected } else { !is_read(&line) }, "{line}");
                }
                let line = format!("red.{space_name}.{name}.{} [%ud1+4], {values};", ty.name());
                let is_red = types.contains(&ty) && !matches!(op, AtomOp::Exch | AtomOp::Cas);
                let expected = Op::Atom { space, op, ty, d: None, address, a, b };
                assert!(if is_red { crate::op(&line) == expected } else { !is_read(&line) }, "{line}");
            }
        }
    }
    for space in ["local", "const", "param"] {
        assert!(
            !is_read(&format!("atom.{space}.add.u32 %u0, [%ud1], 1;"))
                && !is_read(&format!("red.{space}.add.u32 [%ud1], 1;"))
        );
    }
}
