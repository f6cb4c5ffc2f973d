//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch08-shuffle"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/channel-shuffle.svg");
    PROGRAM.assert_draws("--permutation", "../../book/src/figures/shuffle-permutation.svg");
    PROGRAM.assert_draws("--paths", "../../book/src/figures/shuffle-paths.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["--measure", "more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
