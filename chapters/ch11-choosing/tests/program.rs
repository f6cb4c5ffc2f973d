//! The program as its users meet it.

use unrolled::testing::Program;

const PROGRAM: Program = Program { exe: env!("CARGO_BIN_EXE_ch11-choosing"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn helps_and_refuses() {
    PROGRAM.assert_helps();
    PROGRAM.assert_refuses(&["--layers", "no-such-file.tsv"]);
    PROGRAM.assert_refuses(&["--only", "no such layer"]);
    PROGRAM.assert_refuses(&["--passes", "sideways"]);
    PROGRAM.assert_refuses(&["--threads", "0"]);
    PROGRAM.assert_refuses(&["--workspace", "0"]);
    PROGRAM.assert_refuses(&["--loud"]);
}

/// One short layer: the table, its winner, and the regret.
#[test]
fn races_a_layer() {
    let (out, _, code) = PROGRAM.run(&["--only", "lenet_c3", "--seconds", "0.01", "--threads", "1"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("lenet_c3: 6 -> 16 channels, 5x5, on 32 x 14x14"), "{out}");
    for part in ["fwd         fused", "bwd_data    fused", "bwd_weight  fused", "best", "chosen", "geometric mean"] {
        assert!(out.contains(part), "{part} in\n{out}");
    }
}

/// What the peers' scripts print: a line for each layer and pass.
#[test]
fn prints_the_chosen_ones_as_a_table_for_programs() {
    let args = ["--tsv", "--only", "lenet", "--passes", "fwd,bwd_weight", "--seconds", "0.01"];
    let (out, _, code) = PROGRAM.run(&args);
    assert_eq!(code, Some(0));
    let lines: Vec<Vec<&str>> =
        out.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    let names: Vec<&str> = lines.iter().map(|line| line[0]).collect();
    assert_eq!(names, ["lenet_c1.fwd", "lenet_c1.bwd_weight", "lenet_c3.fwd", "lenet_c3.bwd_weight"], "{out}");
    assert!(lines.iter().all(|line| line.len() == 3 && line[1..].iter().all(|x| x.parse::<f64>().unwrap() > 0.0)));
}
