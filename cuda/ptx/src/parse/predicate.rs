//! Comparisons and conversions.

use super::body::Body;
use super::instruction::type_named;
use super::operand::{Operands, Written};
use super::{Result, error};
use crate::ir::{BoolOp, Compare, Op, Rounding, Type};

/// The comparison of this name, if there is one for this type.
fn compare(name: &str, ty: Type) -> Option<Compare> {
    let float = ty == Type::F32;
    let unsigned = matches!(ty, Type::U32 | Type::U64);
    let ordered = !matches!(ty, Type::B32 | Type::B64);
    Some(match name {
        ".eq" => Compare::Eq,
        ".ne" => Compare::Ne,
        ".lt" if ordered => Compare::Lt,
        ".le" if ordered => Compare::Le,
        ".gt" if ordered => Compare::Gt,
        ".ge" if ordered => Compare::Ge,
        ".lo" if unsigned => Compare::Lt,
        ".ls" if unsigned => Compare::Le,
        ".hi" if unsigned => Compare::Gt,
        ".hs" if unsigned => Compare::Ge,
        ".equ" if float => Compare::Equ,
        ".neu" if float => Compare::Neu,
        ".ltu" if float => Compare::Ltu,
        ".leu" if float => Compare::Leu,
        ".gtu" if float => Compare::Gtu,
        ".geu" if float => Compare::Geu,
        ".num" if float => Compare::Num,
        ".nan" if float => Compare::Nan,
        _ => return None,
    })
}

pub(super) fn setp(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let (cmp, bool_op, ty) = match *modifiers {
        [cmp, ty] => (cmp, None, ty),
        [cmp, ".and", ty] => (cmp, Some(BoolOp::And), ty),
        [cmp, ".or", ty] => (cmp, Some(BoolOp::Or), ty),
        [cmp, ".xor", ty] => (cmp, Some(BoolOp::Xor), ty),
        _ => return Ok(None),
    };
    let Some(ty) = type_named(ty).filter(|&ty| ty != Type::Pred) else { return Ok(None) };
    let Some(cmp) = compare(cmp, ty) else { return Ok(None) };

    let (d, a, b, c) = match bool_op {
        None => {
            let [d, a, b] = operands.exactly()?;
            (d, a, b, None)
        }
        Some(bool_op) => {
            let [d, a, b, c] = operands.exactly()?;
            (d, a, b, Some((bool_op, body.guard(c)?)))
        }
    };
    let (d, q) = match d.written {
        Written::Pair(first, second) if first == second => {
            return error(d.place, format!("`{first}` can't be both results"));
        }
        // Some versions of ptxas crash at this one, if the instruction has a guard.
        Written::Pair("_", _) => {
            return error(d.place, "`_` can only be the second result; ask for the opposite comparison instead");
        }
        Written::Pair(first, "_") => (body.register(first, d.place, Type::Pred)?, None),
        Written::Pair(first, second) => {
            (body.register(first, d.place, Type::Pred)?, Some(body.register(second, d.place, Type::Pred)?))
        }
        _ => (body.destination(d, Type::Pred)?, None),
    };
    Ok(Some(Op::Setp { cmp, ty, d, q, a: body.source(a, ty)?, b: body.source(b, ty)?, c }))
}

pub(super) fn cvt(body: &mut Body, modifiers: &[&str], operands: &Operands) -> Result<Option<Op>> {
    let (rounding, to, from) = match *modifiers {
        [to, from] => ("", to, from),
        [rounding, to, from] => (rounding, to, from),
        _ => return Ok(None),
    };
    let number = |name| type_named(name).filter(|ty| !matches!(ty, Type::Pred | Type::B32 | Type::B64));
    let (Some(to), Some(from)) = (number(to), number(from)) else { return Ok(None) };
    let rounding = match (rounding, to == Type::F32, from == Type::F32) {
        ("", false, false) => Rounding::None,
        (".rn", true, false) => Rounding::Nearest,
        (".rni", false, true) => Rounding::NearestInt,
        (".rzi", false, true) => Rounding::Zero,
        (".rmi", false, true) => Rounding::Down,
        (".rpi", false, true) => Rounding::Up,
        _ => return Ok(None),
    };
    let [d, a] = operands.exactly()?;
    Ok(Some(Op::Cvt { to, from, rounding, d: body.destination(d, to)?, a: body.source(a, from)? }))
}
