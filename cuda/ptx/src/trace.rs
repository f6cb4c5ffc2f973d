//! One warp, instruction by instruction, for people to read.

use crate::block::Block;
use crate::ir::{Op, Operand, Reg, Type};
use crate::lanes::{Lanes, lanes};
use crate::uses::{File, Uses};
use crate::warp::Warp;
use std::fmt::Write;

/// Values that are shown where lanes differ without a rule.
const SHOWN: usize = 4;

impl Block<'_> {
    /// Before the instruction: the addresses that it accesses, which it may be about to overwrite.
    pub(crate) fn trace_before(&self, warp: &Warp, pc: u32, exec: u32) -> Option<String> {
        match self.run.launch.kernel.code[pc as usize].op {
            Op::Ld { address, .. } | Op::St { address, .. } | Op::Atom { address, .. } => {
                Some(series(exec, &self.addresses(warp, address), |address| format!("{address:#x}")))
            }
            _ => None,
        }
    }

    /// After it: a line with the source line, the lanes at work, the instruction, and what it wrote.
    pub(crate) fn trace_after(&mut self, warp: &Warp, pc: u32, exec: u32, addresses: Option<String>) {
        let kernel = &self.run.launch.kernel;
        let instruction = &kernel.code[pc as usize];
        let mut line = format!("{:>5}  {exec:08x}  {:<44}", instruction.place.line, kernel.text[pc as usize]);
        for (file, reg) in Uses::of(instruction).writes {
            let _ = write!(
                line,
                "  {} = {}",
                kernel.register_name((file, reg)),
                values(warp, file, reg, exec, is_float(&instruction.op))
            );
        }
        if let Op::St { ty, a, .. } = instruction.op {
            for &a in a.as_slice() {
                let bits = warp.get(ty, a, &self.run.launch.symbols);
                let _ = write!(line, "  {}", series(exec, &bits, |bits| number(File::of(ty), bits, ty == Type::F32)));
            }
        }
        if let Some(addresses) = addresses {
            let _ = write!(line, "  at {addresses}");
        }
        self.trace.push_str(line.trim_end());
        self.trace.push('\n');
    }
}

/// Whether the results are floats. (Registers have no types; instructions do.)
fn is_float(op: &Op) -> bool {
    match *op {
        Op::Mov { ty, .. } | Op::Unary { ty, .. } | Op::Binary { ty, .. } | Op::Ternary { ty, .. } => ty == Type::F32,
        Op::Ld { ty, .. } | Op::Atom { ty, .. } | Op::Selp { ty, .. } => ty == Type::F32,
        Op::Cvt { to, .. } => to == Type::F32,
        _ => false,
    }
}

/// A register in the lanes of `exec`.
fn values(warp: &Warp, file: File, reg: Reg, exec: u32, float: bool) -> String {
    let operand = Operand::Reg(reg);
    match file {
        File::Pred => format!("{:08x}", warp.get_pred(operand) & exec),
        File::R32 => series(exec, &warp.get32(operand).map(u64::from), |bits| number(file, bits, float)),
        File::R64 => series(exec, &warp.get64(operand, &[]), |bits| number(file, bits, float)),
    }
}

/// A value: 64 bits are mostly an address; of 32 small negative numbers are shown as such.
fn number(file: File, bits: u64, float: bool) -> String {
    let low = bits as u32;
    match file {
        File::R64 => format!("{bits:#x}"),
        _ if float => f32::from_bits(low).to_string(),
        _ if low > 0xffff_0000 => (low as i32).to_string(),
        _ => low.to_string(),
    }
}

/// The values of the lanes, in short: one if all are the same, the first two and the last if they rise evenly.
fn series(exec: u32, values: &Lanes<u64>, show: impl Fn(u64) -> String) -> String {
    let values: Vec<u64> = lanes(exec).map(|lane| values[lane]).collect();
    let Some((&first, &last)) = values.first().zip(values.last()) else { return "-".into() };
    let step = values.get(1).map_or(0, |second| second.wrapping_sub(first));
    let even = values.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    match values.len() {
        _ if even && step == 0 => show(first),
        n if even && n > SHOWN => format!("{}, {}, .. {}", show(first), show(values[1]), show(last)),
        n => {
            let shown: Vec<_> = values.iter().take(SHOWN).map(|&value| show(value)).collect();
            format!("{}{}", shown.join(", "), if n > SHOWN { ", .." } else { "" })
        }
    }
}
