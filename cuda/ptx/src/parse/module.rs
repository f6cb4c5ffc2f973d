//! A file: its header, the variables of the module, the kernels.

use std::sync::Arc;

use super::declaration::{self, Variable};
use super::names::{Names, Symbol};
use super::operand::{Written, simple};
use super::types::literal;
use super::{Cursor, Result, body, error};
use crate::ir::{self, Module, Param, Space, Type};
use crate::lexer::Kind;

/// The most bytes of parameters.
const PARAMS: usize = 4096;
/// The most bytes of `.const` variables.
const CONST: usize = 64 << 10;
/// The most bytes of `.global` variables.
const GLOBAL: usize = 16 << 20;

/// The GPUs that a `.target` may name, and the first version of PTX that knows them, times ten.
const TARGETS: &[(u32, u32)] = &[
    (50, 60),
    (52, 60),
    (53, 60),
    (60, 60),
    (61, 60),
    (62, 60),
    (70, 60),
    (72, 61),
    (75, 63),
    (80, 70),
    (86, 71),
    (87, 74),
    (89, 78),
    (90, 78),
    (100, 86),
    (101, 86),
    (103, 88),
    (120, 87),
    (121, 88),
];

/// Reads a whole file.
pub(super) fn module(cursor: &mut Cursor) -> Result<Module> {
    header(cursor)?;
    let mut names = Names::new();
    let mut module = Module { kernels: Vec::new(), variables: Vec::new() };
    let (mut const_bytes, mut global_bytes) = (0, 0);
    while cursor.token.kind != Kind::End {
        let visible = cursor.eat(".visible")?;
        let token = cursor.token;
        match token.text {
            ".entry" => {
                cursor.bump()?;
                let name = cursor.name("the kernel's name")?;
                names.declare(name.text, name.place, Symbol::Kernel)?;
                names.open(name.place)?;
                let params = params(cursor, &mut names)?;
                module.kernels.push(Arc::new(body::kernel(cursor, &mut names, &module.variables, name, params)?));
            }
            ".global" | ".const" => {
                cursor.bump()?;
                let room = match token.text {
                    ".const" => (Space::Const, CONST, &mut const_bytes),
                    _ => (Space::Global, GLOBAL, &mut global_bytes),
                };
                variables(cursor, &mut names, &mut module.variables, room)?;
            }
            ".extern" if !visible => dynamic(cursor, &mut names)?,
            ".shared" => return error(token.place, "a .shared variable belongs inside the kernel that uses it"),
            ".version" | ".target" | ".address_size" => {
                return error(token.place, format!("a second `{}`", token.text));
            }
            _ if token.kind == Kind::Dot => {
                let known = ".entry, .global, .const and .extern .shared";
                return error(token.place, format!("{} isn't in the subset, which has {known} here", token.shown()));
            }
            _ => return cursor.unexpected("a kernel or a variable"),
        }
    }
    Ok(module)
}

/// `.version`, `.target` and `.address_size`, in this order.
fn header(cursor: &mut Cursor) -> Result<()> {
    cursor.expect(".version")?;
    let version = cursor.bump()?;
    // One digit, a point and one digit: 6.6 to 6.9, 7.9 and 8.9 have never been.
    let number = match *version.text.as_bytes() {
        [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => u32::from(major - b'0') * 10 + u32::from(minor - b'0'),
        _ => 0,
    };
    if !matches!(number, 60..=65 | 70..=78 | 80..=88 | 90..) {
        let problem = format!("{} isn't a version of PTX from 6.0 on; the book's is `.version 6.0`", version.shown());
        return error(version.place, problem);
    }
    cursor.expect(".target")?;
    let target = cursor.bump()?;
    let sm = target.text.strip_prefix("sm_").and_then(|sm| sm.parse().ok());
    match TARGETS.iter().find(|&&(known, _)| Some(known) == sm) {
        Some(&(_, since)) if number < since => {
            let since = format!("{}.{}", since / 10, since % 10);
            return error(target.place, format!("`{}` needs `.version {since}` or a later one", target.text));
        }
        Some(_) => (),
        None => {
            return error(target.place, format!("{} isn't a known GPU; the book's is `.target sm_50`", target.shown()));
        }
    }
    cursor.expect(".address_size")?;
    if cursor.token.kind != Kind::Int(64) {
        return cursor.unexpected("64, the only address size");
    }
    cursor.bump()?;
    Ok(())
}

/// A kernel's parameters, from `(` to `)`.
fn params<'a>(cursor: &mut Cursor<'a>, names: &mut Names<'a>) -> Result<Vec<Param>> {
    let mut params = Vec::new();
    let mut end = 0_usize;
    if !cursor.is("(") {
        return if cursor.is("{") { Ok(params) } else { cursor.unexpected("`(` or `{`") };
    }
    cursor.bump()?;
    while !cursor.eat(")")? {
        if !params.is_empty() && !cursor.eat(",")? {
            return cursor.unexpected("`,` or `)`");
        }
        cursor.expect(".param")?;
        let place = cursor.token.place;
        let aligned = cursor.is(".align");
        let element = declaration::element(cursor)?;
        let variable = declaration::variable(cursor, element)?;
        if variable.dimensions != usize::from(variable.ty.is_none()) || (aligned && variable.ty.is_some()) {
            return error(
                place,
                "a parameter is a number, as `.u32 n`, or a block of bytes, as `.align 8 .b8 block[24]`",
            );
        }
        let offset = end.next_multiple_of(variable.align);
        let bytes = variable.bytes(PARAMS.saturating_sub(offset), "are left to parameters")?;
        end = offset + bytes;
        names.declare(variable.name.text, variable.name.place, Symbol::Param(params.len()))?;
        params.push(Param { name: variable.name.text.into(), ty: variable.ty, offset, bytes });
    }
    Ok(params)
}

/// `.extern .shared .align 16 .b8 tile[];`: as large as the launch says.
fn dynamic<'a>(cursor: &mut Cursor<'a>, names: &mut Names<'a>) -> Result<()> {
    cursor.bump()?;
    cursor.expect(".shared")?;
    let element = declaration::element(cursor)?;
    let variable = declaration::variable(cursor, element)?;
    if variable.len.is_some() || variable.align > 16 {
        let problem =
            "write `.extern .shared .align 16 .b8 name[];`: the launch says how large it is, and it is aligned to 16";
        return error(variable.name.place, problem);
    }
    names.declare(variable.name.text, variable.name.place, Symbol::Dynamic)?;
    cursor.semicolon()
}

/// The rest of a `.global` or `.const` declaration.
fn variables<'a>(
    cursor: &mut Cursor<'a>,
    names: &mut Names<'a>,
    variables: &mut Vec<ir::Variable>,
    (space, most, used): (Space, usize, &mut usize),
) -> Result<()> {
    let element = declaration::element(cursor)?;
    loop {
        let variable = declaration::variable(cursor, element)?;
        let offset = used.next_multiple_of(variable.align);
        let bytes = variable.bytes(most.saturating_sub(offset), "are left to variables of its state space")?;
        *used = offset + bytes;
        let mut content = vec![0; bytes.next_multiple_of(4)];
        if cursor.eat("=")? {
            values(cursor, &variable, &mut content[..bytes])?;
        }
        let Ok(number) = u16::try_from(variables.len()) else {
            return error(variable.name.place, "a module can have 65536 variables");
        };
        let symbol = Symbol::Variable { number, space, align: variable.align };
        names.declare(variable.name.text, variable.name.place, symbol)?;
        variables.push(ir::Variable { name: variable.name.text.into(), space, bytes: content });
        if !cursor.eat(",")? {
            return cursor.semicolon();
        }
    }
}

/// The first values of a variable; the rest is zero.
fn values(cursor: &mut Cursor, variable: &Variable, content: &mut [u8]) -> Result<()> {
    match variable.dimensions {
        0 => return value(cursor, variable, content),
        1 => (),
        _ => return error(cursor.token.place, "the subset has values for arrays of one dimension alone"),
    }
    cursor.expect("{")?;
    let mut slots = content.chunks_exact_mut(variable.element());
    loop {
        let Some(slot) = slots.next() else {
            return error(cursor.token.place, format!("`{}` has fewer elements than values", variable.name.text));
        };
        value(cursor, variable, slot)?;
        if cursor.eat("}")? {
            return Ok(());
        }
        if !cursor.eat(",")? {
            return cursor.unexpected("`,` or `}`");
        }
    }
}

/// One value, little-endian as in memory.
fn value(cursor: &mut Cursor, variable: &Variable, slot: &mut [u8]) -> Result<()> {
    let operand = simple(cursor)?;
    if !matches!(operand.written, Written::Int { .. } | Written::Float(_) | Written::Bits(_)) {
        return error(operand.place, "a number belongs here");
    }
    let bits = literal(&operand, variable.ty.unwrap_or(Type::U32))?;
    if variable.ty.is_none() && !(-128..256).contains(&i64::from(bits as u32 as i32)) {
        return error(operand.place, "this number doesn't fit in a byte");
    }
    slot.copy_from_slice(&bits.to_le_bytes()[..slot.len()]);
    Ok(())
}
