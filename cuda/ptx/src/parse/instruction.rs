//! From an opcode, modifiers and operands to an operation.

use super::body::Body;
use super::names::{Symbol, is_special};
use super::operand::{Operand, Operands, Written, operands};
use super::table::{FORMS, Form, SPECIALS, Shape};
use super::{Cursor, ParseError, Result, error};
use crate::ir::{self, Op, Place, Special, Type};
use crate::lexer::{Kind, Token};

/// The type of this name, with its dot.
pub(super) fn type_named(name: &str) -> Option<Type> {
    Some(match name {
        ".pred" => Type::Pred,
        ".b32" => Type::B32,
        ".u32" => Type::U32,
        ".s32" => Type::S32,
        ".f32" => Type::F32,
        ".b64" => Type::B64,
        ".u64" => Type::U64,
        ".s64" => Type::S64,
        _ => return None,
    })
}

/// More than any instruction of PTX has.
const MODIFIERS: usize = 12;

/// Reads the rest of an instruction behind its opcode, and its `;`.
pub(super) fn operation<'a>(cursor: &mut Cursor<'a>, body: &mut Body<'a, '_>, opcode: Token<'a>) -> Result<Op> {
    let mut modifiers = Vec::new();
    while cursor.token.kind == Kind::Dot && modifiers.len() < MODIFIERS {
        modifiers.push(cursor.bump()?.text);
    }
    let name = format!("{}{}", opcode.text, modifiers.concat());
    let named = |error: ParseError| ParseError { problem: format!("{name}: {}", error.problem), ..error };

    if let Some(special) = SPECIALS.iter().find(|special| special.opcode == opcode.text) {
        let operands = operands(cursor, opcode).map_err(named)?;
        return match (special.build)(body, &modifiers, &operands).map_err(named)? {
            Some(op) => Ok(op),
            None => error(
                opcode.place,
                format!("{name} isn't in the subset that the simulated GPU runs, which has {}", special.usage),
            ),
        };
    }
    let ty = modifiers.last().and_then(|&modifier| type_named(modifier));
    let stem = &name[..name.len() - ty.map_or(0, |ty| ty.name().len() + 1)];
    let Some((form, ty)) = ty.and_then(|ty| Some((find(stem, ty)?, ty))) else {
        return error(opcode.place, foreign(&name, opcode.text, stem, ty));
    };
    let operands = operands(cursor, opcode).map_err(named)?;
    build(body, form.shape, ty, &operands).map_err(named)
}

fn find(stem: &str, ty: Type) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.name == stem && form.types.contains(&ty))
}

/// What to say of an instruction that isn't in the table.
fn foreign(name: &str, opcode: &str, stem: &str, ty: Option<Type>) -> String {
    if ty == Some(Type::F32) && find(&format!("{stem}.rn"), Type::F32).is_some() {
        let why =
            if matches!(stem, "add" | "sub" | "mul") { ", and ptxas might fuse it with its neighbour" } else { "" };
        return format!("{name}: no rounding is given{why}; write {stem}.rn.f32");
    }
    let same = FORMS.iter().filter(|form| form.name.split('.').next() == Some(opcode));
    let known: Vec<String> =
        same.flat_map(|form| form.types.iter().map(|ty| format!("{}.{}", form.name, ty.name()))).collect();
    let instead = if known.is_empty() { String::new() } else { format!(", which has {}", known.join(", ")) };
    format!("{name} isn't in the subset that the simulated GPU runs{instead}")
}

fn build(body: &mut Body, shape: Shape, ty: Type, operands: &Operands) -> Result<Op> {
    Ok(match shape {
        Shape::Mov => return mov(body, ty, operands.exactly()?),
        Shape::Cvta => {
            let [d, a] = operands.exactly()?;
            match a.written {
                Written::Name { .. } => Op::Mov { ty, d: body.destination(d, ty)?, a: body.source(a, ty)? },
                _ => return error(a.place, "an address in a 64-bit register belongs here"),
            }
        }
        Shape::Selp => {
            let [d, a, b, p] = operands.exactly()?;
            let (d, a, b) = (body.destination(d, ty)?, body.source(a, ty)?, body.source(b, ty)?);
            match p.written {
                Written::Name { name, offset: None } => {
                    Op::Selp { ty, d, a, b, p: body.register(name, p.place, Type::Pred)? }
                }
                _ => return error(p.place, "a predicate belongs here, without `!`: exchange the two values instead"),
            }
        }
        Shape::Unary(op) => {
            let [d, a] = operands.exactly()?;
            Op::Unary { op, ty, d: body.destination(d, ty)?, a: body.source(a, ty)? }
        }
        Shape::Count(op) => {
            let [d, a] = operands.exactly()?;
            Op::Unary { op, ty, d: body.destination(d, Type::U32)?, a: body.source(a, ty)? }
        }
        Shape::Binary(op) => {
            let [d, a, b] = operands.exactly()?;
            Op::Binary { op, ty, d: body.destination(d, ty)?, a: body.source(a, ty)?, b: body.source(b, ty)? }
        }
        Shape::Shift(op) => {
            let [d, a, b] = operands.exactly()?;
            Op::Binary { op, ty, d: body.destination(d, ty)?, a: body.source(a, ty)?, b: body.source(b, Type::U32)? }
        }
        Shape::Wide(op) => {
            let [d, a, b] = operands.exactly()?;
            Op::Binary { op, ty, d: body.destination(d, Type::U64)?, a: body.source(a, ty)?, b: body.source(b, ty)? }
        }
        Shape::Ternary(op) => {
            let [d, a, b, c] = operands.exactly()?;
            let (d, a, b, c) =
                (body.destination(d, ty)?, body.source(a, ty)?, body.source(b, ty)?, body.source(c, ty)?);
            Op::Ternary { op, ty, d, a, b, c }
        }
        Shape::WideTernary(op) => {
            let [d, a, b, c] = operands.exactly()?;
            let (d, a, b) = (body.destination(d, Type::U64)?, body.source(a, ty)?, body.source(b, ty)?);
            Op::Ternary { op, ty, d, a, b, c: body.source(c, Type::U64)? }
        }
    })
}

/// `mov` also reads special registers, addresses and constant predicates.
fn mov(body: &mut Body, ty: Type, [d, a]: &[Operand; 2]) -> Result<Op> {
    let d = body.destination(d, ty)?;
    let a = match a.written {
        Written::Special { name, axis } => return special(ty, d, name, axis, a.place),
        Written::Name { name, offset: None } if is_special(name) => return special(ty, d, name, "", a.place),
        Written::Name { name, offset } => match body.find(name, a.place)? {
            Symbol::Register { .. } => body.source(a, ty)?,
            symbol => variable(body, ty, name, symbol, offset.unwrap_or(0), a.place)?,
        },
        Written::Int { negative: false, magnitude: value @ (0 | 1) } if ty == Type::Pred => ir::Operand::Imm(value),
        Written::Not(_) if ty == Type::Pred => return error(a.place, "mov takes no `!`; write not.pred"),
        _ => body.source(a, ty)?,
    };
    Ok(Op::Mov { ty, d, a })
}

fn special(ty: Type, d: ir::Reg, name: &str, axis: &str, place: Place) -> Result<Op> {
    if !matches!(ty, Type::U32 | Type::S32 | Type::B32) {
        return error(place, format!("special registers have 32 bits; write mov.u32 %r, {name}{axis};"));
    }
    let number = match axis {
        ".x" => 0,
        ".y" => 1,
        ".z" => 2,
        _ => 3,
    };
    let special = match (name, axis) {
        ("%tid", _) if number < 3 => Special::Tid(number),
        ("%ntid", _) if number < 3 => Special::Ntid(number),
        ("%ctaid", _) if number < 3 => Special::Ctaid(number),
        ("%nctaid", _) if number < 3 => Special::Nctaid(number),
        ("%laneid", "") => Special::LaneId,
        ("%warpid", "") => Special::WarpId,
        _ => {
            let known = "%tid, %ntid, %ctaid and %nctaid with .x, .y or .z, %laneid and %warpid";
            return error(place, format!("`{name}{axis}` isn't a special register of the subset, which has {known}"));
        }
    };
    Ok(Op::Special { d, special })
}

/// The address of a variable.
fn variable(body: &mut Body, ty: Type, name: &str, symbol: Symbol, offset: i64, place: Place) -> Result<ir::Operand> {
    let (start, bytes) = match symbol {
        Symbol::Array { offset, bytes, .. } => (offset, bytes),
        Symbol::Dynamic => (0, usize::MAX >> 1),
        Symbol::Variable { .. } => (0, 0),
        _ => return error(place, format!("`{name}` is {}, which has no address to move", symbol.shown())),
    };
    match ty {
        Type::Pred | Type::F32 => {
            return error(place, format!("an address can't be moved as .{}; write mov.u64", ty.name()));
        }
        Type::B32 | Type::U32 | Type::S32 if matches!(symbol, Symbol::Variable { .. }) => {
            return error(place, format!("the address of `{name}` has 64 bits; write mov.u64"));
        }
        _ => (),
    }
    if offset != 0 && matches!(symbol, Symbol::Variable { .. }) {
        return error(place, format!("the subset has the address of `{name}` alone; add {offset} to it afterwards"));
    }
    if offset < 0 || offset > bytes as i64 {
        return error(place, format!("`{name}` with an offset of {offset} leaves the variable's {bytes} bytes"));
    }
    Ok(match symbol {
        Symbol::Variable { number, .. } => ir::Operand::Symbol(number),
        Symbol::Dynamic => {
            body.dynamic.push(body.code.len());
            ir::Operand::Imm(offset as u64)
        }
        _ => ir::Operand::Imm((start as i64 + offset) as u64),
    })
}
