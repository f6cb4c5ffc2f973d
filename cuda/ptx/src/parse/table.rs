//! The instructions of the subset.

use super::Result;
use super::body::Body;
use super::operand::Operands;
use super::{control, memory, predicate};
use crate::ir::{BinaryOp as B, Op, TernaryOp as T, Type, Type::*, UnaryOp as U};

/// What the operands of an instruction are; `d` is the destination, and all of the instruction's type unless it says
/// otherwise.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// `d, a`, where a may be the address of a variable or a special register.
    Mov,
    /// `d, a`, where a is a register.
    Cvta,
    /// `d, a`.
    Unary(U),
    /// `d, a`, where d has 32 bits.
    Count(U),
    /// `d, a, b`.
    Binary(B),
    /// `d, a, b`, where b has 32 bits.
    Shift(B),
    /// `d, a, b`, where d has 64 bits.
    Wide(B),
    /// `d, a, b, c`.
    Ternary(T),
    /// `d, a, b, c`, where d and c have 64 bits.
    WideTernary(T),
    /// `d, a, b, p`, where p is a predicate.
    Selp,
}

/// Instructions that are written as a name and a type.
pub(super) struct Form {
    pub name: &'static str,
    pub types: &'static [Type],
    pub shape: Shape,
}

const fn form(name: &'static str, types: &'static [Type], shape: Shape) -> Form {
    Form { name, types, shape }
}

const INTS: &[Type] = &[U32, S32, U64, S64];
const NARROW: &[Type] = &[U32, S32];
const SIGNED: &[Type] = &[S32, S64];
const FLOAT: &[Type] = &[F32];
const BITS: &[Type] = &[B32, B64];
const LOGIC: &[Type] = &[Pred, B32, B64];
const WORDS: &[Type] = &[B32, U32, S32, F32, B64, U64, S64];
const ALL: &[Type] = &[Pred, B32, U32, S32, F32, B64, U64, S64];

/// All instructions that are written as a name and a type.
pub(super) const FORMS: &[Form] = &[
    form("mov", ALL, Shape::Mov),
    form("cvta.to.global", &[U64], Shape::Cvta),
    form("selp", WORDS, Shape::Selp),
    // ANCHOR: forms
    // Whole numbers.
    form("add", INTS, Shape::Binary(B::Add)),
    form("sub", INTS, Shape::Binary(B::Sub)),
    form("mul.lo", INTS, Shape::Binary(B::Mul)),
    form("mul.hi", INTS, Shape::Binary(B::MulHi)),
    form("mul.wide", NARROW, Shape::Wide(B::MulWide)),
    form("mad.lo", INTS, Shape::Ternary(T::Mad)),
    form("mad.wide", NARROW, Shape::WideTernary(T::MadWide)),
    form("div", INTS, Shape::Binary(B::Div)),
    form("rem", INTS, Shape::Binary(B::Rem)),
    form("min", INTS, Shape::Binary(B::Min)),
    form("max", INTS, Shape::Binary(B::Max)),
    form("neg", SIGNED, Shape::Unary(U::Neg)),
    form("abs", SIGNED, Shape::Unary(U::Abs)),
    // ANCHOR_END: forms
    // Bits.
    form("and", LOGIC, Shape::Binary(B::And)),
    form("or", LOGIC, Shape::Binary(B::Or)),
    form("xor", LOGIC, Shape::Binary(B::Xor)),
    form("not", LOGIC, Shape::Unary(U::Not)),
    form("shl", BITS, Shape::Shift(B::Shl)),
    form("shr", &[B32, U32, S32, B64, U64, S64], Shape::Shift(B::Shr)),
    form("popc", BITS, Shape::Count(U::Popc)),
    form("clz", BITS, Shape::Count(U::Clz)),
    form("brev", BITS, Shape::Unary(U::Brev)),
    // Floats.
    form("add.rn", FLOAT, Shape::Binary(B::Add)),
    form("sub.rn", FLOAT, Shape::Binary(B::Sub)),
    form("mul.rn", FLOAT, Shape::Binary(B::Mul)),
    form("fma.rn", FLOAT, Shape::Ternary(T::Fma)),
    form("div.rn", FLOAT, Shape::Binary(B::Div)),
    form("div.approx", FLOAT, Shape::Binary(B::DivApprox)),
    form("div.full", FLOAT, Shape::Binary(B::DivApprox)),
    form("min", FLOAT, Shape::Binary(B::Min)),
    form("max", FLOAT, Shape::Binary(B::Max)),
    form("neg", FLOAT, Shape::Unary(U::Neg)),
    form("abs", FLOAT, Shape::Unary(U::Abs)),
    form("rcp.rn", FLOAT, Shape::Unary(U::Rcp)),
    form("sqrt.rn", FLOAT, Shape::Unary(U::Sqrt)),
    form("rcp.approx", FLOAT, Shape::Unary(U::RcpApprox)),
    form("sqrt.approx", FLOAT, Shape::Unary(U::SqrtApprox)),
    form("rsqrt.approx", FLOAT, Shape::Unary(U::RsqrtApprox)),
    form("ex2.approx", FLOAT, Shape::Unary(U::Ex2Approx)),
    form("lg2.approx", FLOAT, Shape::Unary(U::Lg2Approx)),
];

/// Makes an operation of modifiers and operands; `None` if the modifiers aren't those of the subset.
type Build = for<'a> fn(&mut Body<'a, '_>, &[&str], &Operands<'a>) -> Result<Option<Op>>;

/// Instructions with modifiers of their own.
pub(super) struct Special {
    pub opcode: &'static str,
    /// What the subset has of it.
    pub usage: &'static str,
    pub build: Build,
}

const fn special(opcode: &'static str, usage: &'static str, build: Build) -> Special {
    Special { opcode, usage, build }
}

/// All instructions with modifiers of their own.
pub(super) const SPECIALS: &[Special] = &[
    special(
        "setp",
        "setp.CMP[.and|.or|.xor].TYPE, where CMP is eq ne of any type, lt le gt ge of numbers, lo ls hi hs of .u32 .u64, equ neu ltu leu gtu geu num nan of .f32",
        predicate::setp,
    ),
    special(
        "cvt",
        "cvt.TYPE.TYPE of whole numbers, cvt.rn.f32.TYPE from whole numbers, and cvt.{rni|rzi|rmi|rpi}.TYPE.f32 to whole numbers",
        predicate::cvt,
    ),
    special(
        "ld",
        "ld.{param|global|shared|local|const}[.v2|.v4].TYPE and ld.global.nc[.v2|.v4].TYPE, up to 16 bytes",
        memory::ld,
    ),
    special("st", "st.{global|shared|local}[.v2|.v4].TYPE, up to 16 bytes", memory::st),
    special(
        "atom",
        "atom.{global|shared}.OP.TYPE: add of .u32 .s32 .f32; min max of .u32 .s32; and or xor exch cas of .b32",
        memory::atom,
    ),
    special(
        "red",
        "red.{global|shared}.OP.TYPE: add of .u32 .s32 .f32; min max of .u32 .s32; and or xor of .b32",
        memory::red,
    ),
    special("shfl", "shfl.sync.{up|down|bfly|idx}.b32", control::shfl),
    special("vote", "vote.sync.{any|all|uni}.pred and vote.sync.ballot.b32", control::vote),
    special("bar", "bar.sync", control::bar),
    special("membar", "membar.gl and membar.cta", control::membar),
    special("bra", "bra and bra.uni", control::bra),
    special("ret", "ret", control::ret),
    special("exit", "exit", control::ret),
];
