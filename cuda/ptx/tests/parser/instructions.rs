//! What each instruction becomes, and with which types and operands.

use crate::{TYPES, is_read, op, register};
use ptx::ir::Type::*;
use ptx::ir::*;

const INTS: &[Type] = &[U32, S32, U64, S64];
const BITS: &[Type] = &[B32, B64];
const LOGIC: &[Type] = &[Pred, B32, B64];
const WORDS: &[Type] = &[B32, U32, S32, F32, B64, U64, S64];

/// For each type: `stem.type` with a register of each of these types (`None`: the instruction's own) becomes what
/// `expected` makes of the type and the registers, if it is one of `types`, and else is refused.
fn check(stem: &str, types: &[Type], operands: &[Option<Type>], expected: impl Fn(Type, &[Reg]) -> Op) {
    for ty in TYPES {
        let registers = (0..).zip(operands).map(|(i, operand)| register(operand.unwrap_or(ty), i));
        let (names, numbers): (Vec<_>, Vec<_>) = registers.unzip();
        let line = format!("{stem}.{} {};", ty.name(), names.join(", "));
        match types.contains(&ty) {
            true => assert_eq!(op(&line), expected(ty, &numbers), "{line}"),
            false => assert!(!is_read(&line), "{line}"),
        }
    }
}

fn r(reg: Reg) -> Operand {
    Operand::Reg(reg)
}

#[test]
fn of_one_value() {
    use UnaryOp::*;
    let same = [
        ("not", Not, LOGIC),
        ("brev", Brev, BITS),
        ("neg", Neg, &[S32, S64, F32]),
        ("abs", Abs, &[S32, S64, F32]),
        ("rcp.rn", Rcp, &[F32]),
        ("sqrt.rn", Sqrt, &[F32]),
        ("rcp.approx", RcpApprox, &[F32]),
        ("sqrt.approx", SqrtApprox, &[F32]),
        ("rsqrt.approx", RsqrtApprox, &[F32]),
        ("ex2.approx", Ex2Approx, &[F32]),
        ("lg2.approx", Lg2Approx, &[F32]),
    ];
    for (stem, op, types) in same {
        check(stem, types, &[None; 2], |ty, d| Op::Unary { op, ty, d: d[0], a: r(d[1]) });
    }
    for (stem, op) in [("popc", Popc), ("clz", Clz)] {
        check(stem, BITS, &[Some(U32), None], |ty, d| Op::Unary { op, ty, d: d[0], a: r(d[1]) });
    }
    check("mov", &TYPES, &[None; 2], |ty, d| Op::Mov { ty, d: d[0], a: r(d[1]) });
    check("cvta.to.global", &[U64], &[None; 2], |ty, d| Op::Mov { ty, d: d[0], a: r(d[1]) });
}

#[test]
fn of_two_values() {
    use BinaryOp::*;
    let same = [
        ("add", Add, INTS),
        ("sub", Sub, INTS),
        ("mul.lo", Mul, INTS),
        ("mul.hi", MulHi, INTS),
        ("div", Div, INTS),
        ("rem", Rem, INTS),
        ("min", Min, &[U32, S32, U64, S64, F32]),
        ("max", Max, &[U32, S32, U64, S64, F32]),
        ("and", And, LOGIC),
        ("or", Or, LOGIC),
        ("xor", Xor, LOGIC),
        ("add.rn", Add, &[F32]),
        ("sub.rn", Sub, &[F32]),
        ("mul.rn", Mul, &[F32]),
        ("div.rn", Div, &[F32]),
        ("div.approx", DivApprox, &[F32]),
        ("div.full", DivApprox, &[F32]),
    ];
    for (stem, op, types) in same {
        check(stem, types, &[None; 3], |ty, d| Op::Binary { op, ty, d: d[0], a: r(d[1]), b: r(d[2]) });
    }
    let binary = |op| move |ty, d: &[Reg]| Op::Binary { op, ty, d: d[0], a: r(d[1]), b: r(d[2]) };
    check("shl", BITS, &[None, None, Some(U32)], binary(Shl));
    check("shr", &[B32, U32, S32, B64, U64, S64], &[None, None, Some(U32)], binary(Shr));
    check("mul.wide", &[U32, S32], &[Some(U64), None, None], binary(MulWide));
}

#[test]
fn of_three_values() {
    use TernaryOp::*;
    let ternary = |op| move |ty, d: &[Reg]| Op::Ternary { op, ty, d: d[0], a: r(d[1]), b: r(d[2]), c: r(d[3]) };
    check("mad.lo", INTS, &[None; 4], ternary(Mad));
    check("fma.rn", &[F32], &[None; 4], ternary(Fma));
    check("mad.wide", &[U32, S32], &[Some(S64), None, None, Some(S64)], ternary(MadWide));
    let selp = |ty, d: &[Reg]| Op::Selp { ty, d: d[0], a: r(d[1]), b: r(d[2]), p: d[3] };
    check("selp", WORDS, &[None, None, None, Some(Pred)], selp);
}

#[test]
fn registers_fit_by_width_and_kind() {
    // Bits fit everywhere; whole numbers of either sign fit for each other; floats and whole numbers don't.
    let kinds = [[B32, U32, S32, F32], [B64, U64, S64, B64]];
    let fits = |register: Type, wanted: Type| {
        let bits = |ty| ty == B32 || ty == B64;
        let width = kinds.iter().any(|kind| kind.contains(&register) && kind.contains(&wanted));
        register == wanted || width && (bits(register) || bits(wanted) || (register != F32 && wanted != F32))
    };
    for wanted in TYPES {
        let (other, _) = register(wanted, 3);
        for held in TYPES {
            let (name, _) = register(held, 1);
            for line in [format!("{name}, {other}"), format!("{other}, {name}")] {
                assert_eq!(is_read(&format!("mov.{} {line};", wanted.name())), fits(held, wanted), "{wanted:?} {line}");
            }
        }
    }
}

#[test]
fn special_registers_are_read_by_mov() {
    let mut all = vec![("%laneid".to_string(), Special::LaneId), ("%warpid".into(), Special::WarpId)];
    for (axis, i) in [(".x", 0), (".y", 1), (".z", 2)] {
        let specials = [Special::Tid(i), Special::Ntid(i), Special::Ctaid(i), Special::Nctaid(i)];
        let names = ["%tid", "%ntid", "%ctaid", "%nctaid"].map(|name| format!("{name}{axis}"));
        all.extend(names.into_iter().zip(specials));
    }
    for (name, special) in all {
        for ty in TYPES {
            let (to, d) = register(ty, 2);
            let line = format!("mov.{} {to}, {name};", ty.name());
            match ty {
                B32 | U32 | S32 => assert_eq!(op(&line), Op::Special { d, special }),
                _ => assert!(!is_read(&line), "{line}"),
            }
        }
        assert!(!is_read(&format!("add.u32 %u0, %u0, {name};")));
    }
}

#[test]
fn comparisons() {
    let any = [("eq", Compare::Eq), ("ne", Compare::Ne)];
    let ordered = [("lt", Compare::Lt), ("le", Compare::Le), ("gt", Compare::Gt), ("ge", Compare::Ge)];
    let unsigned = [("lo", Compare::Lt), ("ls", Compare::Le), ("hi", Compare::Gt), ("hs", Compare::Ge)];
    let floats = [
        ("equ", Compare::Equ),
        ("neu", Compare::Neu),
        ("ltu", Compare::Ltu),
        ("leu", Compare::Leu),
        ("gtu", Compare::Gtu),
        ("geu", Compare::Geu),
        ("num", Compare::Num),
        ("nan", Compare::Nan),
    ];
    let groups: [(&[_], &[Type]); 4] =
        [(&any, WORDS), (&ordered, &[U32, S32, F32, U64, S64]), (&unsigned, &[U32, U64]), (&floats, &[F32])];
    for (names, types) in groups {
        for &(name, cmp) in names {
            let setp = |ty, d: &[Reg]| Op::Setp { cmp, ty, d: d[0], q: None, a: r(d[1]), b: r(d[2]), c: None };
            check(&format!("setp.{name}"), types, &[Some(Pred), None, None], setp);
        }
    }
}

#[test]
fn comparisons_have_two_results_and_a_third_operand() {
    let (cmp, ty, a, b) = (Compare::Lt, S32, r(9), Operand::Imm(5));
    for (name, bool_op) in [("and", BoolOp::And), ("or", BoolOp::Or), ("xor", BoolOp::Xor)] {
        for (guard, negated) in [("%p3", false), ("!%p3", true)] {
            let c = Some((bool_op, Guard { reg: 3, negated }));
            let line = |results| op(&format!("setp.lt.{name}.s32 {results}, %s1, 5, {guard};"));
            assert_eq!(line("%p1"), Op::Setp { cmp, ty, d: 1, q: None, a, b, c });
            assert_eq!(line("%p1|%p2"), Op::Setp { cmp, ty, d: 1, q: Some(2), a, b, c });
        }
    }
    assert_eq!(op("setp.lt.s32 %p2 | %p1, %s1, 5;"), Op::Setp { cmp, ty, d: 2, q: Some(1), a, b, c: None });
    assert_eq!(op("setp.lt.s32 %p2|_, %s1, 5;"), Op::Setp { cmp, ty, d: 2, q: None, a, b, c: None });
}

#[test]
fn conversions() {
    let ways = ["", ".rn", ".rni", ".rzi", ".rmi", ".rpi", ".rz", ".sat"];
    for to in TYPES {
        for from in TYPES {
            let ((d_name, d), (a_name, a)) = (register(to, 1), register(from, 2));
            for way in ways {
                let line = format!("cvt{way}.{}.{} {d_name}, {a_name};", to.name(), from.name());
                let numbers = ![to, from].iter().any(|ty| matches!(ty, Pred | B32 | B64));
                let rounding = match (to == F32, from == F32, way) {
                    (false, false, "") => Rounding::None,
                    (true, false, ".rn") => Rounding::Nearest,
                    (false, true, ".rni") => Rounding::NearestInt,
                    (false, true, ".rzi") => Rounding::Zero,
                    (false, true, ".rmi") => Rounding::Down,
                    (false, true, ".rpi") => Rounding::Up,
                    _ => {
                        assert!(!is_read(&line), "{line}");
                        continue;
                    }
                };
                match numbers {
                    true => assert_eq!(op(&line), Op::Cvt { to, from, rounding, d, a: r(a) }, "{line}"),
                    false => assert!(!is_read(&line), "{line}"),
                }
            }
        }
    }
}

#[test]
fn what_lanes_tell_each_other() {
    let modes = [("up", ShflMode::Up), ("down", ShflMode::Down), ("bfly", ShflMode::Bfly), ("idx", ShflMode::Idx)];
    for (name, mode) in modes {
        let line = format!("shfl.sync.{name}.b32 %f1, %u1, %s2, 31, 0xffffffff;");
        let (c, mask) = (Operand::Imm(31), Operand::Imm(0xffff_ffff));
        assert_eq!(op(&line), Op::Shfl { mode, d: 13, p: None, a: r(5), b: r(10), c, mask });
        let line = format!("shfl.sync.{name}.b32 %b1|%p2, 7, 1, %b2, %b3;");
        let (a, b) = (Operand::Imm(7), Operand::Imm(1));
        assert_eq!(op(&line), Op::Shfl { mode, d: 1, p: Some(2), a, b, c: r(2), mask: r(3) });
        let line = format!("shfl.sync.{name}.b32 %b1|_, 7, 1, %b2, %b3;");
        assert_eq!(op(&line), Op::Shfl { mode, d: 1, p: None, a, b, c: r(2), mask: r(3) });
    }
    for (name, mode) in [("any", VoteMode::Any), ("all", VoteMode::All), ("uni", VoteMode::Uni)] {
        let a = Guard { reg: 2, negated: true };
        assert_eq!(op(&format!("vote.sync.{name}.pred %p1, !%p2, %b3;")), Op::Vote { mode, d: 1, a, mask: r(3) });
    }
    let (a, mask) = (Guard { reg: 2, negated: false }, Operand::Imm(3));
    assert_eq!(op("vote.sync.ballot.b32 %u1, %p2, 3;"), Op::Vote { mode: VoteMode::Ballot, d: 5, a, mask });
}

#[test]
fn barriers_branches_and_returns() {
    for (line, expected) in [
        ("bar.sync 0;", Op::Bar),
        ("membar.gl;", Op::Membar),
        ("membar.cta;", Op::Membar),
        ("ret;", Op::Ret),
        ("exit;", Op::Ret),
        ("bra A; A:", Op::Bra { target: 1, join: None, uniform: false }),
        ("bra.uni A; A:", Op::Bra { target: 1, join: None, uniform: true }),
        ("@%p0 bra.uni A; A:", Op::Bra { target: 1, join: Some(1), uniform: true }),
    ] {
        assert_eq!(op(line), expected, "{line}");
    }
}
