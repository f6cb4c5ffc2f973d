//! What a program needs at its edges: arguments, output, and an exit code.
//!
//! ```no_run
//! use std::num::NonZeroUsize;
//! use unrolled::{cli, say};
//!
//! const USAGE: &str = "\
//! Counts.
//!
//! Usage: count [--to N] [--quiet]
//!   --to N    where to stop [10]
//!   --quiet   say nothing";
//!
//! fn main() -> std::process::ExitCode {
//!     cli::run(USAGE, |mut args| {
//!         let to = args.value("--to", "a whole number, at least 1")?.map_or(10, NonZeroUsize::get);
//!         let quiet = args.flag("--quiet")?;
//!         args.finish()?;
//!         for i in (1..=to).filter(|_| !quiet) {
//!             say!("{i}");
//!         }
//!         Ok(())
//!     })
//! }
//! ```

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::str::FromStr;

/// Runs a program: parses its arguments, and turns its result into an exit code.
///
/// `--help` or `-h` anywhere prints `usage` instead. An error is one line on standard error, and the
/// exit code is that of [`Error::exit_code`].
pub fn run(usage: &str, main: impl FnOnce(Args) -> Result<()>) -> ExitCode {
    let result = Args::parse(std::env::args_os().skip(1)).and_then(|args| {
        if args.0.iter().any(|arg| arg == "--help" || arg == "-h") {
            print(format_args!("{usage}\n"));
            return Ok(());
        }
        main(args)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "error: {e}"); // where standard error is closed, nobody listens
            e.exit_code().into()
        }
    }
}

/// The arguments of a program, taken out one by one: first [`command`](Self::command), then flags and
/// their values, then [`positional`](Self::positional)s, and [`finish`](Self::finish).
#[derive(Debug, Clone)]
pub struct Args(Vec<String>);

impl Args {
    /// The arguments behind the program's name.
    ///
    /// # Errors
    /// If one isn't Unicode.
    pub fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self> {
        let text = |arg: OsString| arg.into_string().map_err(|arg| Error::argument("argument", arg, "Unicode text"));
        Ok(Self(args.into_iter().map(|arg| text(arg.into())).collect::<Result<_>>()?))
    }

    /// Takes the first argument, if it isn't a flag.
    pub fn command(&mut self) -> Option<String> {
        self.0.first().is_some_and(|arg| !arg.starts_with('-')).then(|| self.0.remove(0))
    }

    /// Takes a flag without a value, such as `--quiet`, and says whether it was there.
    ///
    /// # Errors
    /// If it is there twice, or with a value.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        match self.take(name)? {
            None => Ok(false),
            Some((_, None)) => Ok(true),
            Some((_, Some(value))) => Err(Error::argument(name, value, "no value")),
        }
    }

    /// Takes a flag and its value, `--epochs 5` or `--epochs=5`; `expected` says what the value must be.
    ///
    /// ```
    /// let mut args = unrolled::cli::Args::parse(["--epochs", "many"])?;
    /// let e = args.value::<u32>("--epochs", "a whole number").unwrap_err();
    /// assert_eq!(e.to_string(), r#"--epochs: got "many", expected a whole number"#);
    /// # Ok::<(), unrolled::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the flag is there twice, or its value is missing or can't be read as a `T`.
    pub fn value<T: FromStr>(&mut self, name: &str, expected: &str) -> Result<Option<T>> {
        let Some((i, value)) = self.take(name)? else { return Ok(None) };
        let next = || self.0.get(i).filter(|next| !next.starts_with("--")).is_some().then(|| self.0.remove(i));
        match value.or_else(next) {
            None => Err(Error::argument(name, format_args!("no value"), expected)),
            Some(text) => text.parse().map(Some).map_err(|_| Error::argument(name, text, expected)),
        }
    }

    /// Takes out `name` or `name=value`: where it stood, and the value behind the `=`.
    fn take(&mut self, name: &str) -> Result<Option<(usize, Option<String>)>> {
        let is = |arg: &String| arg.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        let Some(i) = self.0.iter().position(is) else { return Ok(None) };
        if self.0[i + 1..].iter().any(is) {
            return Err(Error::argument(name, format_args!("it more than once"), "it once"));
        }
        let value = self.0.remove(i).split_once('=').map(|(_, value)| value.to_owned());
        Ok(Some((i, value)))
    }

    /// Takes the next argument that isn't a flag. Take flags with values first, or one of those
    /// values is what you get.
    pub fn positional(&mut self) -> Option<String> {
        let i = self.0.iter().position(|arg| !arg.starts_with('-'))?;
        Some(self.0.remove(i))
    }

    /// Ends the parsing.
    ///
    /// # Errors
    /// If an argument is left: nobody asked for it, so it is unknown.
    pub fn finish(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(arg) => Err(Error::argument("arguments", arg, "only what --help lists")),
        }
    }
}

/// `println!` for programs whose reader may leave early: see [`cli::print`](crate::cli::print).
#[macro_export]
macro_rules! say {
    ($($arg:tt)*) => { $crate::cli::print(format_args!("{}\n", format_args!($($arg)*))) };
}

/// Prints to standard output. Once nobody reads any more (`| head`), the program is done, with
/// exit code 0; if the output can't be written for another reason, it stops with an error and 1.
pub fn print(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(e) = out.write_fmt(text).and_then(|()| out.flush()) {
        if e.kind() != io::ErrorKind::BrokenPipe {
            let _ = writeln!(io::stderr(), "error: writing standard output: {e}");
            std::process::exit(1);
        }
        std::process::exit(0);
    }
}
