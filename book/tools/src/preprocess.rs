//! From the page that authors write to the page that mdBook gets.

use crate::directive::Directive;
use crate::markdown::Markdown;
use crate::math::Math;
use crate::{Problem, line_of, listing, output, read};
use serde_json::Value;
use std::ops::Range;
use std::path::Path;

/// Fills in formulas, listings and outputs.
///
/// # Errors
/// All that can't be filled in, each with the page's file and line.
pub fn page(root: &Path, file: &Path, text: &str, math: &Math) -> Result<String, Vec<Problem>> {
    let page = Markdown::parse(text);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut problems = Vec::new();
    for formula in &page.formulas {
        match math.render(&formula.tex, formula.block) {
            Ok(mathml) => edits.push((formula.place.clone(), mathml)),
            Err((place, said)) => {
                let line = line_of(text, (formula.tex_at + place.start).min(formula.place.end));
                problems.push(Problem::new(file, line, format!("{said} in the formula `{}`", formula.tex.trim())));
            }
        }
    }
    for &at in &page.dollars {
        let said = "a dollar that is no part of a formula: braces that don't match, or HTML around it, or write `\\$`";
        problems.push(Problem::new(file, line_of(text, at), said));
    }
    for (place, directive) in &page.directives {
        let indent = indent(text, place.start);
        let filled = directive.clone().and_then(|directive| {
            let source = source(root, file, &directive);
            Ok((contents(root, file, &directive)?, page.fence_at(place.start).zip(source)))
        });
        match filled {
            Ok((contents, caption)) => {
                if let Some((fence, source)) = caption.filter(|_| is_first(&page, place)) {
                    let at = fence.place.start;
                    let before = self::indent(text, at);
                    edits.push((at..at, format!("<p class=\"source\"><code>{source}</code></p>\n{before}\n{before}")));
                }
                edits.push((place.clone(), contents.trim_end().replace('\n', &format!("\n{indent}"))));
            }
            Err(said) => problems.push(Problem::new(file, line_of(text, place.start), said)),
        }
    }
    for fence in page.fences.iter().filter(|fence| fence.language == "ptx") {
        // highlight.js doesn't know it; assets/page.js does.
        let at = fence.place.start + text[fence.place.start..].find("ptx").unwrap_or(0);
        edits.push((at..at, "text,".into()));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    edits.sort_by_key(|(place, _)| place.start);
    let (mut filled, mut at) = (String::new(), 0);
    for (place, new) in edits {
        filled += &text[at..place.start];
        filled += &new;
        at = place.end;
    }
    Ok(filled + &text[at..])
}

/// Whether no directive of the same block of code stands before this one.
fn is_first(page: &Markdown, place: &Range<usize>) -> bool {
    let fence = page.fence_at(place.start).expect("asked of directives in code").place.clone();
    page.directives.iter().find(|(other, _)| fence.contains(&other.start)).is_some_and(|(first, _)| first == place)
}

/// What stands before a place in its line, if that is only indentation or the mark of a quotation.
fn indent(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    Some(&text[start..at]).filter(|before| before.chars().all(|c| c == ' ' || c == '>')).unwrap_or("")
}

/// The text that a directive stands for.
///
/// # Errors
/// If there is no such file, anchor or paragraph.
pub fn contents(root: &Path, page: &Path, directive: &Directive) -> Result<String, String> {
    let file = directive.path(page).ok_or_else(|| format!("`{}` is not in the repository", directive.file()))?;
    let text = read(root, &file).map_err(|e| e.to_string())?;
    match directive {
        Directive::Include { anchor: None, .. } | Directive::Output { paragraphs: None, .. } => Ok(text),
        Directive::Include { anchor: Some(name), .. } => {
            let anchors =
                listing::anchors(&text).map_err(|(line, said)| Problem::new(&file, line, said).to_string())?;
            let anchor = anchors.into_iter().find(|anchor| anchor.name == *name);
            Ok(anchor.ok_or_else(|| format!("{} has no anchor `{name}`", file.display()))?.text)
        }
        Directive::Output { paragraphs: Some(ends), .. } => {
            output::paragraphs(&text, ends).map_err(|said| format!("{}: {said}", file.display()))
        }
    }
}

/// What is said above a listing or an output: where it comes from.
fn source(root: &Path, page: &Path, directive: &Directive) -> Option<String> {
    let file = directive.path(page)?;
    let path = file.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    let Directive::Output { paragraphs, .. } = directive else { return Some(path) };
    let text = read(root, &file).ok()?;
    match output::command(&text) {
        Some(command) => paragraphs.is_some().then(|| command.into()), // the whole file begins with it
        None => match path.strip_prefix("chapters/").and_then(|path| path.split_once('/')) {
            Some((name, "output.txt")) => Some(format!("cargo run -p {name}")),
            _ => Some(path),
        },
    }
}

/// Fills in all pages of a book, in the form in which mdBook hands it to a preprocessor.
///
/// # Errors
/// As [`page`]; or the form is another one.
pub fn book(root: &Path, source: &Path, book: &mut Value) -> Result<(), Vec<Problem>> {
    let math = Math::new();
    let mut problems = Vec::new();
    let items = book.get_mut("items").and_then(Value::as_array_mut);
    let strange = || vec![Problem::new("book.toml", 0, "mdBook 0.5 is needed: this is not how it hands over a book")];
    walk(items.ok_or_else(strange)?, &mut |file, content| {
        match page(root, &source.join(file), content, &math) {
            Ok(filled) => *content = filled,
            Err(more) => problems.extend(more),
        };
    });
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn walk(items: &mut [Value], each: &mut impl FnMut(&str, &mut String)) {
    for item in items {
        let Some(chapter) = item.get_mut("Chapter") else { continue };
        if let (Some(file), Some(Value::String(content))) =
            (chapter["source_path"].as_str().map(str::to_owned), chapter.get_mut("content"))
        {
            each(&file, content);
        }
        if let Some(below) = chapter.get_mut("sub_items").and_then(Value::as_array_mut) {
            walk(below, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    fn filled(planted: &Planted, text: &str) -> Result<String, String> {
        page(&planted.0, Path::new("book/src/a.md"), text, &Math::new())
            .map_err(|problems| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn formulas_listings_and_outputs_are_filled_in() {
        let planted = Planted::new(&[
            ("core/a.rs", "fn a() {\n    // ANCHOR: b\n    b();\n    c();\n    // ANCHOR_END: b\n}\n"),
            ("chapters/ch01-naive/output.txt", "Title\n\none\n1\n\ntwo\n"),
            ("book/outputs/c.txt", "$ cargo run -p c\nx\n"),
        ]);
        let text = filled(
            &planted,
            "Let $a$.\n\n```rust\n{{#include ../../core/a.rs:b}}\n```\n\n> ```text\n> {{#output \
             ../../chapters/ch01-naive/output.txt \"one\"}}\n> ```\n\n```text\n{{#output ../outputs/c.txt}}\n```\n\n`$x$`\n",
        )
        .unwrap();
        let (formula, rest) = text.split_once("</math>").unwrap();
        assert!(formula.starts_with("Let <math>"), "{formula}");
        assert_eq!(
            rest,
            ".\n\n<p class=\"source\"><code>core/a.rs</code></p>\n\n```rust\nb();\nc();\n```\n\n> <p \
             class=\"source\"><code>cargo run -p ch01-naive</code></p>\n> \n> ```text\n> one\n> \
             1\n> ```\n\n```text\n$ cargo run -p c\nx\n```\n\n`$x$`\n"
        );
    }

    #[test]
    fn ptx_is_left_to_the_page_s_script() {
        let planted = Planted::new(&[("cuda/a.ptx", "// ANCHOR: b\nret;\n// ANCHOR_END: b\n")]);
        let text = filled(&planted, "```ptx\n{{#include ../../cuda/a.ptx:b}}\n```\n").unwrap();
        assert!(text.ends_with("\n```text,ptx\nret;\n```\n"), "{text}");
    }

    #[test]
    fn a_figure_takes_its_drawing() {
        let planted = Planted::new(&[("book/src/f.svg", "<svg>\n</svg>\n")]);
        let text = filled(&planted, "<figure>\n{{#include f.svg}}\n</figure>\n").unwrap();
        assert_eq!(text, "<figure>\n<svg>\n</svg>\n</figure>\n");
    }

    #[test]
    fn planted_mistakes_are_found_with_file_and_line() {
        let planted = Planted::new(&[("core/a.rs", "a\n"), ("core/b.rs", "// ANCHOR: x\n"), ("core/o.txt", "one\n")]);
        for (text, said) in [
            ("a\n\n$$\nx +\n\\nosuch\n$$\n", "book/src/a.md:5: "),
            ("a\n$\\frac{1}$\n", "book/src/a.md:2: "),
            ("a\n$\\frac{1$\n", "book/src/a.md:2: a dollar"),
            ("```rust\n{{#include ../../core/no.rs:x}}\n```\n", "book/src/a.md:2: core/no.rs: "),
            ("```rust\n{{#include ../../core/a.rs:x}}\n```\n", "book/src/a.md:2: core/a.rs has no anchor `x`"),
            ("```rust\n{{#include ../../core/b.rs:x}}\n```\n", "core/b.rs:1: anchor `x` has no end"),
            ("```text\n{{#output ../../core/o.txt \"two\"}}\n```\n", "core/o.txt: no paragraph begins with `two`"),
            ("```text\n{{#output ../../../o.txt}}\n```\n", "is not in the repository"),
            ("\n{{#title x}}\n", "book/src/a.md:2: there is no {{#title}}"),
        ] {
            let found = filled(&planted, text).expect_err(text);
            assert!(found.contains(said), "{text}: {found}");
        }
    }

    #[test]
    fn a_book_in_another_form_is_refused() {
        let mut book = serde_json::json!({"sections": []});
        assert!(super::book(Path::new("."), Path::new("book/src"), &mut book).unwrap_err()[0].text.contains("0.5"));
    }
}
