//! The program prints and draws what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch07-grouped"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    let measured = PROGRAM.assert_prints(&["--threads", "2"], "output.txt");
    assert!(measured.starts_with("Measured, forward, 2 thread(s), "), "{measured}");
    // Each row: groups, algorithm, milliseconds promised and measured, GFLOP/s.
    let rows: Vec<_> = measured.lines().skip(3).collect();
    assert_eq!(rows.len(), 1 + 2 * 4 + 3, "{measured}");
    for row in rows {
        let cells: Vec<_> = row.split_whitespace().collect();
        assert!(["1", "2", "4", "8", "32", "256"].contains(&cells[0]), "{row}");
        let numbers = cells[cells.len() - 3..].iter().map(|cell| cell.parse::<f64>().expect("a number"));
        assert!(numbers.into_iter().all(|n| n > 0.0), "{row}");
    }
    PROGRAM.assert_draws("--svg", "../../book/src/figures/grouped.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--threads", "0"][..], &["--threads"], &["--svg"], &["--svgs", "a.svg"], &["more"]] {
        PROGRAM.assert_refuses(args);
    }
}
