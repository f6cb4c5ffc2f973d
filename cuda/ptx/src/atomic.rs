//! Atomic operations.

use crate::access::{Kind, Request};
use crate::block::Block;
use crate::fault::Fault;
use crate::float::canonical;
use crate::ir::{Address, AtomOp, Space, Type};
use crate::lanes::{Lanes, WARP, lanes};
use crate::warp::Warp;
use std::sync::atomic::Ordering::Relaxed;

impl Block<'_> {
    /// `atom` and `red`: the old values. Lanes take turns, the lowest first; blocks in any order.
    #[allow(clippy::too_many_arguments)] // they are the instruction's parts
    pub fn atomic(
        &mut self,
        warp: &mut Warp,
        pc: u32,
        exec: u32,
        (space, op, ty): (Space, AtomOp, Type),
        address: Address,
        a: &Lanes<u32>,
        b: &Lanes<u32>,
    ) -> Result<Lanes<u32>, Fault> {
        let request = Request { pc, exec, space, bytes: 4, kind: Kind::Atomic };
        let mut old = [0; WARP];
        self.request(warp, &request, address, |block, _, home, exec| {
            for lane in lanes(exec) {
                // Global float additions flush subnormals, shared ones don't (PTX ISA, "atom").
                let next = |old| combine(op, ty, space == Space::Global, old, a[lane], b[lane]);
                old[lane] = match home.allocation {
                    Some(allocation) => {
                        let update = |old| Some(next(old));
                        allocation
                            .word(home.first[lane])
                            .fetch_update(Relaxed, Relaxed, update)
                            .unwrap_or_else(|old| old)
                    }
                    None => {
                        let word = &mut block.shared.words[home.first[lane]];
                        std::mem::replace(word, next(*word))
                    }
                };
            }
        })?;
        Ok(old)
    }
}

/// The new value of an atomic operation.
fn combine(op: AtomOp, ty: Type, ftz: bool, old: u32, a: u32, b: u32) -> u32 {
    let flush = |x: f32| if ftz && x.is_subnormal() { 0.0_f32.copysign(x) } else { x };
    let float = |bits| flush(f32::from_bits(bits));
    let signed = |f: fn(i32, i32) -> i32| f(old as i32, a as i32) as u32;
    match op {
        AtomOp::Add if ty == Type::F32 => canonical(flush(float(old) + float(a))),
        AtomOp::Add => old.wrapping_add(a),
        AtomOp::Min if ty == Type::S32 => signed(i32::min),
        AtomOp::Min => old.min(a),
        AtomOp::Max if ty == Type::S32 => signed(i32::max),
        AtomOp::Max => old.max(a),
        AtomOp::And => old & a,
        AtomOp::Or => old | a,
        AtomOp::Xor => old ^ a,
        AtomOp::Exch => a,
        AtomOp::Cas if old == a => b,
        AtomOp::Cas => old,
    }
}
