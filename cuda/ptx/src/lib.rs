//! The simulated GPU.

pub mod ir;
mod join;
mod lexer;
mod parse;

pub use parse::{ParseError, parse};
