//! Which registers an instruction reads and writes.

use crate::ir::{Address, Base, BinaryOp, Guard, Instruction, Op, Operand, Reg, TernaryOp, Type, UnaryOp, VoteMode};

/// A register file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// Predicates.
    Pred,
    /// 32-bit registers.
    R32,
    /// 64-bit registers.
    R64,
}

impl File {
    /// The file that holds values of a type.
    pub fn of(ty: Type) -> Self {
        match ty {
            Type::Pred => File::Pred,
            _ if ty.is_wide() => File::R64,
            _ => File::R32,
        }
    }
}

/// The registers of one instruction.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// Those that lanes read where the instruction's guard is true.
    pub reads: Vec<(File, Reg)>,
    /// Those that they write.
    pub writes: Vec<(File, Reg)>,
}

impl Uses {
    /// Those of `instruction`; its guard is not among them, since every lane reads it.
    pub fn of(instruction: &Instruction) -> Self {
        let mut uses = Self::default();
        uses.add(&instruction.op);
        uses
    }

    fn read(&mut self, ty: Type, operand: Operand) {
        if let Operand::Reg(reg) = operand {
            self.reads.push((File::of(ty), reg));
        }
    }

    fn write(&mut self, ty: Type, reg: Reg) {
        self.writes.push((File::of(ty), reg));
    }

    fn guard(&mut self, guard: Guard) {
        self.reads.push((File::Pred, guard.reg));
    }

    fn address(&mut self, address: Address) {
        match address.base {
            Base::Reg32(reg) => self.reads.push((File::R32, reg)),
            Base::Reg64(reg) => self.reads.push((File::R64, reg)),
            Base::Space | Base::Symbol(_) => {}
        }
    }

    fn add(&mut self, op: &Op) {
        match *op {
            Op::Mov { ty, d, a } => {
                self.read(ty, a);
                self.write(ty, d);
            }
            Op::Special { d, .. } => self.write(Type::U32, d),
            Op::Unary { op, ty, d, a } => {
                self.read(ty, a);
                let counts = matches!(op, UnaryOp::Popc | UnaryOp::Clz);
                self.write(if counts { Type::U32 } else { ty }, d);
            }
            Op::Binary { op, ty, d, a, b } => {
                self.read(ty, a);
                self.read(if matches!(op, BinaryOp::Shl | BinaryOp::Shr) { Type::U32 } else { ty }, b);
                self.write(if op == BinaryOp::MulWide { Type::U64 } else { ty }, d);
            }
            Op::Ternary { op, ty, d, a, b, c } => {
                let result = if op == TernaryOp::MadWide { Type::U64 } else { ty };
                self.read(ty, a);
                self.read(ty, b);
                self.read(result, c);
                self.write(result, d);
            }
            Op::Setp { ty, d, q, a, b, c, .. } => {
                self.read(ty, a);
                self.read(ty, b);
                c.into_iter().for_each(|(_, c)| self.guard(c));
                self.write(Type::Pred, d);
                q.into_iter().for_each(|q| self.write(Type::Pred, q));
            }
            Op::Selp { ty, d, a, b, p } => {
                self.read(ty, a);
                self.read(ty, b);
                self.reads.push((File::Pred, p));
                self.write(ty, d);
            }
            Op::Cvt { to, from, d, a, .. } => {
                self.read(from, a);
                self.write(to, d);
            }
            Op::Ld { ty, d, address, .. } => {
                self.address(address);
                d.as_slice().iter().for_each(|&d| self.write(ty, d));
            }
            Op::St { ty, a, address, .. } => {
                self.address(address);
                a.as_slice().iter().for_each(|&a| self.read(ty, a));
            }
            Op::Atom { ty, d, address, a, b, .. } => {
                self.address(address);
                self.read(ty, a);
                self.read(ty, b);
                d.into_iter().for_each(|d| self.write(ty, d));
            }
            Op::Shfl { d, p, a, b, c, mask, .. } => {
                [a, b, c, mask].into_iter().for_each(|operand| self.read(Type::B32, operand));
                self.write(Type::B32, d);
                p.into_iter().for_each(|p| self.write(Type::Pred, p));
            }
            Op::Vote { mode, d, a, mask } => {
                self.guard(a);
                self.read(Type::B32, mask);
                self.write(if mode == VoteMode::Ballot { Type::B32 } else { Type::Pred }, d);
            }
            Op::Bar | Op::Membar | Op::Bra { .. } | Op::Ret => {}
        }
    }
}
