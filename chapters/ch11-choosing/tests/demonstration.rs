//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch11-choosing"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&["--by-hand"], "output.txt"), "");
    PROGRAM.assert_draws("--forecast", "../../book/src/figures/roofline.svg");
    PROGRAM.assert_refuses(&["--by-hand", "--explain"]);
    PROGRAM.assert_refuses(&["--forecast", "no/such/folder/a.svg"]);
}
