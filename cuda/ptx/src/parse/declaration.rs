//! Declarations: registers, and the size and alignment of variables.

use super::body::Body;
use super::instruction::type_named;
use super::names::Symbol;
use super::{Cursor, Result, error};
use crate::ir::{Place, Reg, Space, Type};
use crate::lexer::{Kind, Token};

/// The most `.shared` memory of a block that a kernel may declare.
const SHARED: usize = 48 << 10;
/// The most `.local` memory of a thread.
const LOCAL: usize = 512 << 10;
/// The largest alignment: that of an allocation.
const ALIGNMENT: usize = 256;
/// The most registers of a module: a few words can declare a great many, and every one has a name to remember.
const REGISTERS: usize = 1 << 18;

/// A variable as it is declared: `.align 16 .b8 tile[4096]`.
pub(super) struct Variable<'a> {
    pub name: Token<'a>,
    /// `None` for `.b8`.
    pub ty: Option<Type>,
    pub align: usize,
    /// Its elements; `None` for `[]`.
    pub len: Option<usize>,
    /// How many lengths in brackets it has.
    pub dimensions: usize,
}

impl Variable<'_> {
    /// The size of an element.
    pub fn element(&self) -> usize {
        self.ty.map_or(1, Type::bytes)
    }

    /// Its size, if that is at most `most` bytes.
    pub fn bytes(&self, most: usize, of: &str) -> Result<usize> {
        let bytes = match self.len {
            Some(0) => return error(self.name.place, format!("`{}` has no elements", self.name.text)),
            Some(len) => len.saturating_mul(self.element()),
            None => return error(self.name.place, format!("say how many elements `{}` has", self.name.text)),
        };
        if bytes > most {
            return error(self.name.place, format!("`{}` takes {bytes} bytes, and {most} {of}", self.name.text));
        }
        Ok(bytes)
    }
}

/// Reads `.align 16 .b8`.
pub(super) fn element(cursor: &mut Cursor) -> Result<(Option<Type>, usize)> {
    let place = cursor.token.place;
    let mut align = None;
    if cursor.eat(".align")? {
        let place = cursor.token.place;
        let Kind::Int(value) = cursor.token.kind else { return cursor.unexpected("a number of bytes") };
        align = usize::try_from(value).ok().filter(|align| align.is_power_of_two() && *align <= ALIGNMENT);
        if align.is_none() {
            return error(place, format!("an alignment is a power of two, up to {ALIGNMENT}, not {value}"));
        }
        cursor.bump()?;
    }
    let name = cursor.token;
    let ty = match type_named(name.text) {
        _ if name.kind != Kind::Dot => return cursor.unexpected("a type"),
        None if name.text == ".b8" => None,
        Some(ty) if ty != Type::Pred => Some(ty),
        _ => {
            let known = ".b8, .b32, .u32, .s32, .f32, .b64, .u64 and .s64";
            return error(
                name.place,
                format!("`{}` isn't a type of the subset's variables, which are {known}", name.text),
            );
        }
    };
    cursor.bump()?;
    // The subset reads and writes 4 bytes or more of a .b8 array.
    let least = ty.map_or(4, Type::bytes);
    match align.unwrap_or(ty.map_or(1, Type::bytes)) {
        align if align < least => error(place, format!("`{0}` needs an alignment: .align {least} {0}", name.text)),
        align => Ok((ty, align)),
    }
}

/// Reads a name and its dimensions behind [`element`].
pub(super) fn variable<'a>(cursor: &mut Cursor<'a>, (ty, align): (Option<Type>, usize)) -> Result<Variable<'a>> {
    let name = cursor.name("a name")?;
    let mut dimensions = 0;
    let mut len = Some(1_usize);
    while cursor.eat("[")? {
        dimensions += 1;
        match cursor.token.kind {
            Kind::Int(size) => {
                len = len.map(|len| len.saturating_mul(usize::try_from(size).unwrap_or(usize::MAX)));
                cursor.bump()?;
            }
            _ if cursor.is("]") => len = None,
            _ => return cursor.unexpected("a number of elements"),
        }
        cursor.expect("]")?;
    }
    Ok(Variable { name, ty, align, len, dimensions })
}

/// Reads the rest of `.reg .f32 %x, %acc<16>;`.
pub(super) fn registers<'a>(cursor: &mut Cursor<'a>, body: &mut Body<'a, '_>) -> Result<()> {
    let Some(ty) = type_named(cursor.token.text) else {
        let known = ".pred, .b32, .u32, .s32, .f32, .b64, .u64 and .s64";
        let problem = format!("{} isn't a type of the subset's registers, which are {known}", cursor.token.shown());
        return error(cursor.token.place, problem);
    };
    cursor.bump()?;
    loop {
        let name = cursor.name("a register's name")?;
        if cursor.eat("<")? {
            let Kind::Int(count) = cursor.token.kind else { return cursor.unexpected("a number of registers") };
            cursor.bump()?;
            cursor.expect(">")?;
            body.family(name, ty, count)?;
        } else {
            let reg = body.new_register(name.text.into(), ty, name.place)?;
            body.names.declare(name.text, name.place, Symbol::Register { ty, reg })?;
        }
        if !cursor.eat(",")? {
            return cursor.semicolon();
        }
    }
}

/// Reads the rest of a `.shared` or `.local` declaration in a kernel.
pub(super) fn arrays<'a>(cursor: &mut Cursor<'a>, body: &mut Body<'a, '_>, space: Space) -> Result<()> {
    let element = element(cursor)?;
    loop {
        let variable = variable(cursor, element)?;
        if cursor.is("=") {
            return error(cursor.token.place, ".shared and .local variables can't have first values; store them");
        }
        let (used, most, of) = match space {
            Space::Shared => (&mut body.shared_bytes, SHARED, "of .shared memory are left to the kernel"),
            _ => (&mut body.local_bytes, LOCAL, "of .local memory are left to a thread"),
        };
        let offset = used.next_multiple_of(variable.align);
        let bytes = variable.bytes(most.saturating_sub(offset), of)?;
        *used = offset + bytes;
        let symbol = Symbol::Array { space, offset, bytes, align: variable.align };
        body.names.declare(variable.name.text, variable.name.place, symbol)?;
        if !cursor.eat(",")? {
            return cursor.semicolon();
        }
    }
}

impl<'a> Body<'a, '_> {
    /// The registers `%f0`, `%f1`, ... of `%f<count>`.
    fn family(&mut self, name: Token<'a>, ty: Type, count: u64) -> Result<()> {
        for number in 0..count {
            let member = format!("{}{number}", name.text);
            let reg = self.new_register(member.clone(), ty, name.place)?;
            self.names.declare(&member, name.place, Symbol::Register { ty, reg })?;
        }
        Ok(())
    }

    /// A number for a new register.
    pub fn new_register(&mut self, name: String, ty: Type, place: Place) -> Result<Reg> {
        let file = match ty {
            Type::Pred => &mut self.registers.pred,
            _ if ty.is_wide() => &mut self.registers.r64,
            _ => &mut self.registers.r32,
        };
        match Reg::try_from(file.len()) {
            _ if self.names.registers == REGISTERS => {
                error(place, format!("all kernels of a module can have {REGISTERS} registers together"))
            }
            Ok(reg) if reg < Reg::MAX => {
                file.push(name);
                self.names.registers += 1;
                Ok(reg)
            }
            _ => error(place, format!("a kernel can have {} registers of a size", Reg::MAX)),
        }
    }
}
