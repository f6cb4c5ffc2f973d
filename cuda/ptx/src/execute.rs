//! What each instruction does to the registers of a warp.

use crate::block::Block;
use crate::fault::{Fault, FaultKind};
use crate::ir::{BinaryOp, BoolOp, Op, Operand, Rounding, ShflMode, Special, TernaryOp, Type, UnaryOp, VoteMode};
use crate::lanes::{self, Lanes, WARP, lanes, mask};
use crate::warp::Warp;
use std::sync::atomic::{Ordering::SeqCst, fence};

impl Block<'_> {
    /// Runs instruction `pc` in the lanes of `exec`: any but branches, returns and barriers.
    pub fn execute(&mut self, warp: &mut Warp, pc: u32, exec: u32) -> Result<(), Fault> {
        let (run, jitter) = (self.run, self.run.options.jitter);
        let symbols = &run.launch.symbols;
        let mut d32 = [0; WARP];
        let mut d64 = [0; WARP];
        match run.launch.kernel.code[pc as usize].op {
            Op::Mov { ty: Type::Pred, d, a } => warp.set_pred(d, exec, warp.get_pred(a)),
            Op::Mov { ty, d, a } if ty.is_wide() => warp.set64(d, exec, &warp.get64(a, symbols)),
            Op::Mov { d, a, .. } => warp.set32(d, exec, &warp.get32(a)),
            Op::Special { d, special } => warp.set32(d, exec, &self.special(warp, special)),

            Op::Unary { ty: Type::Pred, d, a, .. } => warp.set_pred(d, exec, !warp.get_pred(a)),
            Op::Unary { op: op @ (UnaryOp::Popc | UnaryOp::Clz), ty, d, a } if ty.is_wide() => {
                let a = warp.get64(a, symbols);
                warp.set32(d, exec, &a.map(|a| if op == UnaryOp::Popc { a.count_ones() } else { a.leading_zeros() }));
            }
            Op::Unary { op, ty, d, a } if ty.is_wide() => {
                lanes::unary64(op, &warp.get64(a, symbols), &mut d64);
                warp.set64(d, exec, &d64);
            }
            Op::Unary { op, ty, d, a } => {
                lanes::unary32(op, ty, jitter, &warp.get32(a), &mut d32);
                warp.set32(d, exec, &d32);
            }

            Op::Binary { op, ty: Type::Pred, d, a, b } => {
                let (a, b) = (warp.get_pred(a), warp.get_pred(b));
                let bits = match op {
                    BinaryOp::And => a & b,
                    BinaryOp::Or => a | b,
                    _ => a ^ b,
                };
                warp.set_pred(d, exec, bits);
            }
            Op::Binary { op: BinaryOp::MulWide, ty, d, a, b } => {
                lanes::mul_wide(ty, &warp.get32(a), &warp.get32(b), &mut d64);
                warp.set64(d, exec, &d64);
            }
            Op::Binary { op, ty, d, a, b } if ty.is_wide() => {
                let b = match op {
                    BinaryOp::Shl | BinaryOp::Shr => warp.get32(b).map(u64::from),
                    _ => warp.get64(b, symbols),
                };
                self.check_division(warp, pc, exec, op, |lane| b[lane] == 0)?;
                lanes::binary64(op, ty, &warp.get64(a, symbols), &b, &mut d64);
                warp.set64(d, exec, &d64);
            }
            Op::Binary { op, ty, d, a, b } => {
                let b = warp.get32(b);
                if ty != Type::F32 {
                    self.check_division(warp, pc, exec, op, |lane| b[lane] == 0)?;
                }
                lanes::binary32(op, ty, jitter, &warp.get32(a), &b, &mut d32);
                warp.set32(d, exec, &d32);
            }

            Op::Ternary { op: TernaryOp::MadWide, ty, d, a, b, c } => {
                lanes::mul_wide(ty, &warp.get32(a), &warp.get32(b), &mut d64);
                let (product, c) = (d64, warp.get64(c, symbols));
                lanes::binary64(BinaryOp::Add, Type::U64, &product, &c, &mut d64);
                warp.set64(d, exec, &d64);
            }
            Op::Ternary { ty, d, a, b, c, .. } if ty.is_wide() => {
                lanes::binary64(BinaryOp::Mul, ty, &warp.get64(a, symbols), &warp.get64(b, symbols), &mut d64);
                let (product, c) = (d64, warp.get64(c, symbols));
                lanes::binary64(BinaryOp::Add, ty, &product, &c, &mut d64);
                warp.set64(d, exec, &d64);
            }
            Op::Ternary { op, d, a, b, c, .. } => {
                lanes::ternary32(op, [&warp.get32(a), &warp.get32(b), &warp.get32(c)], &mut d32);
                warp.set32(d, exec, &d32);
            }

            Op::Setp { cmp, ty, d, q, a, b, c } => {
                let truth = match ty.is_wide() {
                    true => lanes::compare64(cmp, ty, &warp.get64(a, symbols), &warp.get64(b, symbols)),
                    false => lanes::compare32(cmp, ty, &warp.get32(a), &warp.get32(b)),
                };
                let combined = |truth: u32| match c {
                    None => truth,
                    Some((op, guard)) => {
                        let c = guarded(warp, guard);
                        match op {
                            BoolOp::And => truth & c,
                            BoolOp::Or => truth | c,
                            BoolOp::Xor => truth ^ c,
                        }
                    }
                };
                let (yes, no) = (combined(truth), combined(!truth));
                warp.set_pred(d, exec, yes);
                q.into_iter().for_each(|q| warp.set_pred(q, exec, no));
            }
            Op::Selp { ty, d, a, b, p } => {
                let p = warp.get_pred(Operand::Reg(p));
                // Both lanes' worth is read before anything is written: `d` may be `a` or `b`.
                if ty.is_wide() {
                    let (a, b) = (warp.get64(a, symbols), warp.get64(b, symbols));
                    warp.set64(d, exec & p, &a);
                    warp.set64(d, exec & !p, &b);
                } else {
                    let (a, b) = (warp.get32(a), warp.get32(b));
                    warp.set32(d, exec & p, &a);
                    warp.set32(d, exec & !p, &b);
                }
            }
            Op::Cvt { to, from, rounding, d, a } => {
                let a = warp.get(from, a, symbols);
                convert(warp, exec, to, from, rounding, d, &a);
            }

            Op::Ld { space, ty, d, address, .. } => self.load(warp, pc, exec, space, ty, d, address)?,
            Op::St { space, ty, a, address } => self.store(warp, pc, exec, space, ty, a, address)?,
            Op::Atom { space, op, ty, d, address, a, b } => {
                let (a, b) = (warp.get32(a), warp.get32(b));
                let old = self.atomic(warp, pc, exec, (space, op, ty), address, &a, &b)?;
                d.into_iter().for_each(|d| warp.set32(d, exec, &old));
            }
            Op::Shfl { mode, d, p, a, b, c, mask } => self.shuffle(warp, pc, exec, mode, (d, p), [a, b, c, mask])?,
            Op::Vote { mode, d, a, mask } => {
                let masks = warp.get32(mask);
                self.check_lanes(warp, pc, exec, &masks)?;
                let yes = masks.map(|named| named & exec & guarded(warp, a));
                let all = |lane: usize| yes[lane] == masks[lane] & exec;
                match mode {
                    VoteMode::Ballot => warp.set32(d, exec, &yes),
                    VoteMode::Any => warp.set_pred(d, exec, lanes::mask(|lane| yes[lane] != 0)),
                    VoteMode::All => warp.set_pred(d, exec, lanes::mask(all)),
                    VoteMode::Uni => warp.set_pred(d, exec, lanes::mask(|lane| yes[lane] == 0 || all(lane))),
                }
            }
            // Blocks run on several host threads.
            Op::Membar => fence(SeqCst),
            Op::Bar | Op::Bra { .. } | Op::Ret => {}
        }
        Ok(())
    }

    // ANCHOR: special
    fn special(&self, warp: &Warp, special: Special) -> Lanes<u32> {
        let launch = self.run.launch;
        match special {
            Special::Tid(axis) => warp.tid[usize::from(axis)],
            Special::Ntid(axis) => [launch.block[usize::from(axis)]; WARP],
            Special::Ctaid(axis) => [self.place[usize::from(axis)]; WARP],
            Special::Nctaid(axis) => [launch.grid[usize::from(axis)]; WARP],
            Special::LaneId => std::array::from_fn(|lane| lane as u32),
            Special::WarpId => [warp.number; WARP],
        }
    }
    // ANCHOR_END: special

    /// No integer may be divided by 0: PTX leaves open what comes out.
    fn check_division(
        &self,
        warp: &Warp,
        pc: u32,
        exec: u32,
        op: BinaryOp,
        is_zero: impl Fn(usize) -> bool,
    ) -> Result<(), Fault> {
        if !self.run.options.sanitize || !matches!(op, BinaryOp::Div | BinaryOp::Rem) {
            return Ok(());
        }
        match exec & mask(is_zero) {
            0 => Ok(()),
            wrong => Err(self.fault(FaultKind::DivisionByZero, pc, warp, wrong, "division by 0".into())),
        }
    }

    /// The living lanes that a mask names must be here together, with the same mask, and nobody else with it.
    fn check_lanes(&self, warp: &Warp, pc: u32, exec: u32, masks: &Lanes<u32>) -> Result<(), Fault> {
        let mut left = exec;
        while let Some(first) = lanes(left).next() {
            let named = masks[first];
            let here = exec & mask(|lane| masks[lane] == named);
            if named & warp.alive != here {
                let problem =
                    format!("the mask is {named:#010x}, but the lanes that are here with it are {here:#010x}");
                return Err(self.fault(FaultKind::Lanes, pc, warp, here, problem));
            }
            left &= !here;
        }
        Ok(())
    }

    /// `shfl.sync d|p, a, b, c, mask` (PTX ISA, "shfl.sync"): each lane reads `a` of another one. The low five bits of
    /// `c` are the last lane of a segment, or the first for `up`; bits 8 to 12 say how the warp is cut into segments.
    fn shuffle(
        &mut self,
        warp: &mut Warp,
        pc: u32,
        exec: u32,
        mode: ShflMode,
        (d, p): (u16, Option<u16>),
        operands: [Operand; 4],
    ) -> Result<(), Fault> {
        let [a, b, c, masks] = operands.map(|operand| warp.get32(operand));
        self.check_lanes(warp, pc, exec, &masks)?;
        let (mut value, mut inside) = (a, 0);
        for lane in lanes(exec) {
            let (i, b, clamp, segment) = (lane as u32, b[lane] & 31, c[lane] & 31, c[lane] >> 8 & 31);
            let (first, last) = (i & segment, i & segment | clamp & !segment);
            let (source, ok) = match mode {
                ShflMode::Up => (i.wrapping_sub(b), i as i32 - b as i32 >= last as i32),
                ShflMode::Down => (i + b, i + b <= last),
                ShflMode::Bfly => (i ^ b, i ^ b <= last),
                ShflMode::Idx => (first | b & !segment, first | b & !segment <= last),
            };
            if !ok {
                continue; // its own value
            }
            if self.run.options.sanitize && exec & masks[lane] & 1 << source == 0 {
                let problem = format!(
                    "lane {lane} reads lane {source}, which isn't one of the mask's lanes here: that is undefined"
                );
                return Err(self.fault(FaultKind::Lanes, pc, warp, 1 << lane, problem));
            }
            value[lane] = a[source as usize];
            inside |= 1 << lane;
        }
        warp.set32(d, exec, &value);
        p.into_iter().for_each(|p| warp.set_pred(p, exec, inside));
        Ok(())
    }
}

/// The lanes where a predicate, or its opposite, is true.
fn guarded(warp: &Warp, guard: crate::ir::Guard) -> u32 {
    let pred = warp.get_pred(Operand::Reg(guard.reg));
    if guard.negated { !pred } else { pred }
}

fn convert(warp: &mut Warp, exec: u32, to: Type, from: Type, rounding: Rounding, d: u16, a: &Lanes<u64>) {
    let converted = a.map(|a| lanes::convert(to, from, rounding, a));
    match to.is_wide() {
        true => warp.set64(d, exec, &converted),
        false => warp.set32(d, exec, &converted.map(|bits| bits as u32)),
    }
}
