//! Names, and the scopes in which they mean something.

use std::collections::HashMap;

use super::{Result, error};
use crate::ir::{Place, Reg, Space, Type};

/// Scopes may nest this deep.
const DEPTH: usize = 64;

/// Whether a name is a special register's, with or without an axis.
pub(super) fn is_special(name: &str) -> bool {
    matches!(name, "%tid" | "%ntid" | "%ctaid" | "%nctaid" | "%laneid" | "%warpid")
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Symbol {
    Register {
        ty: Type,
        reg: Reg,
    },
    /// By its number in the kernel's list.
    Param(usize),
    /// A `.shared` or `.local` variable: bytes from `offset` on in its space.
    Array {
        space: Space,
        offset: usize,
        bytes: usize,
        align: usize,
    },
    /// An `.extern .shared` array, behind the other `.shared` ones.
    Dynamic,
    /// A `.global` or `.const` variable, by its number in the module's list.
    Variable {
        number: u16,
        space: Space,
        align: usize,
    },
    Kernel,
    /// The number of the instruction behind it.
    Label(usize),
}

impl Symbol {
    /// As a message names it.
    pub fn shown(self) -> String {
        match self {
            Symbol::Register { ty: Type::Pred, .. } => "a predicate".into(),
            Symbol::Register { ty, .. } => format!("a register of type .{}", ty.name()),
            Symbol::Param(_) => "a parameter".into(),
            Symbol::Array { space: Space::Local, .. } => "a .local variable".into(),
            Symbol::Array { .. } | Symbol::Dynamic => "a .shared variable".into(),
            Symbol::Variable { space: Space::Const, .. } => "a .const variable".into(),
            Symbol::Variable { .. } => "a .global variable".into(),
            Symbol::Kernel => "a kernel".into(),
            Symbol::Label(_) => "a label".into(),
        }
    }
}

/// A branch whose label hasn't been seen yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jump<'a> {
    /// The number of the branch in the code.
    pub from: usize,
    pub label: &'a str,
    pub place: Place,
}

#[derive(Default)]
struct Scope<'a> {
    symbols: HashMap<String, Symbol>,
    jumps: Vec<Jump<'a>>,
}

/// The scopes around the place that the parser has reached, the module's first.
pub(super) struct Names<'a> {
    scopes: Vec<Scope<'a>>,
    /// How many registers all kernels so far have.
    pub registers: usize,
}

impl<'a> Names<'a> {
    pub fn new() -> Self {
        Self { scopes: vec![Scope::default()], registers: 0 }
    }

    /// How many scopes there are inside the module's.
    pub fn depth(&self) -> usize {
        self.scopes.len() - 1
    }

    /// Opens a scope at a `{`.
    pub fn open(&mut self, place: Place) -> Result<()> {
        if self.scopes.len() > DEPTH {
            return error(place, format!("scopes are nested more than {DEPTH} deep"));
        }
        self.scopes.push(Scope::default());
        Ok(())
    }

    /// Closes a scope, and says where its branches go: pairs of a branch and its target. Those to labels outside of
    /// it are left to the scope around it.
    pub fn close(&mut self) -> Result<Vec<(usize, usize)>> {
        let Some(scope) = self.scopes.pop() else { return Ok(Vec::new()) };
        let outermost = self.scopes.len() <= 1;
        let mut targets = Vec::new();
        for jump in scope.jumps {
            match scope.symbols.get(jump.label) {
                Some(&Symbol::Label(target)) => targets.push((jump.from, target)),
                Some(symbol) => {
                    return error(jump.place, format!("`{}` is {}, not a label", jump.label, symbol.shown()));
                }
                None if outermost => {
                    return error(jump.place, format!("no label `{}` is in this scope or around it", jump.label));
                }
                None => self.scopes.last_mut().into_iter().for_each(|outer| outer.jumps.push(jump)),
            }
        }
        Ok(targets)
    }

    /// Gives a name its meaning in the innermost scope.
    pub fn declare(&mut self, name: &str, place: Place, symbol: Symbol) -> Result<()> {
        if is_special(name) {
            return error(place, format!("`{name}` is a special register; choose another name"));
        }
        let Some(scope) = self.scopes.last_mut() else { return Ok(()) };
        if let Some(before) = scope.symbols.insert(name.into(), symbol) {
            return error(place, format!("`{name}` is declared already, as {}", before.shown()));
        }
        Ok(())
    }

    /// Notes a branch of the innermost scope.
    pub fn jump(&mut self, jump: Jump<'a>) {
        self.scopes.last_mut().into_iter().for_each(|scope| scope.jumps.push(jump));
    }

    /// What a name means here.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.scopes.iter().rev().find_map(|scope| scope.symbols.get(name).copied())
    }
}
