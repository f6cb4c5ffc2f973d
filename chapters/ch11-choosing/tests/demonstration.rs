//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch11-choosing"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    let (out, err, code) = PROGRAM.run(&["--by-hand"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    let shown = include_str!("../../../book/outputs/ch11-by-hand.txt").replace("\r\n", "\n");
    assert_eq!(format!("$ cargo run -p ch11-choosing -- --by-hand\n{out}"), shown);
    PROGRAM.assert_draws("--forecast", "../../book/src/figures/roofline.svg");
    PROGRAM.assert_refuses(&["--by-hand", "--explain"]);
    PROGRAM.assert_refuses(&["--forecast", "no/such/folder/a.svg"]);
}
