//! Checks of one page, before it is built.

use crate::directive::Directive;
use crate::markdown::{Fence, Markdown};
use crate::math::Math;
use crate::{Problem, code, line_of, measure, output, preprocess, read};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most lines that a listing has: what a reader takes in at once.
pub const MOST_LINES: usize = 30;
/// The fewest words of a page: it is no stub.
const FEWEST_WORDS: usize = 150;

/// What pages show.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Listings: files and anchors.
    pub listings: BTreeSet<(PathBuf, String)>,
    /// Whole files: outputs, drawings, images.
    pub files: BTreeSet<PathBuf>,
}

/// Checks a page, and notes what it shows.
pub fn check(root: &Path, file: &Path, text: &str, packages: &BTreeSet<String>, shown: &mut Shown) -> Vec<Problem> {
    let mut problems = preprocess::page(root, file, text, &Math::new()).err().unwrap_or_default();
    let page = Markdown::parse(text);
    let mut problem = |at: usize, said: String| problems.push(Problem::new(file, line_of(text, at), said));

    for (place, directive) in &page.directives {
        let Ok(directive) = directive else { continue }; // said above
        let Some(path) = directive.path(file) else { continue };
        let in_code = page.fence_at(place.start).is_some();
        if !in_code && !page.html.iter().any(|html| html.contains(&place.start)) {
            problem(place.start, "a listing outside of a block of code, or a drawing outside of a <figure>".into());
        }
        if let Directive::Output { .. } = directive
            && let Err(said) = checked_by_a_test(root, &path)
        {
            problem(place.start, said);
        }
        match directive {
            Directive::Include { anchor: Some(anchor), .. } => {
                shown.listings.insert((path, anchor.clone()));
            }
            _ => {
                shown.files.insert(path);
            }
        }
    }

    let measured: Vec<Range<usize>> =
        measure::tables(text).unwrap_or_default().into_iter().map(|table| table.place).collect();
    for fence in &page.fences {
        let was_measured = measured.iter().any(|place| place.contains(&fence.place.start));
        if let Err(said) = check_fence(root, file, fence, was_measured, packages) {
            problem(fence.place.start, said);
        }
    }

    for image in &page.images {
        let described = image.alt.split_whitespace().count() >= 5;
        if !described {
            problems.push(Problem::new(file, image.line, "an image whose text does not say what is to be seen"));
        }
        if let Some(path) = file.parent().and_then(|folder| crate::directive::resolve(folder, &image.target)) {
            shown.files.insert(path);
        }
    }
    problems.extend(measure::check(file, text));
    problems.extend(check_details(file, text, &page));
    problems.extend(check_size(file, text, &page));
    problems
}

/// A program's output is shown from a file that a test compares with what the program prints.
fn checked_by_a_test(root: &Path, path: &Path) -> Result<(), String> {
    if path.starts_with(crate::commands::FOLDER) {
        return Ok(());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Chapter 0's crate is the core.
    let of_chapter: PathBuf = path.iter().take(if path.starts_with("core") { 1 } else { 2 }).collect();
    let tests = code::files(root, &of_chapter.join("tests"), &[".rs"]);
    let named = |test: &PathBuf| read(root, test).is_ok_and(|text| text.contains(&format!("{name}\"")));
    match ["chapters", "core"].iter().any(|room| path.starts_with(room)) && tests.iter().any(named) {
        true => Ok(()),
        false => Err(format!("no test compares {} with what a program prints", path.display())),
    }
}

/// Code comes from files that tests run, outputs from files that tests compare; only what readers type is written here.
fn check_fence(
    root: &Path,
    file: &Path,
    fence: &Fence,
    was_measured: bool,
    packages: &BTreeSet<String>,
) -> Result<(), String> {
    match fence.language.as_str() {
        "" => Err("a block of code without a language: rust, ptx, text, or sh for what readers type".into()),
        "text" if was_measured => Ok(()),
        "sh" => fence.body.lines().try_for_each(|line| check_command(line, packages)),
        language => {
            let directives = crate::directive::find(&fence.body);
            let typed = fence.body.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with("{{#"));
            if directives.is_empty() || typed {
                return Err(format!("{language} typed into the page: include it from a file that a test checks"));
            }
            let contents = |(_, directive): &(_, Result<Directive, String>)| {
                preprocess::contents(root, file, directive.as_ref().ok()?).ok()
            };
            let lines: usize = directives.iter().filter_map(contents).map(|text| text.trim_end().lines().count()).sum();
            if language != "text" && lines > MOST_LINES {
                return Err(format!("a listing of {lines} lines: show it in pieces of at most {MOST_LINES}"));
            }
            Ok(())
        }
    }
}

/// `cargo ... -p NAME` names a package that is there.
fn check_command(line: &str, packages: &BTreeSet<String>) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let named = words.windows(2).find(|pair| words[0] == "cargo" && pair[0] == "-p");
    match named {
        Some([_, name]) if !packages.contains(*name) => Err(format!("there is no package `{name}`")),
        _ => Ok(()),
    }
}

/// `<details>` are closed, and have a summary.
fn check_details(file: &Path, text: &str, page: &Markdown) -> Vec<Problem> {
    let (mut problems, mut open) = (Vec::new(), Vec::new());
    for html in &page.html {
        let piece = &text[html.clone()];
        for (i, _) in piece.match_indices('<') {
            let at = html.start + i;
            if piece[i..].starts_with("<details") {
                open.push(at);
                let next = text[at..].find('>').map_or("", |end| text[at + end + 1..].trim_start());
                if !next.starts_with("<summary>") {
                    problems.push(Problem::new(file, line_of(text, at), "<details> without a <summary>"));
                }
            } else if piece[i..].starts_with("</details>") && open.pop().is_none() {
                problems.push(Problem::new(file, line_of(text, at), "</details> that was not opened"));
            }
        }
    }
    let unclosed = open.into_iter().map(|at| Problem::new(file, line_of(text, at), "<details> that is not closed"));
    problems.extend(unclosed);
    problems
}

/// A page has one title, and is no stub.
fn check_size(file: &Path, text: &str, page: &Markdown) -> Option<Problem> {
    let titles = page.headings.iter().filter(|(level, _)| *level == 1).count();
    if titles != 1 {
        return Some(Problem::new(file, 0, format!("{titles} titles (`# ...`), not one")));
    }
    let words = text.split_whitespace().count();
    (words < FEWEST_WORDS)
        .then(|| Problem::new(file, 0, format!("a stub of {words} words: list it when it is written")))
}

/// Every output and every figure in the repository is shown by some page, or its page is to come.
pub fn check_unused(root: &Path, shown: &Shown, all_written: bool) -> Vec<Problem> {
    let outputs = code::files(root, Path::new(crate::commands::FOLDER), &[".txt"]);
    let figures = code::files(root, Path::new("book/src/figures"), &[".svg"]);
    let figures = figures.into_iter().filter(|_| all_written);
    let unused = outputs.into_iter().chain(figures).filter(|file| !shown.files.contains(file));
    unused.map(|file| Problem::new(file, 0, "no page shows it")).collect()
}

/// Every output begins with its command.
pub fn check_outputs(root: &Path) -> Vec<Problem> {
    let files = code::files(root, Path::new(crate::commands::FOLDER), &[".txt"]);
    let without = |file: &PathBuf| read(root, file).is_ok_and(|text| output::command(&text).is_none());
    files
        .into_iter()
        .filter(without)
        .map(|file| Problem::new(file, 1, "the first line is no command, `$ cargo ...`"))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A small repository in a temporary folder, gone when it is dropped.
    pub(crate) struct Planted(pub PathBuf);

    impl Planted {
        pub fn new(files: &[(&str, &str)]) -> Self {
            static NUMBER: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let planted = Self(std::env::temp_dir().join(format!("book-tools-{}-{number}", std::process::id())));
            files.iter().for_each(|(file, text)| planted.write(file, text));
            planted
        }

        pub fn write(&self, file: &str, text: &str) {
            let path = self.0.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn repository() -> Planted {
        let long: String = (0..31).map(|i| format!("line {i};\n")).collect();
        Planted::new(&[
            ("core/a.rs", "// ANCHOR: b\nb();\n// ANCHOR_END: b\n"),
            ("core/long.rs", &format!("// ANCHOR: b\n{long}// ANCHOR_END: b\n")),
            ("chapters/ch01-naive/output.txt", "one\n"),
            ("chapters/ch01-naive/other.txt", "one\n"),
            ("chapters/ch01-naive/tests/a.rs", "PROGRAM.assert_prints(&[], \"output.txt\");\n"),
            ("core/output.txt", "zero\n"),
            ("core/other.txt", "zero\n"),
            ("core/tests/a.rs", "PROGRAM.assert_prints(&[], \"output.txt\");\n"),
            ("book/outputs/a.txt", "$ cargo --version\nx\n"),
            ("book/src/figures/a.svg", "<svg></svg>\n"),
        ])
    }

    fn said(planted: &Planted, text: &str) -> (String, Shown) {
        let text = format!("# Title\n\n{text}\n\n{}", "word ".repeat(FEWEST_WORDS));
        let (mut shown, packages) = (Shown::default(), BTreeSet::from(["ch01-naive".to_string()]));
        let problems = check(&planted.0, Path::new("book/src/a.md"), &text, &packages, &mut shown);
        (problems.iter().map(|problem| format!("{problem}\n")).collect(), shown)
    }

    #[test]
    fn a_good_page_is_good_and_says_what_it_shows() {
        let (problems, shown) = said(
            &repository(),
            "```rust\n{{#include ../../core/a.rs:b}}\n```\n\n```text\n{{#output \
             ../../chapters/ch01-naive/output.txt}}\n```\n\n```text\n{{#output ../../core/output.txt}}\n```\n\n\
             ```text\n{{#output ../outputs/a.txt}}\n```\n\n![A square \
             that is empty inside](figures/a.svg)\n\n```sh\ncargo run -p ch01-naive\n```\n\n<details>\n<summary>Why?\
             </summary>\n\nSo.\n\n</details>\n",
        );
        assert_eq!(problems, "");
        assert_eq!(shown.listings, BTreeSet::from([("core/a.rs".into(), "b".to_string())]));
        assert_eq!(shown.files.len(), 4);
    }

    #[test]
    fn planted_mistakes_are_found() {
        let planted = repository();
        for (page, problem) in [
            ("```rust\n{{#include ../../core/a.rs:c}}\n```", "a.md:4: core/a.rs has no anchor `c`"),
            ("```rust\n{{#include ../../core/gone.rs:c}}\n```", "a.md:4: core/gone.rs: "),
            ("```rust\nlet x = 1;\n```", "a.md:3: rust typed into the page"),
            ("```text\n1 2 3\n```", "a.md:3: text typed into the page"),
            ("```rust\n{{#include ../../core/a.rs:b}}\nlet x = 1;\n```", "a.md:3: rust typed"),
            ("```rust\n{{#include ../../core/long.rs:b}}\n```", "a.md:3: a listing of 31 lines"),
            ("```\nx\n```", "a.md:3: a block of code without a language"),
            ("    indented code", "a.md:3: a block of code without a language"),
            ("See {{#include ../../core/a.rs:b}}", "a.md:3: a listing outside"),
            ("```text\n{{#output ../../chapters/ch01-naive/other.txt}}\n```", "no test compares"),
            ("```text\n{{#output ../../core/other.txt}}\n```", "no test compares"),
            ("```sh\ncargo run -p ch99-none\n```", "a.md:3: there is no package `ch99-none`"),
            ("![](figures/a.svg)", "a.md:3: an image whose text"),
            ("![a figure](figures/a.svg)", "a.md:3: an image whose text"),
            ("<details>\n<summary>Why?</summary>\n\nSo.\n", "a.md:3: <details> that is not closed"),
            ("So.\n\n</details>\n", "a.md:5: </details> that was not opened"),
            ("<details>\n\nSo.\n\n</details>\n", "a.md:3: <details> without a <summary>"),
            ("<!-- measured: cargo run -->\n", "a.md:3: measured, and no"),
            ("$\\nosuch$", "a.md:3: "),
            ("# Another title", "a.md: 2 titles"),
        ] {
            let (found, _) = said(&planted, page);
            assert!(found.contains(problem), "{page}: {found}");
        }
        let stub = check(&planted.0, Path::new("a.md"), "# Title\n\nSoon.\n", &BTreeSet::new(), &mut Shown::default());
        assert!(stub[0].text.contains("a stub of 3 words"), "{stub:?}");
    }

    #[test]
    fn what_no_page_shows_is_found() {
        let planted = repository();
        let unused = |all_written| check_unused(&planted.0, &Shown::default(), all_written).len();
        assert_eq!((unused(false), unused(true)), (1, 2));
        assert_eq!(check_outputs(&planted.0), []);
        planted.write("book/outputs/b.txt", "x\n");
        assert_eq!(
            check_outputs(&planted.0)[0].to_string(),
            "book/outputs/b.txt:1: the first line is no command, `$ cargo ...`"
        );
    }
}
