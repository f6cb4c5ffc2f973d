//! The program prints and draws what the book shows; of a training, the form of its table is checked.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch10-separable"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn prints_and_draws_what_the_book_shows() {
    assert_eq!(PROGRAM.assert_prints(&[], "output.txt"), "");
    PROGRAM.assert_draws("--svg", "../../book/src/figures/separable.svg");
    PROGRAM.assert_draws("--svg-forms", "../../book/src/figures/separable-forms.svg");
}

#[test]
fn trains_the_four_networks() {
    let train = |threads: &str| {
        let (out, err, code) = PROGRAM.run(&["--epochs", "1", "--limit", "1600", "--threads", threads]);
        let progress = err.lines().all(|line| line.contains(", epoch 1/1, batch ") && line.ends_with(" left"));
        assert!(code == Some(0) && progress, "{err}");
        out
    };
    let out = train("2");
    assert!(out.contains("\n1,600 training and 10,000 test images, 2 thread(s), "), "{out}");
    // The table: c3's weights, multiplications, all parameters, accuracy, milliseconds.
    let table = [
        ("dense", "2,400 240,000 61,706"),
        ("spatially separable", "660 73,200 59,966"),
        ("depthwise separable", "246 24,600 59,552"),
        ("flattened", "256 38,016 59,562"),
    ];
    let rows: Vec<&str> = out.lines().rev().take(4).collect();
    for ((name, counts), row) in table.into_iter().zip(rows.into_iter().rev()) {
        let cells: Vec<&str> = row.strip_prefix(name).expect(row).split_whitespace().collect();
        assert_eq!(cells[..3].join(" "), counts, "{name}");
        let [accuracy, ms] = [3, 4].map(|i| cells[i].parse::<f64>().expect("a number"));
        assert!(cells.len() == 5 && (0.2..1.0).contains(&accuracy) && ms > 0.0, "{row}");
        // The epoch's line has the same accuracy.
        let epoch = out.lines().find(|line| line.starts_with(&format!("{name}, epoch 1: loss "))).expect(name);
        assert!(epoch.ends_with(&format!(", test accuracy {}", cells[3])), "{epoch}");
    }

    // The same with another number of threads, but for the threads and the times.
    let epochs = |out: &str| out.lines().filter(|line| line.contains("loss")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(epochs(&out).len(), 4);
    assert_eq!(epochs(&train("1")), epochs(&out));
}

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    for args in [
        &["more"][..],
        &["--svg"],
        &["--svg", "no/such/folder/a.svg"],
        &["--threads", "0"],
        &["--epochs", "0"],
        &["--epochs", "many"],
        &["--train", "--limit", "31"],
        &["--train", "--data", "no/such/folder"],
        &["--train", "--svg", "a.svg"],
        &["--epochs", "1", "--svg-forms", "a.svg"],
        &["--limit", "100"],
        &["--seed", "1"],
        &["--data", "."],
    ] {
        PROGRAM.assert_refuses(args);
    }
    let (help, ..) = PROGRAM.run(&["--help"]);
    for flag in [
        "--svg FILE",
        "--svg-forms FILE",
        "--train",
        "--epochs N",
        "--limit N",
        "--seed N",
        "--data DIR",
        "--threads N",
    ] {
        assert!(help.contains(flag), "{flag}");
    }
}
