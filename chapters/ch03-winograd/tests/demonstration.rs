//! The program prints what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch03-winograd"), folder: env!("CARGO_MANIFEST_DIR") };

/// The numbers of a line of a table.
fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().filter_map(|cell| cell.parse().ok()).collect()
}

/// What it prints with these arguments.
fn printed(args: &[&str]) -> String {
    let (out, err, code) = PROGRAM.run(args);
    assert_eq!((err.as_str(), code), ("", Some(0)), "{args:?}");
    out
}

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--tiles", "../../book/src/figures/winograd-tiles.svg");
    PROGRAM.assert_draws("--stages", "../../book/src/figures/winograd-stages.svg");
}

#[test]
fn measures_errors() {
    let measured = printed(&["--accuracy"]);
    // Nine for each algorithm, none of them large, none of them 0.
    let errors: Vec<_> = measured.lines().map(numbers).filter(|line| line.len() == 9 && line[0] < 1.0).collect();
    assert_eq!(errors.len(), 7, "{measured}");
    assert!(errors.iter().flatten().all(|&e| e > 0.0 && e < 1e-4), "{measured}");
    assert!(measured.contains("F(2x2, 3x3) 0.0e0,"), "{measured}");
}

#[test]
fn measures_speeds() {
    let measured = printed(&["--measure", "--threads", "1"]);
    // Milliseconds and GFLOP/s of five ways on each of three layers.
    let rows: Vec<_> = measured.lines().filter(|line| line.ends_with('x')).collect();
    assert_eq!(rows.len(), 15, "{measured}");
    assert!(rows.iter().all(|row| numbers(row)[1..].iter().all(|&x| x > 0.0)), "{measured}");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in
        [&["--threads", "0"][..], &["--threads"], &["--tiles"], &["more"], &["--stages", "no/such/folder/a.svg"]]
    {
        PROGRAM.assert_refuses(args);
    }
}
