//! The body of a kernel.

use super::declaration;
use super::instruction::operation;
use super::names::{Names, Symbol};
use super::{Cursor, Result, error};
use crate::ir::{self, Base, Guard, Instruction, Kernel, Op, Param, Place, Reg, Registers, Space, Type, Variable};
use crate::join::fill_joins;
use crate::lexer::{Kind, Lexer, Token};

/// What is known of the kernel that is being read.
pub(super) struct Body<'a, 'm> {
    pub names: &'m mut Names<'a>,
    pub variables: &'m [Variable],
    pub params: Vec<Param>,
    pub registers: Registers,
    pub shared_bytes: usize,
    pub local_bytes: usize,
    pub code: Vec<Instruction>,
    /// Instructions with an address in dynamic shared memory, whose start is known at the end of the kernel.
    pub dynamic: Vec<usize>,
    text: Vec<String>,
    /// The registers of 32 and of 64 bits that `_` stands for.
    sinks: [Option<Reg>; 2],
}

/// Reads a kernel's body, from its `{` to its `}`; its parameters are declared already.
pub(super) fn kernel<'a>(
    cursor: &mut Cursor<'a>,
    names: &mut Names<'a>,
    variables: &[Variable],
    name: Token<'a>,
    params: Vec<Param>,
) -> Result<Kernel> {
    let mut body = Body {
        names,
        variables,
        params,
        registers: Registers::default(),
        shared_bytes: 0,
        local_bytes: 0,
        code: Vec::new(),
        dynamic: Vec::new(),
        text: Vec::new(),
        sinks: [None; 2],
    };
    cursor.expect("{")?;
    let depth = body.names.depth();
    while body.names.depth() >= depth {
        body.statement(cursor, depth)?;
    }
    body.place_dynamic();
    fill_joins(&mut body.code);
    Ok(Kernel {
        name: name.text.into(),
        param_bytes: body.params.last().map_or(0, |param| param.offset + param.bytes),
        params: body.params,
        shared_bytes: body.shared_bytes,
        local_bytes: body.local_bytes,
        registers: body.registers,
        code: body.code,
        text: body.text,
    })
}

impl<'a> Body<'a, '_> {
    fn statement(&mut self, cursor: &mut Cursor<'a>, outermost: usize) -> Result<()> {
        let token = cursor.token;
        match (token.kind, token.text) {
            (Kind::Sign, "{") => {
                cursor.bump()?;
                self.names.open(token.place)
            }
            (Kind::Sign, "}") => {
                cursor.bump()?;
                let end = self.names.depth() == outermost;
                if end {
                    self.push(None, Op::Ret, token.place, "ret".into());
                }
                for (from, to) in self.names.close()? {
                    if let Op::Bra { target, .. } = &mut self.code[from].op {
                        *target = to as u32;
                    }
                }
                Ok(())
            }
            (Kind::Dot, _) => {
                cursor.bump()?;
                match token.text {
                    ".reg" => declaration::registers(cursor, self),
                    ".shared" => declaration::arrays(cursor, self, Space::Shared),
                    ".local" => declaration::arrays(cursor, self, Space::Local),
                    ".extern" | ".global" | ".const" => {
                        error(token.place, format!("`{}` belongs outside of the kernel", token.text))
                    }
                    text => error(token.place, format!("`{text}` isn't in the subset that the simulated GPU runs")),
                }
            }
            (Kind::Sign, "@") | (Kind::Word, _) => self.instruction(cursor),
            (Kind::End, _) => error(token.place, "the file ends inside a kernel; a `}` is missing"),
            _ => cursor.unexpected("an instruction, a label or a declaration"),
        }
    }

    /// An instruction with its guard, or a label.
    fn instruction(&mut self, cursor: &mut Cursor<'a>) -> Result<()> {
        let first = cursor.token;
        let mut guard = None;
        if cursor.eat("@")? {
            let negated = cursor.eat("!")?;
            let predicate = cursor.name("a predicate")?;
            guard = Some(Guard { reg: self.register(predicate.text, predicate.place, Type::Pred)?, negated });
        }
        let opcode = cursor.name("an instruction")?;
        if cursor.is(":") && guard.is_some() {
            return error(first.place, "a label can't have a guard; only instructions do");
        }
        if cursor.eat(":")? {
            return self.names.declare(opcode.text, opcode.place, Symbol::Label(self.code.len()));
        }
        let op = operation(cursor, self, opcode)?;
        // `last` is the semicolon.
        let text = plain(&cursor.source[first.start..cursor.last.start])?;
        self.push(guard, op, first.place, text);
        Ok(())
    }

    fn push(&mut self, guard: Option<Guard>, op: Op, place: Place, text: String) {
        self.code.push(Instruction { guard, op, place });
        self.text.push(text);
    }

    /// The register that a `_` writes to, and nobody reads.
    pub fn sink(&mut self, ty: Type, place: Place) -> Result<Reg> {
        let size = usize::from(ty.is_wide());
        if let Some(reg) = self.sinks[size] {
            return Ok(reg);
        }
        let reg = self.new_register("_".into(), ty, place)?;
        self.sinks[size] = Some(reg);
        Ok(reg)
    }

    /// Refuses to read a parameter as something that it isn't.
    pub fn read_as_declared(&self, name: &str, ty: Type, place: Place) -> Result<()> {
        let Symbol::Param(number) = self.find(name, place)? else { return Ok(()) };
        match self.params[number].ty {
            Some(declared) if !super::types::fits(declared, ty) => {
                let declared = declared.name();
                error(place, format!("`{name}` has type .{declared}; write ld.param.{declared}"))
            }
            _ => Ok(()),
        }
    }

    /// Dynamic shared memory begins behind the declared variables.
    fn place_dynamic(&mut self) {
        let start = self.shared_bytes.next_multiple_of(16);
        for &at in &self.dynamic {
            match &mut self.code[at].op {
                Op::Mov { a: ir::Operand::Imm(address), .. } => *address += start as u64,
                Op::Ld { address, .. } | Op::St { address, .. } | Op::Atom { address, .. } => {
                    debug_assert_eq!(address.base, Base::Space);
                    address.offset += start as i64;
                }
                _ => (),
            }
        }
    }
}

/// An instruction's text with one blank where there are blanks and comments.
fn plain(source: &str) -> Result<String> {
    let mut lexer = Lexer::new(source);
    let (mut text, mut end) = (String::new(), 0);
    loop {
        let token = lexer.next()?;
        if token.kind == Kind::End {
            return Ok(text);
        }
        if token.start > end {
            text.push(' ');
        }
        text.push_str(token.text);
        end = token.start + token.text.len();
    }
}
