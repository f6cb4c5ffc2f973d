//! What `by-hand` prints is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_by-hand"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_what_the_book_shows() {
    let (out, err, code) = PROGRAM.run(&[]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    let shown = include_str!("../../../book/outputs/ch09-by-hand.txt").replace("\r\n", "\n");
    assert_eq!(format!("$ cargo run -p ch09-lenet --bin by-hand\n{out}"), shown);
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    PROGRAM.assert_refuses(&["--measure", "more"]);
}
