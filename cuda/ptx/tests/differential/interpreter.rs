//! Runs kernels one thread after the other, without warps and without checks.

use crate::scalar::{binary, bits, compare, float, unary};
use ptx::Launch;
use ptx::ir::*;

/// A launch, and global memory: addresses and the words that are there.
pub struct Interpreter<'a> {
    pub launch: &'a Launch,
    pub global: &'a mut [(u64, Vec<u32>)],
}

/// A thread's registers and whatever else is its own.
struct Thread {
    number: u32,
    pc: usize,
    pred: Vec<bool>,
    /// Of either width.
    r32: Vec<u64>,
    r64: Vec<u64>,
    local: Vec<u32>,
    ended: bool,
}

impl Thread {
    fn get(&self, ty: Type, operand: Operand) -> u64 {
        match operand {
            Operand::Reg(reg) if ty == Type::Pred => self.pred[usize::from(reg)].into(),
            Operand::Reg(reg) if ty.is_wide() => self.r64[usize::from(reg)],
            Operand::Reg(reg) => self.r32[usize::from(reg)],
            Operand::Imm(bits) => bits,
            Operand::Symbol(_) => panic!("there are no variables"),
        }
    }

    fn set(&mut self, ty: Type, reg: Reg, bits: u64) {
        match ty {
            Type::Pred => self.pred[usize::from(reg)] = bits != 0,
            _ if ty.is_wide() => self.r64[usize::from(reg)] = bits,
            _ => self.r32[usize::from(reg)] = bits & 0xffff_ffff,
        }
    }

    fn holds(&self, guard: Guard) -> bool {
        self.pred[usize::from(guard.reg)] != guard.negated
    }
}

impl Interpreter<'_> {
    pub fn run(&mut self) {
        let kernel = self.launch.kernel.clone();
        for block in 0..self.launch.grid[0] {
            let mut shared = vec![0; kernel.shared_bytes / 4];
            let mut threads: Vec<Thread> = (0..self.launch.block.iter().product())
                .map(|number| Thread {
                    number,
                    pc: 0,
                    pred: vec![false; kernel.registers.pred.len()],
                    r32: vec![0; kernel.registers.r32.len()],
                    r64: vec![0; kernel.registers.r64.len()],
                    local: vec![0; kernel.local_bytes / 4],
                    ended: false,
                })
                .collect();
            while threads.iter().any(|thread| !thread.ended) {
                for thread in threads.iter_mut().filter(|thread| !thread.ended) {
                    while self.step(thread, block, &mut shared) {}
                }
                threads.chunks_mut(32).for_each(|warp| together(warp, &kernel));
            }
        }
    }

    /// Runs an instruction of one thread; false at the thread's end, and where others are waited for.
    fn step(&mut self, thread: &mut Thread, block: u32, shared: &mut [u32]) -> bool {
        let instruction = self.launch.kernel.code[thread.pc];
        if instruction.guard.is_some_and(|guard| !thread.holds(guard)) {
            thread.pc += 1;
            return true;
        }
        match instruction.op {
            Op::Bar | Op::Vote { .. } | Op::Shfl { .. } => return false,
            Op::Ret => {
                thread.ended = true;
                return false;
            }
            Op::Bra { target, .. } => {
                thread.pc = target as usize;
                return true;
            }
            Op::Mov { ty, d, a } => thread.set(ty, d, thread.get(ty, a)),
            Op::Special { d, special } => {
                let [x, y, _] = self.launch.block;
                let value = match special {
                    Special::Tid(0) => thread.number % x,
                    Special::Tid(_) => thread.number / x,
                    Special::Ntid(0) => x,
                    Special::Ntid(_) => y,
                    Special::Ctaid(_) => block,
                    Special::Nctaid(_) => self.launch.grid[0],
                    Special::LaneId => thread.number % 32,
                    Special::WarpId => thread.number / 32,
                };
                thread.set(Type::U32, d, value.into());
            }
            Op::Unary { op, ty, d, a } => thread.set(ty, d, unary(op, ty, thread.get(ty, a))),
            Op::Binary { op, ty, d, a, b } => {
                let shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
                let result = binary(op, ty, thread.get(ty, a), thread.get(if shift { Type::U32 } else { ty }, b));
                thread.set(if op == BinaryOp::MulWide { Type::U64 } else { ty }, d, result);
            }
            Op::Ternary { op, ty, d, a, b, c } => {
                let (a, b) = (thread.get(ty, a), thread.get(ty, b));
                match op {
                    TernaryOp::Fma => {
                        let sum = float(a).mul_add(float(b), float(thread.get(ty, c)));
                        thread.set(ty, d, bits(sum));
                    }
                    TernaryOp::Mad => thread.set(ty, d, a.wrapping_mul(b).wrapping_add(thread.get(ty, c))),
                    TernaryOp::MadWide => {
                        let product = binary(BinaryOp::MulWide, ty, a, b);
                        thread.set(Type::U64, d, product.wrapping_add(thread.get(Type::U64, c)));
                    }
                }
            }
            Op::Setp { cmp, ty, d, q, a, b, c } => {
                let truth = compare(cmp, ty, thread.get(ty, a), thread.get(ty, b));
                let combined = |truth: bool| match c {
                    None => truth,
                    Some((BoolOp::And, c)) => truth && thread.holds(c),
                    Some((BoolOp::Or, c)) => truth || thread.holds(c),
                    Some((BoolOp::Xor, c)) => truth != thread.holds(c),
                };
                let (yes, no) = (combined(truth), combined(!truth));
                thread.set(Type::Pred, d, yes.into());
                q.into_iter().for_each(|q| thread.set(Type::Pred, q, no.into()));
            }
            Op::Selp { ty, d, a, b, p } => {
                thread.set(ty, d, thread.get(ty, if thread.pred[usize::from(p)] { a } else { b }));
            }
            Op::Cvt { to, from, rounding, d, a } => {
                let a = thread.get(from, a);
                let value = match (to, from) {
                    (Type::F32, Type::S32) => bits(a as u32 as i32 as f32),
                    (Type::F32, _) => bits(a as f32),
                    (Type::S32, Type::F32) => float(a).trunc() as i32 as u64,
                    (_, Type::F32) if rounding == Rounding::Down => float(a).floor() as u32 as u64,
                    (_, Type::S32) => a as u32 as i32 as u64,
                    _ => a,
                };
                thread.set(to, d, value);
            }
            Op::Ld { space, ty, d, address, .. } => {
                for (i, &d) in d.as_slice().iter().enumerate() {
                    let mut word = |part: u64| {
                        u64::from(*self.word(thread, shared, space, address, (i * ty.bytes()) as u64 + part))
                    };
                    let value = if ty.is_wide() { word(0) | word(4) << 32 } else { word(0) };
                    thread.set(ty, d, value);
                }
            }
            Op::St { space, ty, a, address } => {
                for (i, &a) in a.as_slice().iter().enumerate() {
                    let value = thread.get(ty, a);
                    for part in (0..ty.bytes() as u64).step_by(4) {
                        let at = (i * ty.bytes()) as u64 + part;
                        *self.word(thread, shared, space, address, at) = (value >> (8 * part)) as u32;
                    }
                }
            }
            Op::Atom { space, op, address, a, .. } => {
                let a = thread.get(Type::U32, a) as u32;
                let word = self.word(thread, shared, space, address, 0);
                *word = match op {
                    AtomOp::Add => word.wrapping_add(a),
                    AtomOp::Max => (*word as i32).max(a as i32) as u32,
                    _ => *word ^ a,
                };
            }
            Op::Membar => {}
        }
        thread.pc += 1;
        true
    }

    /// The word at an address and so many bytes behind it.
    fn word<'a>(
        &'a mut self,
        thread: &'a mut Thread,
        shared: &'a mut [u32],
        space: Space,
        Address { base, offset }: Address,
        behind: u64,
    ) -> &'a mut u32 {
        let base = match base {
            Base::Space | Base::Symbol(_) => 0,
            Base::Reg32(reg) => thread.r32[usize::from(reg)],
            Base::Reg64(reg) => thread.r64[usize::from(reg)],
        };
        let address = base.wrapping_add(offset as u64) + behind;
        match space {
            Space::Shared => &mut shared[address as usize / 4],
            Space::Local => &mut thread.local[address as usize / 4],
            Space::Param => {
                // The parameters are the buffers' addresses; a read lands in a word of the thread's own.
                let bytes: [u8; 4] = self.launch.params[address as usize..][..4].try_into().expect("four bytes");
                thread.local.resize(5, 0);
                thread.local[4] = u32::from_le_bytes(bytes);
                &mut thread.local[4]
            }
            _ => {
                let inside = |(start, words): &&mut (u64, Vec<u32>)| {
                    (*start..*start + 4 * words.len() as u64).contains(&address)
                };
                let (start, words) = self.global.iter_mut().find(inside).expect("an address of a buffer");
                &mut words[(address - *start) as usize / 4]
            }
        }
    }
}

/// What the threads of a warp do together: all that haven't ended are at one instruction.
fn together(warp: &mut [Thread], kernel: &Kernel) {
    let Some(pc) = warp.iter().find(|thread| !thread.ended).map(|thread| thread.pc) else { return };
    let mut alive: Vec<&mut Thread> = warp.iter_mut().filter(|thread| !thread.ended).collect();
    assert!(alive.iter().all(|thread| thread.pc == pc));
    match kernel.code[pc].op {
        Op::Vote { mode, d, a, .. } => {
            let yes: Vec<bool> = alive.iter().map(|thread| thread.holds(a)).collect();
            let ballot = alive.iter().zip(&yes).map(|(thread, &yes)| u64::from(yes) << (thread.number % 32)).sum();
            let (any, all) = (yes.contains(&true), !yes.contains(&false));
            for thread in &mut alive {
                match mode {
                    VoteMode::Ballot => thread.set(Type::U32, d, ballot),
                    VoteMode::Any => thread.set(Type::Pred, d, any.into()),
                    VoteMode::All => thread.set(Type::Pred, d, all.into()),
                    VoteMode::Uni => thread.set(Type::Pred, d, (all || !any).into()),
                }
            }
        }
        Op::Shfl { d, p, a, b, c, .. } => {
            // `up` alone: from the lane `b` below, in segments of 8 or in the whole warp.
            let values: Vec<u64> = alive.iter().map(|thread| thread.get(Type::U32, a)).collect();
            for (lane, thread) in alive.iter_mut().enumerate() {
                let first = if thread.get(Type::U32, c) == 0 { 0 } else { lane / 8 * 8 };
                let below = (thread.get(Type::U32, b) % 32) as usize;
                let inside = lane >= first + below;
                thread.set(Type::U32, d, values[if inside { lane - below } else { lane }]);
                p.into_iter().for_each(|p| thread.set(Type::Pred, p, inside.into()));
            }
        }
        _ => {} // a barrier
    }
    alive.iter_mut().for_each(|thread| thread.pc += 1);
}
