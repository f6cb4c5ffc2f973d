//! The program prints and draws what the book shows; of the measurements, only their form is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch06-conv3d"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    let measured = PROGRAM.assert_prints(&[], "output.txt");
    let times: Vec<_> = measured.lines().filter_map(|line| line.strip_suffix(" ms")).collect();
    assert_eq!(times.len(), 6, "{measured}");
    for time in times {
        let ms: f64 = time.split_whitespace().last().and_then(|ms| ms.parse().ok()).expect("a number");
        assert!(ms > 0.0, "{measured}");
    }
    PROGRAM.assert_draws("--svg", "../../book/src/figures/volume-surfaces.svg");
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [&["--svgs", "a.svg"][..], &["--svg"], &["more"], &["--svg", "no/such/folder/a.svg"]] {
        PROGRAM.assert_refuses(args);
    }
}
