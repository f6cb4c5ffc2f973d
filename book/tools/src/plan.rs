//! Which pages the book has and will have: the table in `book/README.md`, and mdBook's `SUMMARY.md`.

use crate::directive::resolve;
use crate::markdown::Markdown;
use crate::{Problem, read};
use std::path::{Path, PathBuf};

/// Where the table is.
pub const README: &str = "book/README.md";
/// Where the pages are.
pub const PAGES: &str = "book/src";

/// A page of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The page, relative to the repository.
    pub file: PathBuf,
    /// The folders whose listings it shows.
    pub rooms: Vec<PathBuf>,
    /// Whether it is written; otherwise it is to come.
    pub written: bool,
    /// Its line in the table.
    pub line: usize,
}

/// The rows of the table, `` | `page.md` | `room`, `room` | written | ``.
///
/// # Errors
/// If a row says anything but `written` or `to come`, or there are no rows.
pub fn planned(readme: &str) -> Result<Vec<Planned>, Problem> {
    let mut pages = Vec::new();
    for (i, row) in readme.lines().enumerate() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", page, rooms, state, ""] = cells[..] else { continue };
        let Some(page) = page.strip_prefix('`').and_then(|p| p.strip_suffix("`")).filter(|p| p.ends_with(".md")) else {
            continue;
        };
        let written = match state {
            "written" => true,
            "to come" => false,
            _ => return Err(Problem::new(README, i + 1, format!("`{page}` is `{state}`, not `written` or `to come`"))),
        };
        let rooms = rooms.split('`').skip(1).step_by(2).map(PathBuf::from).collect();
        pages.push(Planned { file: Path::new(PAGES).join(page), rooms, written, line: i + 1 });
    }
    match pages.is_empty() {
        true => Err(Problem::new(README, 0, "the table of pages is missing")),
        false => Ok(pages),
    }
}

/// The pages that mdBook builds, in their order.
///
/// # Errors
/// If `SUMMARY.md` can't be read, or has an entry without a page.
pub fn summary(root: &Path) -> Result<Vec<PathBuf>, Problem> {
    let file = Path::new(PAGES).join("SUMMARY.md");
    let text = read(root, &file)?;
    let page = |(line, target): (usize, String)| match resolve(Path::new(PAGES), &target) {
        Some(page) if !target.is_empty() => Ok(page),
        _ => Err(Problem::new(&file, line, "an entry without a page")),
    };
    Markdown::parse(&text).links.into_iter().map(page).collect()
}

/// Table, summary and files name the same pages.
pub fn check(root: &Path, planned: &[Planned], summary: &[PathBuf]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for page in planned {
        let listed = summary.contains(&page.file);
        if page.written != listed {
            let state = if page.written { "written, and not in SUMMARY.md" } else { "to come, and in SUMMARY.md" };
            problems.push(Problem::new(README, page.line, format!("{} is {state}", page.file.display())));
        }
        for room in &page.rooms {
            if !root.join(room).is_dir() && page.written {
                problems.push(Problem::new(README, page.line, format!("there is no folder {}", room.display())));
            }
        }
    }
    for page in summary {
        if !planned.iter().any(|planned| planned.file == *page) {
            problems.push(Problem::new(page, 0, format!("is not in the table of pages in {README}")));
        }
        if !root.join(page).is_file() {
            problems.push(Problem::new(page, 0, "is in SUMMARY.md, and there is no such file"));
        }
    }
    for entry in std::fs::read_dir(root.join(PAGES)).into_iter().flatten().flatten() {
        let page = Path::new(PAGES).join(entry.file_name());
        let is_page = page.extension().is_some_and(|e| e == "md") && !page.ends_with("SUMMARY.md");
        if is_page && !summary.contains(&page) {
            problems.push(Problem::new(page, 0, "is not in SUMMARY.md, so it is never built"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    const TABLE: &str = "\
# book

| page | its code | |
|---|---|---|
| `ch01-naive.md` | `chapters/ch01-naive`, `cuda/ch01-naive` | written |
| `ch02-im2col.md` | `chapters/ch02-im2col` | to come |

| figure | made by |
|---|---|
| [`a.svg`](src/figures/a.svg) | `cargo run -p a` |
";

    #[test]
    fn the_table_is_read() {
        let pages = planned(TABLE).unwrap();
        assert_eq!(pages.len(), 2);
        assert_eq!(pages[0].rooms, [Path::new("chapters/ch01-naive"), Path::new("cuda/ch01-naive")]);
        assert!(pages[0].written && !pages[1].written);
        assert!(planned("# book\n").unwrap_err().text.contains("missing"));
        let said = planned(&TABLE.replace("to come", "soon")).unwrap_err().to_string();
        assert!(said.starts_with("book/README.md:6: "), "{said}");
    }

    #[test]
    fn planted_mistakes_are_found() {
        let files = [
            ("book/src/SUMMARY.md", "# S\n\n- [One](ch01-naive.md)\n"),
            ("book/src/ch01-naive.md", "# One\n"),
            ("chapters/ch01-naive/x", ""),
            ("cuda/ch01-naive/x", ""),
        ];
        let said = |table: &str, planted: &Planted| -> String {
            let problems = check(&planted.0, &planned(table).unwrap(), &summary(&planted.0).unwrap());
            problems.iter().map(|problem| format!("{problem}\n")).collect()
        };
        let good = Planted::new(&files);
        assert_eq!(said(TABLE, &good), "");
        let swapped =
            TABLE.replace("| written |", "| X |").replace("to come", "written").replace("| X |", "| to come |");
        let found = said(&swapped, &good);
        assert!(found.contains("ch01-naive.md is to come, and in SUMMARY.md"), "{found}");
        assert!(found.contains("ch02-im2col.md is written, and not in SUMMARY.md"), "{found}");
        assert!(found.contains("there is no folder chapters/ch02-im2col"), "{found}");

        good.write("book/src/forgotten.md", "# F\n");
        assert!(said(TABLE, &good).contains("book/src/forgotten.md: is not in SUMMARY.md"));
        good.write("book/src/SUMMARY.md", "- [One](ch01-naive.md)\n- [F](forgotten.md)\n- [G](gone.md)\n");
        let found = said(TABLE, &good);
        assert!(
            found.contains("forgotten.md: is not in the table") && found.contains("gone.md: is in SUMMARY"),
            "{found}"
        );
        good.write("book/src/SUMMARY.md", "- [One]()\n");
        assert!(summary(&good.0).unwrap_err().to_string().contains("SUMMARY.md:1: an entry without a page"));
    }
}
