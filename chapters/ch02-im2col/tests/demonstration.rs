//! The program prints what the book shows; of the measurements, only their form is checked.

use std::process::Command;

fn run(args: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_ch02-im2col")).args(args).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn prints_the_example_and_the_ladder() {
    let (out, err, code) = run(&["--threads", "2"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    let (fixed, measured) = out.split_at(out.find("im2col, the column matrix").expect("the memory table"));
    assert_eq!(fixed, include_str!("../output.txt"));
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
fn refuses_bad_flags() {
    for args in [&["--threads", "0"][..], &["--threads"], &["--thread", "1"], &["more"]] {
        let (out, err, code) = run(args);
        assert!(out.is_empty() && err.starts_with("error: ") && err.lines().count() == 1 && code == Some(2), "{err}");
    }
    assert!(run(&["--help"]).0.starts_with("Convolution as a matrix product"));
}
