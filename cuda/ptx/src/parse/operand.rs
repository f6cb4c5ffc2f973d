//! Operands as they are written, before one knows what their names mean.

use super::{Cursor, Result, error};
use crate::ir::Place;
use crate::lexer::{Kind, Token};

/// An operand and its place.
#[derive(Debug, Clone)]
pub(super) struct Operand<'a> {
    pub place: Place,
    pub written: Written<'a>,
}

/// An operand as it is written.
#[derive(Debug, Clone)]
pub(super) enum Written<'a> {
    /// `%n`, and `tile+64`.
    Name {
        name: &'a str,
        offset: Option<i64>,
    },
    /// `!%p`.
    Not(&'a str),
    /// `%tid.x`.
    Special {
        name: &'a str,
        axis: &'a str,
    },
    Int {
        negative: bool,
        magnitude: u64,
    },
    /// A decimal number.
    Float(f64),
    /// `0f3F800000`.
    Bits(u32),
    /// `[base + offset]`.
    Address {
        base: &'a str,
        offset: i64,
    },
    /// `{a, b}`.
    Vector(Vec<Operand<'a>>),
    /// `d|q`.
    Pair(&'a str, &'a str),
    /// `_`.
    Sink,
}

/// The operands of an instruction.
pub(super) struct Operands<'a> {
    /// The instruction's place.
    place: Place,
    list: Vec<Operand<'a>>,
}

impl<'a> Operands<'a> {
    /// The operands, if they are as many as the instruction takes.
    pub fn exactly<const N: usize>(&self) -> Result<&[Operand<'a>; N]> {
        let list = self.list.as_slice();
        list.try_into().or_else(|_| {
            error(self.place, format!("expected {N} operand{}, found {}", if N == 1 { "" } else { "s" }, list.len()))
        })
    }
}

/// Reads what stands between an opcode and its `;`, and passes that, too.
pub(super) fn operands<'a>(cursor: &mut Cursor<'a>, opcode: Token<'a>) -> Result<Operands<'a>> {
    let mut list = Vec::new();
    // What follows these on a new line is the next instruction.
    let bare = matches!(opcode.text, "ret" | "exit" | "membar") && cursor.token.place.line != cursor.last.place.line;
    if !cursor.is(";") && !bare {
        list.push(operand(cursor)?);
        while cursor.eat(",")? {
            list.push(operand(cursor)?);
        }
    }
    cursor.semicolon()?;
    Ok(Operands { place: opcode.place, list })
}

fn operand<'a>(cursor: &mut Cursor<'a>) -> Result<Operand<'a>> {
    let place = cursor.token.place;
    let written = match cursor.token.text {
        "[" => address(cursor)?,
        "{" => {
            cursor.bump()?;
            let mut items = vec![simple(cursor)?];
            while cursor.eat(",")? {
                items.push(simple(cursor)?);
            }
            if !cursor.eat("}")? {
                return cursor.unexpected("`,` or `}`");
            }
            Written::Vector(items)
        }
        _ => return simple(cursor),
    };
    Ok(Operand { place, written })
}

/// All but addresses and vectors.
pub(super) fn simple<'a>(cursor: &mut Cursor<'a>) -> Result<Operand<'a>> {
    let token = cursor.token;
    let place = token.place;
    let written = match token.kind {
        Kind::Word => word(cursor)?,
        Kind::Sign if token.text == "!" => {
            cursor.bump()?;
            Written::Not(cursor.name("a predicate")?.text)
        }
        Kind::Sign if token.text == "-" => {
            cursor.bump()?;
            match cursor.token.kind {
                Kind::Int(magnitude) => Written::Int { negative: true, magnitude },
                Kind::Float(value) => Written::Float(-value),
                Kind::Bits(bits) => {
                    let turned = bits ^ 0x8000_0000;
                    return error(place, format!("PTX has no `-` before a number's bits; write 0f{turned:08X}"));
                }
                _ => return cursor.unexpected("a number"),
            }
        }
        Kind::Int(magnitude) => Written::Int { negative: false, magnitude },
        Kind::Float(value) => Written::Float(value),
        Kind::Bits(bits) => Written::Bits(bits),
        _ => return cursor.unexpected("an operand"),
    };
    if matches!(written, Written::Int { .. } | Written::Float(_) | Written::Bits(_)) {
        cursor.bump()?;
    }
    Ok(Operand { place, written })
}

/// What begins with a name.
fn word<'a>(cursor: &mut Cursor<'a>) -> Result<Written<'a>> {
    let name = cursor.bump()?.text;
    if cursor.eat("|")? {
        let second = cursor.token;
        if second.kind != Kind::Word {
            return cursor.unexpected("a predicate");
        }
        cursor.bump()?;
        return Ok(Written::Pair(name, second.text));
    }
    Ok(match cursor.token.kind {
        _ if name == "_" => Written::Sink,
        Kind::Dot => Written::Special { name, axis: cursor.bump()?.text },
        Kind::Sign if cursor.token.text == "+" => Written::Name { name, offset: Some(offset(cursor)?) },
        _ => Written::Name { name, offset: None },
    })
}

fn address<'a>(cursor: &mut Cursor<'a>) -> Result<Written<'a>> {
    cursor.expect("[")?;
    let base = cursor.name("a register or a variable")?.text;
    let offset = if cursor.is("]") { 0 } else { offset(cursor)? };
    cursor.expect("]")?;
    Ok(Written::Address { base, offset })
}

/// `+4`, `+-4`: 32 bits with a sign.
fn offset(cursor: &mut Cursor) -> Result<i64> {
    if cursor.is("-") {
        return error(cursor.token.place, "PTX has no `-` here; a negative offset is written with both signs: [%r+-4]");
    }
    if !cursor.eat("+")? {
        return cursor.unexpected("`+` or `]`");
    }
    let place = cursor.token.place;
    let negative = cursor.eat("-")?;
    let Kind::Int(magnitude) = cursor.token.kind else { return cursor.unexpected("a whole number") };
    cursor.bump()?;
    let offset = i64::try_from(magnitude).ok().map(|offset| if negative { -offset } else { offset });
    match offset.filter(|&offset| i32::try_from(offset).is_ok()) {
        Some(offset) => Ok(offset),
        None => error(place, "an offset has 32 bits with a sign, from -2147483648 to 2147483647"),
    }
}
