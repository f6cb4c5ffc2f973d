//! What the pages ask readers to predict: the examples with a change, and what comes of it.

use crate::{read, repository, run};
use unrolled::cli::Args;

/// What `run` prints of an example in which `from` is `to`.
fn changed(example: &str, from: &str, to: &str, args: &[&str]) -> String {
    let source = read(repository().join(format!("cuda/ptx/examples/{example}.ptx")));
    assert!(source.contains(from), "{example}: {from}");
    let file =
        std::env::temp_dir().join(format!("ptx-book-{}-{example}-{:x}.ptx", std::process::id(), to.as_ptr().addr()));
    std::fs::write(&file, source.replace(from, to)).expect("temporary files can be written");
    let words = [file.to_str().expect("a path in Unicode")].into_iter().chain(args.iter().copied());
    let printed = run::run(Args::parse(words).expect("arguments in Unicode"));
    std::fs::remove_file(&file).expect("it was just written");
    printed.expect("the example runs")
}

#[test]
fn a_thread_too_many_reads_past_the_end() {
    let args = ["--grid", "2", "--block", "8", "f32:0..13", "f32x13", "0.5", "13"];
    let printed = changed("scale", "setp.ge.u32", "setp.gt.u32", &args);
    assert!(printed.starts_with("stopped: OutOfBounds"), "{printed}");
    assert!(printed.contains("(1, 0, 0)\n  thread       (5, 0, 0)"), "{printed}");
    assert!(printed.ends_with("of an allocation of 52\n"), "{printed}");
}

#[test]
fn a_barrier_is_needed_even_in_one_warp() {
    let one_warp = ["--block", "32", "f32:0..32"];
    let without = changed("reverse", "bar.sync 0;", "", &one_warp);
    assert!(without.starts_with("stopped: Uninitialised"), "{without}");
    let within = changed(
        "reverse",
        "bar.sync 0;                             // nobody goes on before all have stored\n    sub.u32 %place, 63, %t;",
        "sub.u32 %place, 31, %t;",
        &one_warp,
    );
    assert!(within.starts_with("stopped: Race"), "{within}");
}

#[test]
fn the_last_lane_keeps_its_own() {
    let store = "@%first st.global.f32 [%sums], %sum;";
    let to = "shfl.sync.down.b32 %sum, %value, 1, 31, 0xffffffff;\n mad.wide.u32 %sums, %lane, 4, %sums;\n st.global.f32 [%sums], %sum;\n ret;";
    let printed = changed("shuffle", store, to, &["--kernel", "shuffle", "f32:0..32", "f32x33"]);
    let sums = printed.split_once("sums ").expect("the second buffer").1;
    let numbers: Vec<&str> = sums.split_whitespace().collect();
    assert_eq!((numbers[0], numbers[29], numbers[30], numbers[31]), ("1", "30", "31", "31"), "{printed}");
}

#[test]
fn a_stride_of_three_touches_every_sector_and_every_bank_once() {
    let args = ["strides", "--listing", "x=f32:0..96", "y=f32x32", "stride=3"];
    let printed = run::run(Args::parse(args).expect("arguments in Unicode")).expect("it runs");
    let noted = |note: &str, name: &str| printed.lines().any(|line| line.contains(note) && line.contains(name));
    assert!(noted("12.0 sectors", "ld.global.nc.f32") && noted("1.0 passes", "ld.shared.f32"), "{printed}");
}

#[test]
fn a_warp_that_does_not_part_takes_one_side() {
    let steps = |printed: String| printed.lines().filter(|line| line.contains("000000")).count();
    let parted = steps(changed("diverge", "%i, 5;", "%i, 5;", &["--block", "8", "--trace"]));
    let whole = steps(changed("diverge", "%i, 5;", "%i, 0;", &["--block", "8", "--trace"]));
    assert_eq!((parted - 2, whole - 2), (11, 5)); // without the mov in front, and the ret
}

#[test]
fn two_writes_of_the_same_are_a_race() {
    let index = "mad.wide.u32 %counts, %label, 4, %counts;";
    let printed = changed("histogram", index, "st.global.f32 [%counts], 0.0; ret;", &["u32:0..8", "f32:1"]);
    assert!(printed.starts_with("stopped: Race"), "{printed}");
}

#[test]
fn blocks_that_add_without_an_atomic_race_in_any_order() {
    for _ in 0..20 {
        let printed = run::run(Args::parse(["bugs/blocks"]).expect("Unicode")).expect("it is stopped");
        assert!(printed.starts_with("stopped: Race"), "{printed}");
    }
}
