//! The parser and checker: from text to [`Module`].
//!
//! It reads the PTX that the book uses, and refuses the rest. What it takes, `ptxas` takes, too; it is stricter where
//! PTX allows what is a mistake in this book.

mod body;
mod control;
mod declaration;
mod instruction;
mod memory;
mod module;
mod names;
mod operand;
mod predicate;
mod table;
mod types;

use std::fmt;

use crate::ir::{Module, Place};
use crate::lexer::{Kind, Lexer, Token};

/// Why a source isn't PTX that the simulated GPU runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Where.
    pub place: Place,
    /// What is there, and what should be.
    pub problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.place.line, self.place.column, self.problem)
    }
}

impl std::error::Error for ParseError {}

/// Reads a file of PTX.
///
/// # Errors
///
/// The first thing that isn't PTX, or isn't in the subset that the simulated GPU runs.
pub fn parse(source: &str) -> Result<Module, ParseError> {
    module::module(&mut Cursor::new(source)?)
}

type Result<T, E = ParseError> = std::result::Result<T, E>;

fn error<T>(place: Place, problem: impl Into<String>) -> Result<T> {
    Err(ParseError { place, problem: problem.into() })
}

/// The source, and the next token of it.
struct Cursor<'a> {
    source: &'a str,
    lexer: Lexer<'a>,
    token: Token<'a>,
    /// The token before.
    last: Token<'a>,
}

impl<'a> Cursor<'a> {
    fn new(source: &'a str) -> Result<Self> {
        let mut lexer = Lexer::new(source);
        let token = lexer.next()?;
        Ok(Self { source, lexer, token, last: token })
    }

    /// Goes on by one token, and returns the one passed.
    fn bump(&mut self) -> Result<Token<'a>> {
        self.last = self.token;
        self.token = self.lexer.next()?;
        Ok(self.last)
    }

    fn is(&self, text: &str) -> bool {
        self.token.text == text && self.token.kind != Kind::End
    }

    /// Passes the token if it is this one.
    fn eat(&mut self, text: &str) -> Result<bool> {
        let there = self.is(text);
        if there {
            self.bump()?;
        }
        Ok(there)
    }

    /// Passes this token.
    fn expect(&mut self, text: &str) -> Result<Token<'a>> {
        if self.is(text) { self.bump() } else { self.unexpected(&format!("`{text}`")) }
    }

    /// Passes a name; `what` says whose. `WARP_SZ` is a number of PTX's own.
    fn name(&mut self, what: &str) -> Result<Token<'a>> {
        if self.token.kind != Kind::Word || matches!(self.token.text, "_" | "$" | "%" | "WARP_SZ") {
            return self.unexpected(what);
        }
        self.bump()
    }

    /// Passes the `;` at the end of a declaration or an instruction.
    fn semicolon(&mut self) -> Result<()> {
        if self.token.place.line != self.last.place.line && !self.is(";") {
            let problem = format!("a `;` is missing after {}", self.last.shown());
            return error(self.last.end_place(), problem);
        }
        if self.is(";") { self.bump().map(|_| ()) } else { self.unexpected("`,` or `;`") }
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T> {
        error(self.token.place, format!("expected {expected}, found {}", self.token.shown()))
    }
}
