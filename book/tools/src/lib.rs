//! What builds and checks the book.
//!
//! Two programs. `preprocess` is called by mdBook for every build: it turns formulas into MathML, and puts listings and
//! outputs into the pages. `book` holds pages, code and built pages against each other.
//!
//! A page is Markdown with three additions:
//!
//! - `$...$` and `$$...$$` are formulas, in LaTeX ([`math`]);
//! - `{{#include FILE:ANCHOR}}` is a listing: what stands in the file between the comments `ANCHOR: name` and
//!   `ANCHOR_END: name` ([`listing`]);
//! - `{{#output FILE "from" "to"}}` is what a program printed: the paragraphs of the file from the one that begins with
//!   `from` to the one that begins with `to` ([`output`]).

pub mod check;
pub mod code;
pub mod commands;
pub mod directive;
pub mod exercises;
pub mod html;
pub mod listing;
pub mod markdown;
pub mod math;
pub mod measure;
pub mod output;
pub mod plan;
pub mod preprocess;
pub mod site;
pub mod source;

use std::fmt;
use std::path::{Path, PathBuf};

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the repository.
    pub file: PathBuf,
    /// The line, from 1; 0 if it is the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub text: String,
}

impl Problem {
    /// A problem of a line of a file.
    pub fn new(file: impl Into<PathBuf>, line: usize, text: impl Into<String>) -> Self {
        Self { file: file.into(), line, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.text),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.text),
        }
    }
}

/// The line, from 1, of a place in a text.
pub fn line_of(text: &str, place: usize) -> usize {
    text[..place].matches('\n').count() + 1
}

/// A file's text, with the line ends of Unix.
///
/// # Errors
/// If it can't be read.
pub fn read(root: &Path, file: &Path) -> Result<String, Problem> {
    let text = std::fs::read_to_string(root.join(file)).map_err(|e| Problem::new(file, 0, e.to_string()))?;
    Ok(text.replace("\r\n", "\n"))
}
