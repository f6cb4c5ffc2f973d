//! Branches, barriers, and what lanes tell each other.

use super::body::Body;
use super::names::Jump;
use super::operand::{Operands, Written};
use super::{Result, error};
use crate::ir::{Op, ShflMode, Type, VoteMode};

pub(super) fn shfl(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let mode = match *modifiers {
        [".sync", ".up", ".b32"] => ShflMode::Up,
        [".sync", ".down", ".b32"] => ShflMode::Down,
        [".sync", ".bfly", ".b32"] => ShflMode::Bfly,
        [".sync", ".idx", ".b32"] => ShflMode::Idx,
        _ => return Ok(None),
    };
    let [d, a, b, c, mask] = operands.exactly()?;
    let (d, p) = match d.written {
        Written::Pair(d_name, p) => {
            let p = if p == "_" { None } else { Some(body.register(p, d.place, Type::Pred)?) };
            (body.register(d_name, d.place, Type::B32)?, p)
        }
        _ => (body.destination(d, Type::B32)?, None),
    };
    let (a, b, c) = (body.source(a, Type::B32)?, body.source(b, Type::U32)?, body.source(c, Type::U32)?);
    Ok(Some(Op::Shfl { mode, d, p, a, b, c, mask: body.source(mask, Type::U32)? }))
}

pub(super) fn vote(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let (mode, ty) = match *modifiers {
        [".sync", ".any", ".pred"] => (VoteMode::Any, Type::Pred),
        [".sync", ".all", ".pred"] => (VoteMode::All, Type::Pred),
        [".sync", ".uni", ".pred"] => (VoteMode::Uni, Type::Pred),
        [".sync", ".ballot", ".b32"] => (VoteMode::Ballot, Type::B32),
        _ => return Ok(None),
    };
    let [d, a, mask] = operands.exactly()?;
    Ok(Some(Op::Vote { mode, d: body.destination(d, ty)?, a: body.guard(a)?, mask: body.source(mask, Type::U32)? }))
}

pub(super) fn bar(_: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    if modifiers != [".sync"] {
        return Ok(None);
    }
    let [barrier] = operands.exactly()?;
    match barrier.written {
        Written::Int { magnitude: 0, .. } => Ok(Some(Op::Bar)),
        _ => error(barrier.place, "the subset has one barrier, of all threads of the block: bar.sync 0"),
    }
}

pub(super) fn membar(_: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    if !matches!(modifiers, [".gl"] | [".cta"]) {
        return Ok(None);
    }
    let [] = operands.exactly()?;
    Ok(Some(Op::Membar))
}

pub(super) fn bra<'a>(body: &mut Body<'a, '_>, modifiers: &[&str], operands: &Operands<'a>) -> Result<Option<Op>> {
    let uniform = match *modifiers {
        [] => false,
        [".uni"] => true,
        _ => return Ok(None),
    };
    let [label] = operands.exactly()?;
    let Written::Name { name, offset: None } = label.written else {
        return error(label.place, "a label belongs here");
    };
    let from = body.code.len();
    body.names.jump(Jump { from, label: name, place: label.place });
    Ok(Some(Op::Bra { target: 0, join: None, uniform }))
}

pub(super) fn ret(_: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    if !modifiers.is_empty() {
        return Ok(None);
    }
    let [] = operands.exactly()?;
    Ok(Some(Op::Ret))
}
