//! What the three programs print, and what they refuse.

use unrolled::testing::Program;

const LADDER: Program = Program { exe: env!("CARGO_BIN_EXE_cuda-ladder"), folder: env!("CARGO_MANIFEST_DIR") };
const INSPECT: Program = Program { exe: env!("CARGO_BIN_EXE_inspect"), folder: env!("CARGO_MANIFEST_DIR") };
const ASSEMBLE: Program = Program { exe: env!("CARGO_BIN_EXE_assemble"), folder: env!("CARGO_MANIFEST_DIR") };

#[test]
fn they_help_and_refuse() {
    for program in [LADDER, INSPECT, ASSEMBLE] {
        program.assert_helps();
        program.assert_refuses(&["--loud"]);
    }
    INSPECT.assert_refuses(&["no such kernel"]);
    INSPECT.assert_refuses(&["forward", "--block", "1,2"]);
    INSPECT.assert_refuses(&["forward", "--warp", "first", "--trace", "forward"]);
}

#[test]
fn the_ladder_has_a_line_for_each_entry() {
    let (out, err, code) = LADDER.run(&["--no-tests", "--sim", "--only", "sgemm vector"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    let line = out.lines().find(|line| line.starts_with("ch02-im2col")).expect("a line for it");
    assert!(line.contains("256 x 256") && line.ends_with("100.0%"), "{line}");
    assert_eq!(out.lines().count(), 4, "{out}");
}

#[test]
fn counts_are_the_same_in_every_run() {
    let run = || LADDER.run(&["--counts", "--only", "sgemm"]);
    let (out, err, code) = run();
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert!(out.contains("\n256 x 256:\nch02-im2col sgemm naive product "), "{out}");
    assert_eq!(out, run().0);
}

#[test]
fn a_kernel_is_listed_counted_and_traced() {
    let run = |args: &[&str]| {
        let (out, err, code) = INSPECT.run(args);
        assert_eq!((err.as_str(), code), ("", Some(0)), "{args:?}");
        out
    };
    assert!(run(&[]).lines().any(|line| line == "ch01-naive Naive forward"));
    assert!(run(&["sgemm tiled"]).contains("bank conflicts                      0\n"));
    let listing = run(&["sgemm tiled", "--listing"]);
    assert!(listing.contains("1.0 passes   ld.shared.f32"), "{listing}");
    let trace = run(&["sgemm naive", "--trace", "sgemm_naive", "--block", "1,0,0", "--warp", "2"]);
    assert!(trace.contains("ffffffff  fma.rn.f32"), "{trace}");
    let (_, err, code) = INSPECT.run(&["sgemm naive", "--trace", "sgemm_tiled"]);
    let problem = "error: tracing: sgemm_tiled has no warp 0 in block [0, 0, 0] here, or isn't launched\n";
    assert_eq!((err.as_str(), code), (problem, Some(1)));
}

#[test]
fn without_an_assembler_it_says_where_to_get_one() {
    let (_, err, code) = ASSEMBLE.run(&["--ptxas", "/no/such/ptxas"]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("error: starting /no/such/ptxas: ") && err.ends_with("(see --help)\n"), "{err}");
}
