//! The program prints what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch02-im2col"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_the_example_and_the_ladder() {
    let measured = PROGRAM.assert_prints(&["--threads", "2"], "output.txt");
    for threads in ["\n1 thread(s), peak ", "\n2 thread(s), peak "] {
        assert!(measured.contains(threads), "{measured}");
    }
    // Each row of a ladder: algorithm, pass, milliseconds, GFLOP/s and a share of the peak.
    let rows: Vec<_> = measured.lines().filter(|line| line.ends_with('%')).collect();
    assert_eq!(rows.len(), 2 * 7);
    for row in rows {
        let cells: Vec<_> = row.split_whitespace().collect();
        let numbers = cells[2..].iter().map(|cell| cell.trim_end_matches('%').parse::<f64>().expect("a number"));
        assert!(cells.len() == 5 && numbers.into_iter().all(|n| n > 0.0), "{row}");
    }
}

#[test]
fn draws_what_the_book_shows() {
    PROGRAM.assert_draws("--svg", "../../book/src/figures/im2col.svg");
    PROGRAM.assert_draws("--blocks", "../../book/src/figures/gemm-blocks.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--threads", "0"][..], &["--threads"], &["--thread", "1"], &["more"], &["--measure", "all"]] {
        PROGRAM.assert_refuses(args);
    }
}
