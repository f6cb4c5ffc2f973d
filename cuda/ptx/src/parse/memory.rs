//! Loads, stores and atomics.

use super::body::Body;
use super::instruction::type_named;
use super::names::Symbol;
use super::operand::{Operand, Operands, Written};
use super::{Result, error};
use crate::ir::{self, AtomOp, Op, Space, Type, Vector};

fn space_named(name: &str) -> Option<Space> {
    Some(match name {
        ".param" => Space::Param,
        ".global" => Space::Global,
        ".shared" => Space::Shared,
        ".local" => Space::Local,
        ".const" => Space::Const,
        _ => return None,
    })
}

/// How many values of which type, from the end of the modifiers.
fn shape(modifiers: &[&str]) -> Option<(usize, Type)> {
    let (len, ty) = match *modifiers {
        [ty] => (1, ty),
        [".v2", ty] => (2, ty),
        [".v4", ty] => (4, ty),
        _ => return None,
    };
    let ty = type_named(ty)?;
    (ty != Type::Pred && len * ty.bytes() <= 16).then_some((len, ty))
}

/// The operands of a vector access, one by one.
fn items<'o, 'a>(operand: &'o Operand<'a>, len: usize) -> Result<&'o [Operand<'a>]> {
    match &operand.written {
        Written::Vector(items) if len > 1 && items.len() == len => Ok(items),
        Written::Vector(items) if len > 1 => {
            error(operand.place, format!("expected {len} values, found {}", items.len()))
        }
        Written::Vector(_) => error(operand.place, "one value belongs here; two or four need .v2 or .v4"),
        _ if len > 1 => error(operand.place, format!("expected {len} values in braces, as {{%a, %b}}")),
        _ => Ok(std::slice::from_ref(operand)),
    }
}

/// Refuses floats and whole numbers in one vector of `.b32` or `.b64`, as `ptxas` does.
fn alike(body: &Body, items: &[Operand]) -> Result<()> {
    let mut first = None;
    for item in items {
        let float = match item.written {
            Written::Name { name, .. } => match body.find(name, item.place)? {
                Symbol::Register { ty: Type::F32, .. } => true,
                Symbol::Register { ty: Type::B32 | Type::B64, .. } => continue,
                _ => false,
            },
            Written::Float(_) | Written::Bits(_) => true,
            Written::Sink => continue,
            _ => false,
        };
        if *first.get_or_insert(float) != float {
            return error(item.place, "ptxas wants floats alone or whole numbers alone in a vector");
        }
    }
    Ok(())
}

pub(super) fn ld(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let (space, nc, rest) = match modifiers {
        [".global", ".nc", rest @ ..] => (Space::Global, true, rest),
        [space, rest @ ..] => match space_named(space) {
            Some(space) => (space, false, rest),
            None => return Ok(None),
        },
        [] => return Ok(None),
    };
    let Some((len, ty)) = shape(rest) else { return Ok(None) };
    let [target, address] = operands.exactly()?;
    let items = items(target, len)?;
    alike(body, items)?;
    if len > 1 && items.iter().all(|item| matches!(item.written, Written::Sink)) {
        return error(target.place, "at least one value must go to a register");
    }
    let mut d = Vector { items: [0; 4], len: len as u8 };
    for (slot, item) in d.items.iter_mut().zip(items) {
        *slot = match item.written {
            Written::Sink if len > 1 => body.sink(ty, item.place)?,
            _ => body.destination(item, ty)?,
        };
    }
    if let (Space::Param, Written::Address { base, .. }) = (space, &address.written) {
        body.read_as_declared(base, ty, address.place)?;
    }
    let address = body.address(address, space, len * ty.bytes())?;
    Ok(Some(Op::Ld { space, nc, ty, d, address }))
}

pub(super) fn st(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let [space, rest @ ..] = modifiers else { return Ok(None) };
    let Some(space @ (Space::Global | Space::Shared | Space::Local)) = space_named(space) else { return Ok(None) };
    let Some((len, ty)) = shape(rest) else { return Ok(None) };
    let [address, values] = operands.exactly()?;
    let address = body.address(address, space, len * ty.bytes())?;
    let items = items(values, len)?;
    alike(body, items)?;
    let mut a = Vector { items: [ir::Operand::Imm(0); 4], len: len as u8 };
    for (slot, item) in a.items.iter_mut().zip(items) {
        *slot = body.source(item, ty)?;
    }
    Ok(Some(Op::St { space, ty, a, address }))
}

/// The operation of this name, if there is one for this type.
fn atom_op(name: &str, ty: Type) -> Option<AtomOp> {
    let bits = ty == Type::B32;
    let int = matches!(ty, Type::U32 | Type::S32);
    Some(match name {
        ".add" if int || ty == Type::F32 => AtomOp::Add,
        ".min" if int => AtomOp::Min,
        ".max" if int => AtomOp::Max,
        ".and" if bits => AtomOp::And,
        ".or" if bits => AtomOp::Or,
        ".xor" if bits => AtomOp::Xor,
        ".exch" if bits => AtomOp::Exch,
        ".cas" if bits => AtomOp::Cas,
        _ => return None,
    })
}

fn atomic(modifiers: &[&str]) -> Option<(Space, AtomOp, Type)> {
    let [space, op, ty] = modifiers else { return None };
    let space = space_named(space).filter(|space| matches!(space, Space::Global | Space::Shared))?;
    let ty = type_named(ty)?;
    Some((space, atom_op(op, ty)?, ty))
}

pub(super) fn atom(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let Some((space, op, ty)) = atomic(modifiers) else { return Ok(None) };
    let (d, address, a, b) = if op == AtomOp::Cas {
        let [d, address, a, b] = operands.exactly()?;
        (d, address, a, body.source(b, ty)?)
    } else {
        let [d, address, a] = operands.exactly()?;
        (d, address, a, ir::Operand::Imm(0))
    };
    let d = match d.written {
        Written::Sink => None,
        _ => Some(body.destination(d, ty)?),
    };
    let address = body.address(address, space, ty.bytes())?;
    Ok(Some(Op::Atom { space, op, ty, d, address, a: body.source(a, ty)?, b }))
}

pub(super) fn red(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let Some((space, op, ty)) = atomic(modifiers) else { return Ok(None) };
    if matches!(op, AtomOp::Exch | AtomOp::Cas) {
        return Ok(None);
    }
    let [address, a] = operands.exactly()?;
    let address = body.address(address, space, ty.bytes())?;
    Ok(Some(Op::Atom { space, op, ty, d: None, address, a: body.source(a, ty)?, b: ir::Operand::Imm(0) }))
}
