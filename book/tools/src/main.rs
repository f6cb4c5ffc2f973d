//! The book's checks, and what writes into it.

use book_tools::{Problem, check, commands, measure, plan};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: book check [--no-build]   pages and code against each other; then builds the book and checks that
       book outputs [--write]    runs the commands of book/outputs, and compares what they print, or writes it
       book measure PAGE.md      runs the commands of a page's tables of speeds, and writes the tables

mdBook is the program that MDBOOK names, or mdbook on the PATH.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("book/tools is in a repository");
    let done = match args[..] {
        ["check"] => checked(root, true),
        ["check", "--no-build"] => checked(root, false),
        ["outputs"] => commands::check(root, false).map(|n| format!("{n} outputs are what their commands print")),
        ["outputs", "--write"] => commands::check(root, true).map(|n| format!("{n} outputs written")),
        ["measure", page] => measure::write(root, &Path::new(plan::PAGES).join(page))
            .map(|n| format!("{n} table(s) written"))
            .map_err(|problem| vec![problem]),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            eprintln!("{} problem(s)", problems.len());
            ExitCode::FAILURE
        }
    }
}

fn checked(root: &Path, build: bool) -> Result<String, Vec<Problem>> {
    let problems = check::sources(root);
    if !problems.is_empty() {
        return Err(problems);
    }
    if build {
        let mdbook = std::env::var_os("MDBOOK").map_or_else(|| PathBuf::from("mdbook"), PathBuf::from);
        check::built(root, &mdbook)?;
    }
    Ok("the book and the code agree".into())
}
