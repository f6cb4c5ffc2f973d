//! Which operands an instruction takes: types, widths, ranges.

use super::body::Body;
use super::names::{Symbol, is_special};
use super::operand::{Operand, Written};
use super::{Result, error};
use crate::ir::{self, Guard, Place, Reg, Space, Type};

/// Whether a register of one type may stand where an instruction has another one.
pub(super) fn fits(register: Type, wanted: Type) -> bool {
    let bits = |ty| matches!(ty, Type::B32 | Type::B64);
    register.bytes() == wanted.bytes()
        && (bits(register) || bits(wanted) || (register == Type::F32) == (wanted == Type::F32))
}

/// The registers that fit, as a message names them.
fn takes(wanted: Type) -> &'static str {
    match wanted {
        Type::Pred => "a predicate",
        Type::B32 => "a register of 32 bits",
        Type::U32 | Type::S32 => "a register of type .u32, .s32 or .b32",
        Type::F32 => "a register of type .f32 or .b32",
        Type::B64 => "a register of 64 bits",
        Type::U64 | Type::S64 => "a register of type .u64, .s64 or .b64",
    }
}

/// What the block of parameters and dynamic shared memory are aligned to.
const BLOCK: usize = 16;

/// The name of a state space, as in `ld.global`.
fn space_name(space: Space) -> &'static str {
    match space {
        Space::Param => "param",
        Space::Global => "global",
        Space::Shared => "shared",
        Space::Local => "local",
        Space::Const => "const",
    }
}

impl Body<'_, '_> {
    /// What a name means, which must have been declared.
    pub fn find(&self, name: &str, place: Place) -> Result<Symbol> {
        match self.names.find(name) {
            Some(symbol) => Ok(symbol),
            None if name == "_" => error(place, "`_` can't stand here; name a register"),
            None => error(place, format!("`{name}` isn't declared here")),
        }
    }

    /// The number of a register that a value of type `wanted` fits in.
    pub fn register(&self, name: &str, place: Place, wanted: Type) -> Result<Reg> {
        match self.find(name, place)? {
            Symbol::Register { ty, reg } if fits(ty, wanted) => Ok(reg),
            symbol => error(place, format!("`{name}` is {}, but {} belongs here", symbol.shown(), takes(wanted))),
        }
    }

    /// A register to write to.
    pub fn destination(&self, operand: &Operand, wanted: Type) -> Result<Reg> {
        match operand.written {
            Written::Name { name, offset: None } => self.register(name, operand.place, wanted),
            Written::Sink => error(operand.place, format!("`_` can't stand here; name {}", takes(wanted))),
            _ => error(operand.place, format!("the result needs {}", takes(wanted))),
        }
    }

    /// A register, or a literal if it isn't a predicate.
    pub fn source(&self, operand: &Operand, wanted: Type) -> Result<ir::Operand> {
        let place = operand.place;
        match operand.written {
            Written::Name { name, offset: None } if is_special(name) => {
                error(place, format!("only mov reads special registers: mov.u32 %r, {name};"))
            }
            Written::Name { name, offset: None } => self.register(name, place, wanted).map(ir::Operand::Reg),
            Written::Special { name, axis } if is_special(name) => {
                error(place, format!("only mov reads special registers: mov.u32 %r, {name}{axis};"))
            }
            _ => literal(operand, wanted).map(ir::Operand::Imm),
        }
    }

    /// A predicate, or `!` and a predicate.
    pub fn guard(&self, operand: &Operand) -> Result<Guard> {
        let (name, negated) = match operand.written {
            Written::Name { name, offset: None } => (name, false),
            Written::Not(name) => (name, true),
            _ => return error(operand.place, "a predicate belongs here, perhaps with a `!`"),
        };
        Ok(Guard { reg: self.register(name, operand.place, Type::Pred)?, negated })
    }

    /// An address from which an instruction reaches `bytes` bytes.
    pub fn address(&mut self, operand: &Operand, space: Space, bytes: usize) -> Result<ir::Address> {
        let place = operand.place;
        let Written::Address { base, offset } = operand.written else {
            return error(place, "an address belongs here, in brackets: [%rd+4]");
        };
        let symbol = self.find(base, place)?;
        let (at, start, size, align) = match symbol {
            Symbol::Register { ty, reg } => {
                let base = match ty {
                    _ if space == Space::Param => return error(place, "parameters are read by their name: [n]"),
                    Type::B64 | Type::U64 | Type::S64 => ir::Base::Reg64(reg),
                    Type::B32 | Type::U32 | Type::S32 if matches!(space, Space::Shared | Space::Local) => {
                        ir::Base::Reg32(reg)
                    }
                    Type::Pred | Type::F32 => {
                        return error(place, format!("`{base}` is {}, which holds no address", symbol.shown()));
                    }
                    _ => {
                        let (shown, space) = (symbol.shown(), space_name(space));
                        return error(place, format!("`{base}` is {shown}, but an address in .{space} has 64 bits"));
                    }
                };
                return Ok(ir::Address { base, offset });
            }
            Symbol::Param(number) if space == Space::Param => {
                let param = &self.params[number];
                (ir::Base::Space, param.offset, param.bytes, BLOCK)
            }
            Symbol::Array { space: its, offset, bytes, align } if its == space => {
                (ir::Base::Space, offset, bytes, align)
            }
            Symbol::Dynamic if space == Space::Shared => {
                self.dynamic.push(self.code.len());
                (ir::Base::Space, 0, usize::MAX, BLOCK)
            }
            Symbol::Variable { number, space: its, align } if its == space => {
                (ir::Base::Symbol(number), 0, self.variables[usize::from(number)].bytes.len(), align)
            }
            _ => {
                let (shown, space) = (symbol.shown(), space_name(space));
                return error(place, format!("`{base}` is {shown}, but an address in .{space} belongs here"));
            }
        };
        if usize::try_from(offset).ok().and_then(|offset| offset.checked_add(bytes)).is_none_or(|end| end > size) {
            let problem = format!("`{base}` has {size} bytes, and these are {bytes} bytes from byte {offset} on");
            return error(place, problem);
        }
        if bytes > align {
            let problem = format!("these are {bytes} bytes at once; declare `{base}` with .align {bytes}, not {align}");
            return error(place, problem);
        }
        let offset = start as i64 + offset;
        if offset % bytes as i64 != 0 {
            let space = space_name(space);
            let problem =
                format!("{bytes} bytes at once begin at a multiple of {bytes}, not at byte {offset} of .{space}");
            return error(place, problem);
        }
        Ok(ir::Address { base: at, offset })
    }
}

/// The bits of a number of this type.
pub(super) fn literal(operand: &Operand, wanted: Type) -> Result<u64> {
    let place = operand.place;
    match operand.written {
        _ if wanted == Type::Pred => error(place, "a predicate belongs here"),
        Written::Int { negative, magnitude } => int(place, wanted, negative, magnitude),
        Written::Float(value) => float(place, wanted, value),
        Written::Bits(bits) if matches!(wanted, Type::F32 | Type::B32) => Ok(bits.into()),
        Written::Bits(_) => error(
            place,
            format!("these are the bits of a float, but a whole number of type .{} belongs here", wanted.name()),
        ),
        _ => error(place, format!("a number or {} belongs here", takes(wanted))),
    }
}

fn int(place: Place, wanted: Type, negative: bool, magnitude: u64) -> Result<u64> {
    let sign = if negative { "-" } else { "" };
    if wanted == Type::F32 {
        return error(place, format!("a float is written with a point or by its bits: {sign}{magnitude}.0"));
    }
    let bits = 8 * wanted.bytes() as u32;
    let most = u64::MAX >> (64 - bits);
    if magnitude > if negative { 1 << (bits - 1) } else { most } {
        return error(place, format!("{sign}{magnitude} doesn't fit in {bits} bits"));
    }
    let value = if negative { magnitude.wrapping_neg() } else { magnitude };
    Ok(value & most)
}

fn float(place: Place, wanted: Type, value: f64) -> Result<u64> {
    if wanted != Type::F32 {
        return error(place, format!("this is a float, but a whole number of type .{} belongs here", wanted.name()));
    }
    let single = value as f32;
    if single.is_infinite() {
        return error(place, "this is larger than any .f32; infinity is 0f7F800000");
    }
    Ok(single.to_bits().into())
}
