//! The one error type of the workspace: what was given, what was expected, in one line.

use std::fmt::{self, Debug, Display};
use std::path::{Path, PathBuf};

/// What a caller, a file or the machine got wrong.
///
/// Its `Display` is one line that names the thing, what it was and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An argument that cannot be used.
    Argument {
        /// The argument's name, as in the signature or on the command line.
        name: String,
        /// What it was.
        got: String,
        /// What it must be.
        expected: String,
    },
    /// A file that is missing, short, damaged or of another kind.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Something that was right to ask for, and failed while it was done.
    Failed {
        /// What was being done.
        doing: String,
        /// Why it failed.
        problem: String,
    },
}

/// `Result` with the workspace's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Argument`]; `got` is anything printable, lists included.
    ///
    /// ```
    /// let e = unrolled::Error::argument("stride along height", 0, "at least 1");
    /// assert_eq!(e.to_string(), "stride along height: got 0, expected at least 1");
    /// ```
    pub fn argument(name: impl Display, got: impl Debug, expected: impl Display) -> Self {
        Self::Argument { name: name.to_string(), got: format!("{got:?}"), expected: expected.to_string() }
    }

    /// An [`Error::File`].
    pub fn file(path: impl AsRef<Path>, problem: impl Display) -> Self {
        Self::File { path: path.as_ref().into(), problem: problem.to_string() }
    }

    /// An [`Error::Failed`].
    pub fn failed(doing: impl Display, problem: impl Display) -> Self {
        Self::Failed { doing: doing.to_string(), problem: problem.to_string() }
    }

    /// What a program that stops with this error gives back to its shell: 2 for bad input, 1 for a
    /// failure while running.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Argument { .. } | Self::File { .. } => 2,
            Self::Failed { .. } => 1,
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { name, got, expected } => write!(f, "{name}: got {got}, expected {expected}"),
            Self::File { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Failed { doing, problem } => write!(f, "{doing}: {problem}"),
        }
    }
}

impl std::error::Error for Error {}
