//! What the parser makes of PTX, and the machine runs: instructions with every name resolved.

use std::sync::Arc;

/// The type of a register or of an instruction. `B32` and `B64` are bits of any meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // named as PTX names them
pub enum Type {
    Pred,
    B32,
    U32,
    S32,
    F32,
    B64,
    U64,
    S64,
}

impl Type {
    /// Bytes in memory; predicates aren't in memory.
    pub fn bytes(self) -> usize {
        match self {
            Type::Pred => 0,
            Type::B32 | Type::U32 | Type::S32 | Type::F32 => 4,
            Type::B64 | Type::U64 | Type::S64 => 8,
        }
    }

    /// Whether values of it are held in 64-bit registers.
    pub fn is_wide(self) -> bool {
        self.bytes() == 8
    }

    /// The name, as in `add.s32`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Pred => "pred",
            Type::B32 => "b32",
            Type::U32 => "u32",
            Type::S32 => "s32",
            Type::F32 => "f32",
            Type::B64 => "b64",
            Type::U64 => "u64",
            Type::S64 => "s64",
        }
    }
}

/// A register's number in its file. There are three files: predicates, 32-bit and 64-bit registers; which one is
/// meant follows from the type of the instruction.
pub type Reg = u16;

/// A value to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A register of the instruction's width.
    Reg(Reg),
    /// A literal's bits (of an `f32` the low 32), or the address of a `.shared` or `.local` variable.
    Imm(u64),
    /// The address of a module's `.global` or `.const` variable, known only once the module is loaded.
    Symbol(u16),
}

/// `[base + offset]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// What the offset is added to.
    pub base: Base,
    /// Bytes; may be negative.
    pub offset: i64,
}

/// What an address is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The start of the state space: of a parameter or a `.shared` or `.local` variable, whose place in its space is
    /// part of the offset.
    Space,
    /// A 32-bit register (`.shared` and `.local` only).
    Reg32(Reg),
    /// A 64-bit register.
    Reg64(Reg),
    /// A module's `.global` or `.const` variable, by its number in [`Module::variables`].
    Symbol(u16),
}

/// Where data lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum Space {
    Param,
    Global,
    Shared,
    Local,
    Const,
}

/// A read-only register that says where a thread is, as `%tid.x`; the number is the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// The thread in its block.
    Tid(u8),
    /// The block's size.
    Ntid(u8),
    /// The block in the grid.
    Ctaid(u8),
    /// The grid's size.
    Nctaid(u8),
    /// The thread in its warp.
    LaneId,
    /// The warp in its block.
    WarpId,
}

/// From one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum UnaryOp {
    Not,
    Neg,
    Abs,
    Popc,
    Clz,
    Brev,
    /// `rcp.rn`; the approximations below are computed correctly rounded, too, and then jittered if asked for.
    Rcp,
    Sqrt,
    RcpApprox,
    SqrtApprox,
    RsqrtApprox,
    Ex2Approx,
    Lg2Approx,
}

/// From two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum BinaryOp {
    Add,
    Sub,
    /// `mul.lo` of integers, `mul.rn` of floats.
    Mul,
    MulHi,
    /// 32 × 32 → 64 bits; the type is that of the factors.
    MulWide,
    /// `div` of integers, `div.rn` of floats.
    Div,
    /// `div.approx` and `div.full`.
    DivApprox,
    Rem,
    Min,
    Max,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

/// From three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TernaryOp {
    /// `mad.lo` of integers.
    Mad,
    /// `mad.wide`: 32 × 32 + 64 bits; the type is that of the factors.
    MadWide,
    /// `fma.rn.f32`: one rounding.
    Fma,
}

/// Comparisons. The first six are ordered: false if an operand is NaN. (`lo ls hi hs` of unsigned integers are
/// `Lt Le Gt Ge` of an unsigned type.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    /// Neither is NaN.
    Num,
    /// At least one is NaN.
    Nan,
}

/// How predicates are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum BoolOp {
    And,
    Or,
    Xor,
}

/// A predicate, or its opposite: `%p`, `!%p`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The predicate register.
    pub reg: Reg,
    /// Whether it is `!`.
    pub negated: bool,
}

/// Rounding of `cvt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// None is needed: integer to integer.
    None,
    /// `.rn`: integer to float, to the nearest.
    Nearest,
    /// `.rni`: float to integer, to the nearest, ties to even.
    NearestInt,
    /// `.rzi`: towards zero.
    Zero,
    /// `.rmi`: down.
    Down,
    /// `.rpi`: up.
    Up,
}

/// What an atomic operation does with the old value and the operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum AtomOp {
    Add,
    Min,
    Max,
    And,
    Or,
    Xor,
    Exch,
    /// Compare and swap: two operands.
    Cas,
}

/// Which lane `shfl.sync` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum ShflMode {
    Up,
    Down,
    Bfly,
    Idx,
}

/// What `vote.sync` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // named as PTX names them
pub enum VoteMode {
    Any,
    All,
    /// All the same.
    Uni,
    /// The mask of the lanes that say yes, in a 32-bit register; the others give a predicate.
    Ballot,
}

/// Registers or operands of a vector access: one, two or four of them are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vector<T> {
    /// The values; those behind `len` mean nothing.
    pub items: [T; 4],
    /// 1, 2 or 4.
    pub len: u8,
}

impl<T> Vector<T> {
    /// The values in use.
    pub fn as_slice(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }
}

/// What an instruction does.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // d is the destination; a, b, c are the operands, in PTX's order
pub enum Op {
    /// `mov`, and `cvta`, as generic addresses are global ones.
    Mov {
        ty: Type,
        d: Reg,
        a: Operand,
    },
    /// `mov.u32 d, %tid.x`.
    Special {
        d: Reg,
        special: Special,
    },
    Unary {
        op: UnaryOp,
        ty: Type,
        d: Reg,
        a: Operand,
    },
    Binary {
        op: BinaryOp,
        ty: Type,
        d: Reg,
        a: Operand,
        b: Operand,
    },
    Ternary {
        op: TernaryOp,
        ty: Type,
        d: Reg,
        a: Operand,
        b: Operand,
        c: Operand,
    },
    // ANCHOR: setp
    /// `setp.cmp.bool d|q, a, b, c`: d = (a cmp b) bool c, q = !(a cmp b) bool c.
    Setp {
        cmp: Compare,
        ty: Type,
        d: Reg,
        q: Option<Reg>,
        a: Operand,
        b: Operand,
        c: Option<(BoolOp, Guard)>,
    },
    // ANCHOR_END: setp
    /// `selp d, a, b, p`: a where p, else b.
    Selp {
        ty: Type,
        d: Reg,
        a: Operand,
        b: Operand,
        p: Reg,
    },
    Cvt {
        to: Type,
        from: Type,
        rounding: Rounding,
        d: Reg,
        a: Operand,
    },
    /// `nc`: through the read-only cache (`ld.global.nc`).
    Ld {
        space: Space,
        nc: bool,
        ty: Type,
        d: Vector<Reg>,
        address: Address,
    },
    St {
        space: Space,
        ty: Type,
        a: Vector<Operand>,
        address: Address,
    },
    /// `atom`, and `red` where there is no destination.
    Atom {
        space: Space,
        op: AtomOp,
        ty: Type,
        d: Option<Reg>,
        address: Address,
        a: Operand,
        b: Operand,
    },
    Shfl {
        mode: ShflMode,
        d: Reg,
        p: Option<Reg>,
        a: Operand,
        b: Operand,
        c: Operand,
        mask: Operand,
    },
    /// The destination is a 32-bit register for [`VoteMode::Ballot`], else a predicate.
    Vote {
        mode: VoteMode,
        d: Reg,
        a: Guard,
        mask: Operand,
    },
    /// `bar.sync 0` of all threads of the block.
    Bar,
    /// `membar.gl`, `membar.cta`.
    Membar,
    /// `target` and `join` are indices in [`Kernel::code`]; lanes that part here meet again at `join`, the first
    /// instruction that every way to the end passes (the immediate post-dominator), or nowhere.
    Bra {
        target: u32,
        join: Option<u32>,
        uniform: bool,
    },
    /// `ret`, `exit`.
    Ret,
}

/// A line and a column of the source, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[allow(missing_docs)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

// ANCHOR: instruction
/// An instruction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instruction {
    /// `@p`: lanes where it is false do nothing.
    pub guard: Option<Guard>,
    /// What the others do.
    pub op: Op,
    /// Where it stands.
    pub place: Place,
}
// ANCHOR_END: instruction

/// A parameter of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type, or `None` for an array of bytes (a struct by value).
    pub ty: Option<Type>,
    /// Where it begins in the block of parameters, in bytes.
    pub offset: usize,
    /// Its size in bytes.
    pub bytes: usize,
}

/// The names of the registers of each file, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Registers {
    pub pred: Vec<String>,
    pub r32: Vec<String>,
    pub r64: Vec<String>,
}

/// One `.entry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// Its name.
    pub name: String,
    /// Its parameters, in order.
    pub params: Vec<Param>,
    /// The size of all of them, in bytes.
    pub param_bytes: usize,
    /// `.shared` variables, in bytes. Dynamic shared memory begins here, rounded up to 16.
    pub shared_bytes: usize,
    /// `.local` variables of a thread, in bytes.
    pub local_bytes: usize,
    /// Its registers.
    pub registers: Registers,
    /// Its instructions. The last one is [`Op::Ret`], so that no way leads past the end.
    pub code: Vec<Instruction>,
    /// The text of the instructions, trimmed, for traces and reports: one for each of `code`.
    pub text: Vec<String>,
}

/// A `.global` or `.const` variable of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// [`Space::Global`] or [`Space::Const`].
    pub space: Space,
    /// Its content; zeros where nothing was said. Its length is a multiple of 4.
    pub bytes: Vec<u8>,
}

/// A file of PTX.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Its kernels.
    pub kernels: Vec<Arc<Kernel>>,
    /// Its variables; [`Operand::Symbol`] counts them.
    pub variables: Vec<Variable>,
}

impl Module {
    /// The kernel of this name.
    pub fn kernel(&self, name: &str) -> Option<&Arc<Kernel>> {
        self.kernels.iter().find(|kernel| kernel.name == name)
    }
}
