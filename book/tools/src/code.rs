//! The listings that the code offers, and whether the book shows them.

use crate::plan::{Planned, README};
use crate::{Problem, listing, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where code is that pages show.
const ROOMS: [&str; 3] = ["chapters", "core", "cuda"];

/// All files below a folder of the repository whose names end so, sorted.
pub fn files(root: &Path, folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            if entry.file_name() != "target" {
                found.extend(files(root, &path, endings));
            }
        } else if endings.iter().any(|ending| entry.file_name().to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every anchor belongs to a page of the plan; and where that page is written, some page shows it.
pub fn check(root: &Path, planned: &[Planned], shown: &BTreeSet<(PathBuf, String)>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in ROOMS.iter().flat_map(|room| files(root, Path::new(room), &[".rs", ".ptx"])) {
        let anchors = match read(root, &file).map(|text| listing::anchors(&text)) {
            Ok(Ok(anchors)) => anchors,
            Ok(Err((line, said))) => {
                problems.push(Problem::new(&file, line, said));
                continue;
            }
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let page = planned.iter().find(|page| page.rooms.iter().any(|room| file.starts_with(room)));
        for anchor in anchors {
            let said = match page {
                None => {
                    format!("no page of the table in {README} has this folder, so `{}` is never shown", anchor.name)
                }
                Some(page) if page.written && !shown.contains(&(file.clone(), anchor.name.clone())) => {
                    format!("no page shows the listing `{}`", anchor.name)
                }
                Some(_) => continue,
            };
            problems.push(Problem::new(&file, anchor.line, said));
        }
    }
    problems
}

/// The name of the package of a manifest, in its first line of that kind.
pub fn package(manifest: &str) -> Option<&str> {
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = \""))?;
    Some(name.trim_end_matches('"'))
}

/// The names of the packages that readers can name behind `-p`.
pub fn packages(root: &Path) -> BTreeSet<String> {
    let manifests = ROOMS.iter().flat_map(|room| files(root, Path::new(room), &["Cargo.toml"]));
    let name = |manifest: PathBuf| package(&read(root, &manifest).ok()?).map(str::to_string);
    manifests.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    #[test]
    fn an_unused_listing_is_found() {
        let planted = Planted::new(&[
            (
                "chapters/ch01-naive/src/lib.rs",
                "// ANCHOR: a\nx\n// ANCHOR_END: a\n\n// ANCHOR: b\ny\n// ANCHOR_END: b\n",
            ),
            ("chapters/ch02-im2col/src/lib.rs", "// ANCHOR: later\nx\n// ANCHOR_END: later\n"),
            ("core/src/var.rs", "// ANCHOR: tape\nx\n// ANCHOR_END: tape\n"),
            ("cuda/open/k.ptx", "// ANCHOR: open\nx\n"),
        ]);
        let page =
            |file: &str, room: &str, written| Planned { file: file.into(), rooms: vec![room.into()], written, line: 1 };
        let plan = [page("1.md", "chapters/ch01-naive", true), page("2.md", "chapters/ch02-im2col", false)];
        let shown = BTreeSet::from([("chapters/ch01-naive/src/lib.rs".into(), "a".to_string())]);
        let said: Vec<_> = check(&planted.0, &plan, &shown).iter().map(Problem::to_string).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said[0], "chapters/ch01-naive/src/lib.rs:5: no page shows the listing `b`");
        assert!(said[1].starts_with("core/src/var.rs:1: no page of the table"), "{said:?}");
        assert!(said[2].starts_with("cuda/open/k.ptx:1: anchor `open` has no end"), "{said:?}");
    }

    #[test]
    fn packages_are_known_by_name() {
        let planted =
            Planted::new(&[("core/Cargo.toml", "[package]\nname = \"unrolled\"\n"), ("cuda/x/Cargo.toml", "")]);
        assert_eq!(packages(&planted.0), BTreeSet::from(["unrolled".to_string()]));
    }
}
