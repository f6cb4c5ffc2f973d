//! What the program prints and draws is what the book shows.

use std::process::{Command, Stdio};
use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch01-naive"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/sliding-window.svg");
    PROGRAM.assert_draws("--matrix", "../../book/src/figures/sparse-matrix.svg");
    PROGRAM.assert_draws("--warp", "../../book/src/figures/warp-transactions.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["--measure", "more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}

#[test]
fn a_reader_may_leave_early() {
    let mut child =
        Command::new(PROGRAM.exe).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
