//! The program prints and draws what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch06-conv3d"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/volume-surfaces.svg");
    PROGRAM.assert_draws("--slices", "../../book/src/figures/volume-slices.svg");
    PROGRAM.assert_draws("--matrix", "../../book/src/figures/plane-matrix.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["--measure", "more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
