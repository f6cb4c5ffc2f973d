//! What `by-hand` prints is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_by-hand"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    PROGRAM.assert_refuses(&["--measure", "more"]);
}
