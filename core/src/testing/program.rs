//! What a chapter's program prints and draws is what the book shows.

use std::path::Path;
use std::process::Command;

/// A program under test, and the folder of its crate, where the files stand that it is held against.
///
/// ```ignore
/// const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch01-naive"), folder: env!("CARGO_MANIFEST_DIR") };
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The program's path.
    pub exe: &'static str,
    /// The folder that file names are relative to.
    pub folder: &'static str,
}

impl Program {
    /// Runs it: standard output, standard error, and the exit code.
    ///
    /// # Panics
    /// If it can't be started, or prints what isn't UTF-8.
    pub fn run(&self, args: &[&str]) -> (String, String, Option<i32>) {
        let output = Command::new(self.exe).args(args).output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    /// It prints what the committed `file` holds, and nothing on standard error. Returns what else it
    /// prints, behind that: measurements, which are different each time.
    ///
    /// # Panics
    /// If it doesn't.
    pub fn assert_prints(&self, args: &[&str], file: &str) -> String {
        let (out, err, code) = self.run(args);
        assert_eq!((err.as_str(), code), ("", Some(0)), "{args:?}");
        let expected = self.committed(file);
        match out.strip_prefix(&expected) {
            Some(rest) => rest.to_owned(),
            None => {
                assert_eq!(out, expected, "{args:?} and {file}");
                unreachable!("a text that equals its prefix")
            }
        }
    }

    /// With `flag` and a path it draws there what the committed `file` holds.
    ///
    /// # Panics
    /// If it doesn't.
    pub fn assert_draws(&self, flag: &str, file: &str) {
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).expect("the name of a file");
        let drawn = std::env::temp_dir().join(format!("{}-{name}", std::process::id()));
        let (_, err, code) = self.run(&[flag, drawn.to_str().expect("a Unicode path")]);
        assert_eq!((err.as_str(), code), ("", Some(0)), "{flag}");
        let text = std::fs::read_to_string(&drawn).expect("the program wrote the file");
        std::fs::remove_file(drawn).expect("the file can be removed");
        assert_eq!(text, self.committed(file), "{flag} and {file}");
    }

    /// `--help` and `-h` say how it is used, by its name.
    ///
    /// # Panics
    /// If they don't.
    pub fn assert_helps(&self) {
        let name = Path::new(self.exe).file_stem().and_then(|name| name.to_str()).expect("the name of a program");
        for flag in ["--help", "-h"] {
            let (out, err, code) = self.run(&[flag]);
            assert_eq!((err.as_str(), code), ("", Some(0)), "{flag}");
            assert!(out.contains(&format!("Usage: {name}")) && out.contains("--help"), "{out}");
        }
    }

    /// Arguments that make no sense get one line on standard error, nothing on standard output, and the
    /// exit code 2.
    ///
    /// # Panics
    /// If they don't.
    pub fn assert_refuses(&self, args: &[&str]) {
        let (out, err, code) = self.run(args);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{args:?}: {err}");
        assert!(err.starts_with("error: ") && err.lines().count() == 1, "{args:?}: {err}");
    }

    /// The text of a committed file, as every system checks it out.
    fn committed(&self, file: &str) -> String {
        let path = Path::new(self.folder).join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).replace("\r\n", "\n")
    }
}
