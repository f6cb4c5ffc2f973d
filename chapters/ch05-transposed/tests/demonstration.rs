//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch05-transposed"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--stamps", "../../book/src/figures/stamps.svg");
    PROGRAM.assert_draws("--phases", "../../book/src/figures/phases.svg");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/checkerboard.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svg"][..], &["--svgs", "a.svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
