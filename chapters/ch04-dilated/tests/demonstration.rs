//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch04-dilated"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    let measured = PROGRAM.assert_prints(&[], "output.txt");
    // Each row: an algorithm, and milliseconds of its three passes.
    let rows: Vec<_> = measured.lines().skip_while(|line| !line.starts_with("milliseconds")).skip(1).collect();
    assert_eq!(rows.len(), 3, "{measured}");
    for row in rows {
        let cells: Vec<_> = row.split_whitespace().rev().take(3).map(str::parse::<f64>).collect();
        assert!(cells.iter().all(|cell| cell.as_ref().is_ok_and(|&ms| ms > 0.0)), "{row}");
    }
    PROGRAM.assert_draws("--svg", "../../book/src/figures/gridding.svg");
    PROGRAM.assert_draws("--sub-grids", "../../book/src/figures/sub-grids.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
