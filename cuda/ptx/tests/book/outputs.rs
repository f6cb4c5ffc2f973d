//! The outputs that the appendices show are what the two examples print.

use crate::{divergence, opcodes, read, refusals, repository, run, strides};
use unrolled::cli::Args;

/// What a command prints; `None` if it is none of these examples.
fn printed(command: &str) -> Option<String> {
    let mut parts = command.split(" | ");
    let words: Vec<&str> = parts.next()?.split_whitespace().collect();
    let text = match words[..] {
        ["cargo", "run", "-p", "ptx", "--example", "opcodes"] => {
            opcodes::table(&opcodes::kernels().expect("the kernels can be read"))
        }
        ["cargo", "run", "-p", "ptx", "--example", "refusals"] => refusals::refusals(),
        ["cargo", "run", "-p", "ptx", "--example", "strides"] => strides::table(),
        ["cargo", "run", "-p", "ptx", "--example", "run", "--", file, ref rest @ ..] => {
            let args = Args::parse([file].into_iter().chain(rest.iter().copied()));
            run::run(args.expect("arguments in Unicode")).unwrap_or_else(|e| panic!("{command}: {e}"))
        }
        _ => return None,
    };
    let mut lines: Vec<&str> = text.trim_end().lines().collect();
    for cut in parts {
        let (side, count) = cut.split_once(" -n ").expect("head -n or tail -n");
        let left = count.parse::<usize>().expect("a number").min(lines.len());
        lines = if side == "head" { lines[..left].to_vec() } else { lines[lines.len() - left..].to_vec() };
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

#[test]
fn the_book_shows_what_the_examples_print() {
    let folder = std::fs::read_dir(repository().join("book/outputs")).expect("the folder of outputs");
    let mut compared = 0;
    for file in folder.flatten().map(|entry| entry.path()) {
        let text = read(&file);
        let (command, shown) = text.split_once('\n').expect("a command, and what it prints");
        if let Some(printed) = command.strip_prefix("$ ").and_then(printed) {
            assert_eq!(shown, printed, "{}", file.display());
            compared += 1;
        }
    }
    assert!(compared >= 40, "{compared} outputs");
}

#[test]
fn the_book_shows_what_the_example_draws() {
    assert_eq!(read(repository().join("book/src/figures/divergence.svg")), divergence::figure());
}

#[test]
fn wrong_arguments_are_refused() {
    let refused = |rest: &[&str]| {
        let args = Args::parse(["scale"].into_iter().chain(rest.iter().copied())).expect("Unicode");
        run::run(args).expect_err("it is wrong").to_string()
    };
    for (args, said) in [
        (&["f32:1"][..], "PARAMETER: got 1 of them, expected x, y, a, n"),
        (&["x=f32:1", "n=f32:1", "1", "1"], "y: got \"n=f32:1\""),
        (&["f32:one", "f32x1", "1", "1"], "x: got \"f32:one\""),
        (&["f32:", "f32x1", "1", "1"], "x: got \"f32:\""),
        (&["f32:1", "f32x0", "1", "1"], "y: got \"f32x0\""),
        (&["f32:1", "f32x1", "1", "1.5"], "n: got \"1.5\""),
        (&["--block", "2048", "f32:1", "f32x1", "1", "1"], "--grid, --block: got "),
        (&["--grid", "1,2,3,4", "f32:1", "f32x1", "1", "1"], "--grid: got "),
        (&["--kernel", "none", "f32:1", "f32x1", "1", "1"], "--kernel: got "),
        (&["--trace", "--lines", "20"], "--lines: got \"20\""),
        (&["--loud"], "arguments: got \"--loud\""),
    ] {
        assert!(refused(args).contains(said), "{args:?}: {}", refused(args));
    }
}
