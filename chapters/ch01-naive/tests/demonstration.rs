//! What the program prints and draws is what the book shows.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn program(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ch01-naive")).args(args).output().expect("the program starts")
}

/// The text of a committed file, as every system checks it out.
fn committed(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).replace("\r\n", "\n")
}

#[test]
fn prints_what_the_book_shows() {
    let output = program(&[]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), committed("output.txt"));
}

#[test]
fn draws_the_figure_of_the_book() {
    let file = std::env::temp_dir().join(format!("sliding-window-{}.svg", std::process::id()));
    assert!(program(&["--svg", file.to_str().unwrap()]).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), committed("../../book/src/figures/sliding-window.svg"));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn helps() {
    for flag in ["--help", "-h"] {
        let output = program(&[flag]);
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("Usage: ch01-naive"));
    }
}

#[test]
fn refuses_with_one_line_and_exit_code_2() {
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        let output = program(args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{args:?}: {error}");
    }
}

#[test]
fn a_reader_may_leave_early() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ch01-naive"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
