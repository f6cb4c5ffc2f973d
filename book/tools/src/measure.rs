//! Tables of speeds: what stands between two markers of a page is written by the command that the first one names.
//!
//! ````text
//! <!-- measured: cargo run -p ch01-naive -- --measure -->
//!
//! ```text
//! ...
//! ```
//!
//! <!-- end of measured -->
//! ````

use crate::{Problem, commands, line_of, read};
use std::ops::Range;
use std::path::Path;

const BEGIN: &str = "<!-- measured: ";
const END: &str = "<!-- end of measured -->";

/// A table in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The command that writes it.
    pub command: String,
    /// What stands between the markers.
    pub place: Range<usize>,
}

/// The tables of a page.
///
/// # Errors
/// If the markers don't come in pairs: where, and what is wrong.
pub fn tables(text: &str) -> Result<Vec<Measured>, (usize, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(BEGIN).map(|i| from + i) {
        let behind = start + BEGIN.len();
        let end_of = |what: &str, from: usize| text[from..].find(what).map(|i| from + i);
        let close = end_of(" -->", behind).ok_or((start, "a marker without its -->".to_string()))?;
        let end = end_of(END, close).ok_or((start, format!("measured, and no `{END}` behind it")))?;
        let place = close + " -->".len()..end;
        if text[place.clone()].contains(BEGIN) {
            return Err((start, format!("measured twice, and only one `{END}`")));
        }
        let command = text[behind..close].to_string();
        commands::parse(&command).map_err(|said| (start, said))?;
        found.push(Measured { command, place });
        from = end + END.len();
    }
    if text[from..].contains(END) {
        return Err((from + text[from..].find(END).unwrap_or(0), format!("`{END}`, and nothing is measured")));
    }
    Ok(found)
}

/// What stands between the markers: the command, the machine, and what the command printed.
fn table(command: &str, machine: &str, printed: &str) -> String {
    format!("\n\n```text\n$ {command}\non {machine}\n\n{}\n```\n\n", printed.trim_end())
}

/// The tables of a page are there, and say what was measured and where.
pub fn check(file: &Path, text: &str) -> Vec<Problem> {
    let tables = match tables(text) {
        Ok(tables) => tables,
        Err((at, said)) => return vec![Problem::new(file, line_of(text, at), said)],
    };
    let well = |measured: &&Measured| {
        let begin = format!("\n\n```text\n$ {}\non ", measured.command);
        !text[measured.place.clone()].starts_with(&begin)
    };
    let bad = tables.iter().filter(well);
    let said = "the table isn't what this command writes: run `book measure`";
    bad.map(|measured| Problem::new(file, line_of(text, measured.place.start), said)).collect()
}

/// Measures all tables of a page anew, and writes them.
///
/// # Errors
/// If the page can't be read or written, or a command fails.
pub fn write(root: &Path, file: &Path) -> Result<usize, Problem> {
    let mut text = read(root, file)?;
    let tables = tables(&text).map_err(|(at, said)| Problem::new(file, line_of(&text, at), said))?;
    let machine = machine();
    for measured in tables.iter().rev() {
        let printed = commands::run(root, &measured.command).map_err(|said| Problem::new(file, 0, said))?;
        text.replace_range(measured.place.clone(), &table(&measured.command, &machine, &printed));
    }
    if !tables.is_empty() {
        std::fs::write(root.join(file), text).map_err(|e| Problem::new(file, 0, e.to_string()))?;
    }
    Ok(tables.len())
}

/// The processor, as the system calls it, and how many threads it runs.
fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, n)| n.into()));
    let asked = || {
        let output = std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        String::from_utf8(output.stdout).ok().map(|name| name.trim().to_string()).filter(|name| !name.is_empty())
    };
    let name = named.or_else(asked).or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {threads} thread(s)",
        name.unwrap_or_else(|| format!("a processor of kind {}", std::env::consts::ARCH))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "a\n\n<!-- measured: cargo run -p a -->\n<!-- end of measured -->\n\nb\n";

    #[test]
    fn a_table_is_written_between_its_markers() {
        let found = tables(PAGE).unwrap();
        assert_eq!(found[0].command, "cargo run -p a");
        let mut page = PAGE.to_string();
        page.replace_range(found[0].place.clone(), &table("cargo run -p a", "a machine", "fast  1\nslow  2\n"));
        assert_eq!(
            page,
            "a\n\n<!-- measured: cargo run -p a -->\n\n```text\n$ cargo run -p a\non a machine\n\nfast  1\nslow  \
             2\n```\n\n<!-- end of measured -->\n\nb\n"
        );
        assert_eq!(check(Path::new("a.md"), &page), []);
        assert!(!machine().is_empty());
    }

    #[test]
    fn planted_mistakes_are_found() {
        for (page, said) in [
            (PAGE.replace("<!-- end of measured -->", ""), "a.md:3: measured, and no"),
            (PAGE.replace("<!-- measured: cargo run -p a -->", ""), "a.md:4: `<!-- end"),
            (PAGE.to_string() + "<!-- measured: cargo run -p b -->", "a.md:7: measured, and no"),
            (PAGE.replace("<!-- end", "<!-- measured: cargo run -->\n<!-- end"), "a.md:3: measured twice"),
            (
                PAGE.replace("-->\n<!-- end", "-->\n\n```text\n$ cargo run -p b\non x\n\n1\n```\n\n<!-- end"),
                "a.md:3: the table",
            ),
            (PAGE.replace("cargo run -p a", "rm -r a"), "a.md:3: only cargo"),
            (PAGE.to_string(), "a.md:3: the table isn't"),
        ] {
            let found = check(Path::new("a.md"), &page);
            assert!(found.first().is_some_and(|problem| problem.to_string().starts_with(said)), "{page}: {found:?}");
        }
    }
}
