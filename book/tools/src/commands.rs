//! Commands that the book shows with what they print: the files in `book/outputs`.
//!
//! Each begins with its command, `$ cargo run ...`; all else is what that prints. Of a long output, `| head -n 9` and
//! `| tail -n 3` behind the command leave the first lines, or the last ones.

use crate::{Problem, code, output, read};
use std::path::Path;
use std::process::Command;

/// Where they are.
pub const FOLDER: &str = "book/outputs";

/// A command, as a shell reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Its words; those between double quotes are one.
    words: Vec<String>,
    /// How many lines each `| head` (true) and `| tail` leaves.
    cuts: Vec<(bool, usize)>,
}

/// Reads a command.
///
/// # Errors
/// If it isn't cargo's, a quote has no end, or something else than `head -n` and `tail -n` is behind a bar.
pub fn parse(command: &str) -> Result<Parsed, String> {
    let mut parts = command.split(" | ");
    let words = words(parts.next().unwrap_or(""))?;
    let cut = |part: &str| match part.split_whitespace().collect::<Vec<_>>()[..] {
        [name @ ("head" | "tail"), "-n", lines] => lines.parse().ok().map(|lines| (name == "head", lines)),
        _ => None,
    };
    let cuts = parts.map(|part| cut(part).ok_or_else(|| format!("`{part}`: only `head -n` and `tail -n` are known")));
    Ok(Parsed { words, cuts: cuts.collect::<Result<_, _>>()? })
}

fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut quoted, mut open) = (vec![String::new()], false, false);
    for c in command.chars() {
        match c {
            '"' => (quoted, open) = (true, !open),
            ' ' if !open => {
                if !words[words.len() - 1].is_empty() || quoted {
                    words.push(String::new());
                }
                quoted = false;
            }
            c => words.last_mut().expect("there is a word").push(c),
        }
    }
    if open {
        return Err(format!("a quote without its end in `{command}`"));
    }
    match words[0].as_str() {
        "cargo" => Ok(words),
        other => Err(format!("only cargo is run, not `{other}`")),
    }
}

/// What a command prints on its standard output, run in the root of the repository.
///
/// # Errors
/// If it can't be run, or fails.
pub fn run(root: &Path, command: &str) -> Result<String, String> {
    let Parsed { words, cuts } = parse(command)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let result = Command::new(cargo).args(&words[1..]).current_dir(root).output();
    let output = result.map_err(|e| format!("`{command}`: {e}"))?;
    if !output.status.success() {
        return Err(format!("`{command}` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    let text = String::from_utf8(output.stdout).map_err(|e| format!("`{command}`: {e}"))?;
    let mut lines: Vec<&str> = text.lines().collect();
    for (head, left) in cuts {
        let gone = lines.len().saturating_sub(left);
        lines = if head { lines[..lines.len() - gone].to_vec() } else { lines[gone..].to_vec() };
    }
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Runs the command of every file, and compares; or writes what it prints.
///
/// # Errors
/// For each file that has no command, whose command fails, or that holds something else than it prints.
pub fn check(root: &Path, write: bool) -> Result<usize, Vec<Problem>> {
    let mut problems = Vec::new();
    let files = code::files(root, Path::new(FOLDER), &[".txt"]);
    for file in &files {
        if let Err(said) = check_file(root, file, write) {
            problems.push(Problem::new(file, 0, said));
        }
    }
    if problems.is_empty() { Ok(files.len()) } else { Err(problems) }
}

fn check_file(root: &Path, file: &Path, write: bool) -> Result<(), String> {
    let text = read(root, file).map_err(|e| e.text)?;
    let command = output::command(&text).ok_or("the first line is no command, `$ cargo ...`")?;
    let printed = format!("$ {command}\n{}", run(root, command)?);
    if write {
        return std::fs::write(root.join(file), printed).map_err(|e| e.to_string());
    }
    let differs = |(i, (have, now)): (usize, (&str, &str))| {
        (have != now).then(|| format!("line {} is\n    {have}\nand `{command}` prints\n    {now}", i + 1))
    };
    let longer = || (text != printed).then(|| format!("`{command}` prints more or fewer lines"));
    match text.lines().zip(printed.lines()).enumerate().find_map(differs).or_else(longer) {
        Some(said) => Err(said),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    #[test]
    fn words_and_quotes() {
        let parsed = parse(r#"cargo run -p a  -- "Naive forward" --trace x | head -n 20 | tail -n 3"#).unwrap();
        assert_eq!(parsed.cuts, [(true, 20), (false, 3)]);
        assert_eq!(parsed.words, ["cargo", "run", "-p", "a", "--", "Naive forward", "--trace", "x"]);
        assert!(parse("rm -r x").unwrap_err().contains("only cargo"));
        assert!(parse("cargo run \"x").unwrap_err().contains("a quote"));
        assert!(parse("cargo run | sort").unwrap_err().contains("only `head -n`"));
        let help = run(Path::new("."), "cargo --help").unwrap();
        let cut = run(Path::new("."), "cargo --help | head -n 3 | tail -n 2").unwrap();
        assert_eq!(cut.lines().collect::<Vec<_>>(), help.lines().skip(1).take(2).collect::<Vec<_>>());
    }

    #[test]
    fn planted_mistakes_are_found_and_written_away() {
        let planted = Planted::new(&[
            ("book/outputs/good.txt", "$ cargo --version\n"),
            ("book/outputs/fails.txt", "$ cargo no-such-command\n"),
            ("book/outputs/none.txt", "x\n"),
        ]);
        let said: Vec<_> = check(&planted.0, false).unwrap_err().iter().map(Problem::to_string).collect();
        assert!(said[0].starts_with("book/outputs/fails.txt: `cargo no-such-command` failed"), "{said:?}");
        assert!(said[1].contains("more or fewer lines") && said[2].contains("is no command"), "{said:?}");
        std::fs::remove_file(planted.0.join("book/outputs/fails.txt")).unwrap();
        std::fs::remove_file(planted.0.join("book/outputs/none.txt")).unwrap();
        assert_eq!(check(&planted.0, true), Ok(1));
        assert_eq!(check(&planted.0, false), Ok(1));
        planted.write("book/outputs/good.txt", "$ cargo --version\ncargo 0.1.0\n");
        assert!(check(&planted.0, false).unwrap_err()[0].text.starts_with("line 2 is\n    cargo 0.1.0\nand"));
    }
}
