//! All checks together.

use crate::source::Shown;
use crate::{Problem, code, exercises, plan, read, site, source};
use std::path::Path;
use std::process::Command;

/// Where mdBook puts the built book (`book.toml` says so too).
pub const SITE: &str = "target/book";

/// Checks pages and code against each other.
pub fn sources(root: &Path) -> Vec<Problem> {
    let plan = read(root, Path::new(plan::README)).and_then(|readme| plan::planned(&readme));
    let (planned, summary) = match plan.and_then(|planned| Ok((planned, plan::summary(root)?))) {
        Ok(plan) => plan,
        Err(problem) => return vec![problem],
    };
    let mut problems = plan::check(root, &planned, &summary);
    let (packages, mut shown) = (code::packages(root), Shown::default());
    for page in summary.iter().filter(|page| root.join(page).is_file()) {
        match read(root, page) {
            Ok(text) => problems.extend(source::check(root, page, &text, &packages, &mut shown)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(code::check(root, &planned, &shown.listings));
    problems.extend(source::check_unused(root, &shown, planned.iter().all(|page| page.written)));
    problems.extend(source::check_outputs(root));
    problems.extend(exercises::check(root, &planned));
    problems.extend(site::check_scripts(root));
    problems.sort();
    problems.dedup();
    problems
}

/// Builds the book and checks what came out.
///
/// # Errors
/// If it can't be built, and for all that is wrong with it.
pub fn built(root: &Path, mdbook: &Path) -> Result<(), Vec<Problem>> {
    let whole = |said: String| vec![Problem::new("book", 0, said)];
    let output = Command::new(mdbook).args(["build", "book"]).current_dir(root).output();
    let output = output.map_err(|e| whole(format!("{}: {e} (see {})", mdbook.display(), plan::README)))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    // mdBook goes on after a warning, and after some errors.
    let complaint = |line: &str| ["ERROR", "WARN"].iter().any(|word| line.trim_start().starts_with(word));
    if !output.status.success() || said.lines().any(complaint) {
        return Err(whole(format!("mdbook build book\n{}", said.trim_end())));
    }
    let summary = plan::summary(root).map_err(|problem| vec![problem])?;
    let problems = site::check(root, Path::new(SITE), &summary);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
