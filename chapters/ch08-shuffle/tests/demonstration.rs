//! What the program prints and draws is what the book shows.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch08-shuffle"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    let measured = PROGRAM.assert_prints(&[], "output.txt");
    let rows: Vec<_> = measured.lines().skip_while(|line| !line.starts_with("step")).skip(1).collect();
    assert_eq!(rows.len(), 4, "{measured}");
    for row in rows {
        let ms = row.split_whitespace().last().expect("a row").parse::<f64>().expect("a number");
        assert!(ms > 0.0, "{row}");
    }
    PROGRAM.assert_draws("--svg", "../../book/src/figures/channel-shuffle.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
