//! The program prints and draws what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch07-grouped"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/grouped.svg");
    PROGRAM.assert_draws("--lines", "../../book/src/figures/stencil-lines.svg");
}

#[test]
fn measures_groups_and_each_channel_alone() {
    let (measured, err, code) = PROGRAM.run(&["--measure", "--threads", "2"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert!(measured.starts_with("256 -> 256 channels, 3x3, on 56x56, forward, 2 thread(s), "), "{measured}");
    let numbers = |row: &str| row.split_whitespace().filter_map(|cell| cell.parse::<f64>().ok()).collect::<Vec<_>>();
    let rows: Vec<_> = measured.lines().skip(1).map(numbers).filter(|row| !row.is_empty()).collect();
    let lengths: Vec<_> = rows.iter().map(Vec::len).collect();
    assert_eq!(lengths, [6, 6, 6, 6, 6, 6, 2, 2, 2, 2, 1], "{measured}");
    // Groups, or milliseconds. (A slow machine may round its speed to nothing.)
    assert!(rows.iter().all(|row| row[0] > 0.0), "{measured}");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--threads", "0"][..], &["--threads"], &["--svg"], &["--svgs", "a.svg"], &["more"]] {
        PROGRAM.assert_refuses(args);
    }
}
