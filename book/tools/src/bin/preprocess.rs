//! mdBook's preprocessor: the book goes in, and comes out with its formulas, listings and outputs.

use book_tools::{Problem, preprocess};
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // mdBook asks first which kinds of output are wanted: all of them.
    if std::env::args().nth(1).as_deref() == Some("supports") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(book) => {
            println!("{book}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("error: {problem}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, Vec<Problem>> {
    let strange = |said: String| vec![Problem::new("book.toml", 0, format!("what mdBook hands over: {said}"))];
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|e| strange(e.to_string()))?;
    let mut handed: serde_json::Value = serde_json::from_str(&text).map_err(|e| strange(e.to_string()))?;
    // mdBook runs preprocessors in the book's folder; pages name files of the whole repository.
    let folder = std::env::current_dir().map_err(|e| strange(e.to_string()))?;
    let root = folder.parent().ok_or_else(|| strange("a book without a folder around it".into()))?;
    preprocess::book(root, Path::new("book/src"), &mut handed[1])?;
    Ok(handed[1].to_string())
}
