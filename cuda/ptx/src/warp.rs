//! The state of a warp: its registers, and which of its lanes are where.
//!
//! The lanes of a warp run in lockstep. Where a branch parts them, one side waits on a stack until the other has come
//! to the first instruction that both must pass, the branch's immediate post-dominator. (Fung et al., "Dynamic Warp
//! Formation and Scheduling for Efficient GPU Control Flow", 2007, describe this stack as hardware of the time had it.)

use crate::ir::{Kernel, Operand, Reg, Type};
use crate::lanes::{Lanes, WARP, lanes, mask};
use crate::uses::File;

/// Lanes that run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Their next instruction.
    pub pc: u32,
    /// Where they wait for the others.
    pub join: Option<u32>,
    /// Which ones.
    pub mask: u32,
}

/// A warp.
pub struct Warp {
    /// Its number in the block.
    pub number: u32,
    /// Each lane's place in the block, by axis.
    pub tid: [Lanes<u32>; 3],
    /// Lanes that exist: of a block's last warp perhaps not all.
    pub all: u32,
    /// Those that have not returned.
    pub alive: u32,
    /// The lanes that run now.
    pub top: Frame,
    /// Those that wait for them.
    stack: Vec<Frame>,
    /// The `bar.sync` where the warp waits.
    pub barrier: Option<u32>,
    /// Instructions it has run.
    pub executed: u64,
    r32: Vec<Lanes<u32>>,
    r64: Vec<Lanes<u64>>,
    /// A mask of lanes for each.
    pred: Vec<u32>,
    /// For each register the lanes that have written it, by file.
    defined: [Vec<u32>; 3],
    /// `.local` memory, word by word, and the lanes that have written each.
    pub local: Vec<Lanes<u32>>,
    pub local_defined: Vec<u32>,
}

impl Warp {
    /// Warp `number` of a block of this size, before its first instruction.
    pub fn new(kernel: &Kernel, number: u32, block: [u32; 3]) -> Self {
        let registers = &kernel.registers;
        let [pred, r32, r64] = [registers.pred.len(), registers.r32.len(), registers.r64.len()];
        let words = kernel.local_bytes.div_ceil(4);
        let thread = |lane: usize| number * WARP as u32 + lane as u32;
        let [x, y] = [block[0], block[1]];
        let all = mask(|lane| thread(lane) < block.iter().product());
        Self {
            number,
            tid: [
                std::array::from_fn(|lane| thread(lane) % x),
                std::array::from_fn(|lane| thread(lane) / x % y),
                std::array::from_fn(|lane| thread(lane) / (x * y)),
            ],
            all,
            alive: all,
            top: Frame { pc: 0, join: None, mask: all },
            stack: Vec::new(),
            barrier: None,
            executed: 0,
            r32: vec![[0; WARP]; r32],
            r64: vec![[0; WARP]; r64],
            pred: vec![0; pred],
            defined: [vec![0; pred], vec![0; r32], vec![0; r64]],
            local: vec![[0; WARP]; words],
            local_defined: vec![0; words],
        }
    }

    /// The same warp of another block, once all its lanes have returned.
    pub fn restart(&mut self) {
        self.alive = self.all;
        self.top = Frame { pc: 0, join: None, mask: self.all };
        self.executed = 0;
        self.defined.iter_mut().for_each(|defined| defined.fill(0));
        self.local_defined.fill(0);
    }

    // ANCHOR: diverge
    /// The next instruction's number, once lanes that have come to their meeting point, or have all returned, have
    /// made way for those that wait. `None`: all have returned.
    pub fn next(&mut self) -> Option<u32> {
        while self.top.mask == 0 || self.top.join == Some(self.top.pc) {
            self.top = self.stack.pop()?;
        }
        Some(self.top.pc)
    }

    /// The lanes in `taken` go to `target`, the others on; they meet at `join`. Whether they parted.
    pub fn branch(&mut self, taken: u32, target: u32, join: Option<u32>) -> bool {
        let Frame { pc, join: outer, mask } = self.top;
        let rest = mask & !taken;
        self.top.pc = if taken == 0 { pc + 1 } else { target };
        if taken == 0 || rest == 0 {
            return false;
        }
        if let Some(join) = join.filter(|_| join != outer) {
            self.stack.push(Frame { pc: join, join: outer, mask });
        }
        self.stack.push(Frame { pc: pc + 1, join, mask: rest });
        self.top = Frame { pc: target, join, mask: taken };
        true
    }
    // ANCHOR_END: diverge

    /// These lanes have returned.
    pub fn retire(&mut self, returned: u32) {
        self.alive &= !returned;
        self.top.mask &= !returned;
        self.stack.iter_mut().for_each(|frame| frame.mask &= !returned);
    }

    /// A 32-bit operand.
    pub fn get32(&self, operand: Operand) -> Lanes<u32> {
        match operand {
            Operand::Reg(reg) => self.r32[usize::from(reg)],
            Operand::Imm(bits) => [bits as u32; WARP],
            Operand::Symbol(_) => [0; WARP], // an address is never 32 bits wide; the parser refuses it
        }
    }

    /// A 64-bit operand; `symbols` has the addresses of the module's variables.
    pub fn get64(&self, operand: Operand, symbols: &[u64]) -> Lanes<u64> {
        match operand {
            Operand::Reg(reg) => self.r64[usize::from(reg)],
            Operand::Imm(bits) => [bits; WARP],
            Operand::Symbol(i) => [symbols.get(usize::from(i)).copied().unwrap_or(0); WARP],
        }
    }

    /// A predicate operand, as a mask.
    pub fn get_pred(&self, operand: Operand) -> u32 {
        match operand {
            Operand::Reg(reg) => self.pred[usize::from(reg)],
            Operand::Imm(bits) if bits != 0 => u32::MAX,
            _ => 0,
        }
    }

    /// The bits of an operand of any type.
    pub fn get(&self, ty: Type, operand: Operand, symbols: &[u64]) -> Lanes<u64> {
        match File::of(ty) {
            File::R32 => self.get32(operand).map(u64::from),
            File::R64 => self.get64(operand, symbols),
            File::Pred => {
                let mask = self.get_pred(operand);
                std::array::from_fn(|lane| u64::from(mask >> lane & 1))
            }
        }
    }

    /// Writes a 32-bit register in the lanes of `exec`.
    pub fn set32(&mut self, reg: Reg, exec: u32, value: &Lanes<u32>) {
        merge(&mut self.r32[usize::from(reg)], exec, value);
    }

    /// Writes a 64-bit register in the lanes of `exec`.
    pub fn set64(&mut self, reg: Reg, exec: u32, value: &Lanes<u64>) {
        merge(&mut self.r64[usize::from(reg)], exec, value);
    }

    /// Writes a predicate in the lanes of `exec`.
    pub fn set_pred(&mut self, reg: Reg, exec: u32, value: u32) {
        let pred = &mut self.pred[usize::from(reg)];
        *pred = *pred & !exec | value & exec;
    }

    /// Notes that the lanes of `exec` have written a register.
    pub fn define(&mut self, (file, reg): (File, Reg), exec: u32) {
        self.defined[file as usize][usize::from(reg)] |= exec;
    }

    /// The lanes of `exec` that have never written a register.
    pub fn undefined(&self, (file, reg): (File, Reg), exec: u32) -> u32 {
        exec & !self.defined[file as usize][usize::from(reg)]
    }
}

// ANCHOR: merge
fn merge<T: Copy>(to: &mut Lanes<T>, exec: u32, value: &Lanes<T>) {
    match exec {
        u32::MAX => *to = *value,
        _ => lanes(exec).for_each(|lane| to[lane] = value[lane]),
    }
}
// ANCHOR_END: merge
