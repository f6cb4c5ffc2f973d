//! The exercises of the chapters: each can be done, and each has a solution that is tested and shown.
//!
//! A chapter with exercises has a folder of them in its crate:
//!
//! ```text
//! exercises/main.rs             names them all; tested only when asked for
//! exercises/checks.rs           the tests
//! exercises/NAME.rs             what the reader edits, with a todo!()
//! exercises/solutions/main.rs   the same names, and the same tests
//! exercises/solutions/NAME.rs   a solution
//! ```

use crate::plan::{PAGES, Planned};
use crate::{Problem, code, read};
use std::path::Path;

/// The page of answers.
const ANSWERS: &str = "appendix-e-answers.md";

/// Checks the exercises of all chapters.
pub fn check(root: &Path, planned: &[Planned]) -> Vec<Problem> {
    let rooms = planned.iter().flat_map(|page| page.rooms.iter().map(move |room| (page, room)));
    rooms.flat_map(|(page, room)| check_chapter(root, page, room)).collect()
}

fn check_chapter(root: &Path, page: &Planned, room: &Path) -> Vec<Problem> {
    let folder = room.join("exercises");
    if !root.join(&folder).is_dir() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut need = |file: &Path, holds: bool, said: String| {
        if !holds {
            problems.push(Problem::new(file, 0, said));
        }
    };
    let text = |file: &Path| read(root, file).unwrap_or_default();
    let manifest = room.join("Cargo.toml");
    for target in [
        "name = \"exercises\"\npath = \"exercises/main.rs\"\ntest = false",
        "name = \"solutions\"\npath = \"exercises/solutions/main.rs\"",
    ] {
        need(&manifest, text(&manifest).contains(target), format!("needs the target [[test]]\n{target}"));
    }
    let (main, solutions, checks) =
        (folder.join("main.rs"), folder.join("solutions/main.rs"), folder.join("checks.rs"));
    let (chapter, answers) = (text(&page.file), text(&Path::new(PAGES).join(ANSWERS)));
    let package = code::package(&text(&manifest)).unwrap_or_default().to_string();
    for file in code::files(root, &folder, &[".rs"]) {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if file.parent() != Some(&folder) || name == "main" || name == "checks" {
            continue;
        }
        let solution = folder.join("solutions").join(format!("{name}.rs"));
        let solved = text(&solution);
        need(&file, text(&file).contains("todo!("), "has no todo!(): the solution belongs beside it".into());
        need(&solution, !solved.is_empty() && !solved.contains("todo!("), "is no solution".into());
        for (list, what) in [(&main, "exercise"), (&solutions, "solution")] {
            need(list, text(list).contains(&format!("mod {name};")), format!("does not name the {what} `{name}`"));
        }
        need(&checks, text(&checks).contains(&format!("crate::{name}")), format!("does not test `{name}`"));
        if page.written {
            let command = format!("cargo test -p {package} --test exercises {name}");
            need(&page.file, chapter.contains(&command), format!("does not set the exercise `{name}`: `{command}`"));
            let shown = answers.contains(&format!("{}:", solution.display()));
            need(&Path::new(PAGES).join(ANSWERS), shown, format!("does not show {}", solution.display()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    const FILES: [(&str, &str); 8] = [
        (
            "chapters/ch01-naive/Cargo.toml",
            "[package]\nname = \"ch01-naive\"\n\n[[test]]\nname = \"exercises\"\npath = \"exercises/main.rs\"\ntest = false\n\n[[test]]\nname = \
             \"solutions\"\npath = \"exercises/solutions/main.rs\"\n",
        ),
        ("chapters/ch01-naive/exercises/main.rs", "mod checks;\nmod flip;\n"),
        ("chapters/ch01-naive/exercises/checks.rs", "use crate::flip::flip;\n"),
        ("chapters/ch01-naive/exercises/flip.rs", "fn flip() { todo!() }\n"),
        ("chapters/ch01-naive/exercises/solutions/main.rs", "mod flip;\n"),
        ("chapters/ch01-naive/exercises/solutions/flip.rs", "fn flip() {}\n"),
        ("book/src/ch01-naive.md", "`cargo test -p ch01-naive --test exercises flip`\n"),
        ("book/src/appendix-e-answers.md", "{{#include ../../chapters/ch01-naive/exercises/solutions/flip.rs:flip}}\n"),
    ];

    #[test]
    fn planted_mistakes_are_found() {
        // A chapter's crate, and the core.
        planted_in("chapters/ch01-naive", "ch01-naive");
        planted_in("core", "unrolled");
    }

    fn planted_in(room: &str, package: &str) {
        let moved = |text: &str| text.replace("chapters/ch01-naive", room);
        let files = FILES.map(|(name, text)| (moved(name), moved(text).replace("ch01-naive", package)));
        let page = Planned { file: "book/src/ch01-naive.md".into(), rooms: vec![room.into()], written: true, line: 1 };
        let planted = Planted::new(&files.each_ref().map(|(name, text)| (name.as_str(), text.as_str())));
        let check = || check(&planted.0, std::slice::from_ref(&page));
        assert_eq!(check(), []);
        for (file, said) in [
            (0, "needs the target"),
            (1, "does not name the exercise `flip`"),
            (2, "does not test `flip`"),
            (3, "has no todo!()"),
            (4, "does not name the solution `flip`"),
            (5, "is no solution"),
            (6, "does not set the exercise `flip`"),
            (7, "does not show"),
        ] {
            let (name, text) = &files[file];
            planted.write(name, "");
            let found = check();
            assert!(found.iter().any(|problem| problem.text.contains(said)), "{name}: {found:?}");
            planted.write(name, text);
        }
    }
}
