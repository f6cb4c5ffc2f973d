//! The program prints what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch03-winograd"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_the_examples_and_measures() {
    let measured = PROGRAM.assert_prints(&["--threads", "1"], "output.txt");
    let numbers = |line: &str| -> Vec<f64> { line.split_whitespace().filter_map(|cell| cell.parse().ok()).collect() };
    // Errors: nine for each algorithm, none of them large, none of them 0.
    let errors: Vec<_> = measured.lines().map(numbers).filter(|line| line.len() == 9 && line[0] < 1.0).collect();
    assert_eq!(errors.len(), 7, "{measured}");
    assert!(errors.iter().flatten().all(|&e| e > 0.0 && e < 1e-4), "{measured}");
    assert!(measured.contains("F(2x2, 3x3) 0.0e0,"), "{measured}");
    // Speeds: milliseconds and GFLOP/s of five ways on each of three layers.
    let rows: Vec<_> = measured.lines().filter(|line| line.ends_with('x')).collect();
    assert_eq!(rows.len(), 15, "{measured}");
    assert!(rows.iter().all(|row| numbers(row)[1..].iter().all(|&x| x > 0.0)), "{measured}");
}

#[test]
fn draws_the_figure_of_the_book() {
    PROGRAM.assert_draws("--svg", "../../book/src/figures/winograd-tiles.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--threads", "0"][..], &["--threads"], &["--svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
