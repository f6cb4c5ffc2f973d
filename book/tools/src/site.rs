//! Checks of the built book.

use crate::html::{Tag, tags};
use crate::plan::PAGES;
use crate::{Problem, code, line_of, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Checks what mdBook built in `site`, a folder of the repository, from the pages of the summary.
pub fn check(root: &Path, site: &Path, summary: &[PathBuf]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for page in summary.iter().filter_map(|page| page.strip_prefix(PAGES).ok()).chain([Path::new("print.md")]) {
        let built = site.join(page).with_extension("html");
        if !root.join(&built).is_file() {
            problems.push(Problem::new(built, 0, "was not built"));
        }
    }

    let mut pages = BTreeMap::new();
    // The page for missing pages has addresses of its own kind.
    for file in code::files(root, site, &[".html"]).into_iter().filter(|file| !file.ends_with("404.html")) {
        match read(root, &file) {
            Ok(text) => _ = pages.insert(file, (tags(&text), text)),
            Err(problem) => problems.push(problem),
        }
    }
    let ids: BTreeMap<&PathBuf, BTreeSet<&str>> = pages
        .iter()
        .map(|(file, (tags, _))| {
            (file, tags.iter().flat_map(|tag| [tag.get("id"), tag.get("name")]).flatten().collect())
        })
        .collect();
    for (file, (tags, text)) in &pages {
        let mut problem = |at: usize, said: String| problems.push(Problem::new(file, line_of(text, at), said));
        if let Some(at) = text.find("{{#") {
            problem(at, "a listing or an output that was not filled in".into());
        }
        for tag in tags {
            for said in remote(tag) {
                problem(tag.at, said);
            }
            if let Err(said) = link(root, file, tag, &ids) {
                problem(tag.at, said);
            }
            if tag.name == "img" && tag.get("alt").is_none_or(str::is_empty) {
                problem(tag.at, "an image without a text that says what is to be seen".into());
            }
            if tag.name == "svg" && tag.get("role") == Some("img") {
                let inside = text[tag.at..].split("</svg>").next().unwrap_or("");
                if !inside.contains("<title>") || !inside.contains("<desc>") {
                    problem(tag.at, "a drawing without <title> and <desc>".into());
                }
            }
        }
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        if count("details") != count("/details") {
            problem(0, format!("{} <details> and {} </details>", count("details"), count("/details")));
        }
    }
    for file in code::files(root, site, &[".css"]) {
        problems.extend(style_sheet(root, &file));
    }
    problems
}

/// What a style sheet loads is in the book.
fn style_sheet(root: &Path, file: &Path) -> Vec<Problem> {
    let text = read(root, file).unwrap_or_default();
    let mut problems = Vec::new();
    if let Some(at) = text.find("@import") {
        problems.push(Problem::new(file, line_of(&text, at), "a style sheet that imports another"));
    }
    for (at, _) in text.match_indices("url(") {
        let inside = text[at + 4..].split(')').next().unwrap_or("");
        let address = inside.trim().trim_matches(['"', '\'']);
        let there = crate::directive::resolve(file.parent().unwrap_or(Path::new("")), address);
        if is_remote(address) {
            problems.push(Problem::new(file, line_of(&text, at), format!("loads {address}")));
        } else if !address.starts_with("data:") && !there.is_some_and(|there| root.join(there).is_file()) {
            problems.push(Problem::new(file, line_of(&text, at), format!("loads {address}, which is not there")));
        }
    }
    problems
}

/// The book's own scripts ask nobody for anything.
pub fn check_scripts(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in code::files(root, Path::new("book/assets"), &[".js", ".css"]) {
        let text = read(root, &file).unwrap_or_default();
        // The name of SVG's elements is no address that anybody goes to.
        let plain = text.replace("http://www.w3.org/2000/svg", "");
        for mark in ["http:", "https:", "fetch(", "XMLHttpRequest", "import(", "WebSocket", "sendBeacon"] {
            if let Some(at) = plain.find(mark) {
                problems.push(Problem::new(&file, line_of(&plain, at), format!("`{mark}` in a script of the book")));
            }
        }
    }
    problems
}

fn is_remote(address: &str) -> bool {
    let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
    address.trim_start().starts_with("//") || ["http", "https", "ftp"].contains(&scheme.trim())
}

/// What a page loads from elsewhere when it is opened.
fn remote(tag: &Tag) -> Vec<String> {
    let mut loads: Vec<&str> =
        ["src", "srcset", "poster", "data", "action"].iter().filter_map(|a| tag.get(a)).collect();
    if ["link", "image", "use"].contains(&tag.name.as_str()) {
        loads.extend(["href", "xlink:href"].iter().filter_map(|a| tag.get(a)));
    }
    let styled = tag.get("style").filter(|style| style.contains("url("));
    let mut said: Vec<_> = loads.iter().filter(|address| is_remote(address)).map(|a| format!("loads {a}")).collect();
    said.extend(styled.map(|style| format!("loads by style: {style}")));
    said
}

/// A link inside of the book leads somewhere.
fn link(root: &Path, file: &Path, tag: &Tag, ids: &BTreeMap<&PathBuf, BTreeSet<&str>>) -> Result<(), String> {
    let address = match tag.name.as_str() {
        "a" | "link" => tag.get("href"),
        "img" | "script" | "source" => tag.get("src"),
        _ => None,
    };
    let Some(address) = address.filter(|a| !is_remote(a) && !a.starts_with("mailto:") && !a.starts_with("data:"))
    else {
        return Ok(());
    };
    let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (path, fragment) = (decoded(path), decoded(fragment));
    let target = match path.as_str() {
        "" => file.to_owned(),
        path => crate::directive::resolve(file.parent().unwrap_or(Path::new("")), path).unwrap_or_default(),
    };
    let target = if root.join(&target).is_dir() { target.join("index.html") } else { target };
    if !root.join(&target).is_file() {
        return Err(format!("a link to `{address}`, which is not there"));
    }
    match ids.get(&target) {
        Some(ids) if !fragment.is_empty() && !ids.contains(fragment.as_str()) => {
            Err(format!("a link to `{address}`: that page has no place of this name"))
        }
        _ => Ok(()),
    }
}

/// `%20` and its like, decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let hex = (*first == b'%').then(|| behind.get(..2)).flatten().and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::Planted;

    fn site() -> Planted {
        Planted::new(&[
            (
                "out/index.html",
                "<h1 id=\"top\">A</h1><a href=\"b.html#da%C3%9F\">b</a><a href=\"https://doi.org/1\">paper</a>",
            ),
            (
                "out/b.html",
                "<h1 id=\"daß\">B</h1><a href=\"#daß\">here</a><img src=\"f.svg\" alt=\"A square\"><a href=\".\">up</a>",
            ),
            ("out/a.html", "<details><summary>x</summary></details><link rel=\"stylesheet\" href=\"s.css\">"),
            ("out/print.html", "<svg role=\"img\"><title>A</title><desc>B</desc></svg>"),
            ("out/404.html", "<a href=\"/nowhere.html\">x</a>"),
            ("out/f.svg", "<svg/>"),
            ("out/f.woff2", ""),
            ("out/s.css", "@font-face { src: url(\"f.woff2\") }"),
            ("book/assets/play.js", "document.createElementNS(\"http://www.w3.org/2000/svg\", \"g\");"),
        ])
    }

    fn said(planted: &Planted) -> Vec<String> {
        let summary = [PathBuf::from("book/src/a.md"), PathBuf::from("book/src/b.md")];
        let mut problems = check(&planted.0, Path::new("out"), &summary);
        problems.extend(check_scripts(&planted.0));
        problems.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_good_site_is_good() {
        assert_eq!(said(&site()), [] as [&str; 0]);
    }

    #[test]
    fn planted_mistakes_are_found() {
        for (file, text, problem) in [
            ("out/a.html", "<p>\n{{#include x}}", "out/a.html:2: a listing or an output that was not filled in"),
            ("out/a.html", "<a href=\"gone.html\">x</a>", "out/a.html:1: a link to `gone.html`, which is not there"),
            ("out/a.html", "<a href=\"b.html#gone\">x</a>", "has no place of this name"),
            ("out/a.html", "<a href=\"#gone\">x</a>", "has no place of this name"),
            ("out/a.html", "<img src=\"gone.svg\" alt=\"A square\">", "`gone.svg`, which is not there"),
            ("out/a.html", "<a href=\"../../../etc/passwd\">x</a>", "which is not there"),
            ("out/a.html", "<img src=\"f.svg\" alt=\"\">", "an image without a text"),
            ("out/a.html", "<img src=\"f.svg\">", "an image without a text"),
            ("out/a.html", "<img src=\"https://x.org/f.svg\" alt=\"A square\">", "loads https://x.org/f.svg"),
            ("out/a.html", "<script src=\"//cdn.org/a.js\"></script>", "loads //cdn.org/a.js"),
            (
                "out/a.html",
                "<link rel=\"stylesheet\" href=\"https://fonts.org/a.css\">",
                "loads https://fonts.org/a.css",
            ),
            ("out/a.html", "<p style=\"background: url(https://x.org/a.png)\">", "loads by style"),
            ("out/a.html", "<svg role=\"img\"></svg>", "a drawing without <title>"),
            ("out/a.html", "<details><summary>x</summary>", "1 <details> and 0 </details>"),
            ("out/s.css", "@font-face { src: url(https://x.org/f.woff2) }", "out/s.css:1: loads https://x.org"),
            ("out/s.css", "\n@font-face { src: url(gone.woff2) }", "out/s.css:2: loads gone.woff2, which is not there"),
            ("out/s.css", "@import \"x.css\";", "out/s.css:1: a style sheet that imports"),
            ("book/assets/play.js", "\nfetch(\"x.json\")", "book/assets/play.js:2: `fetch(`"),
            ("book/assets/play.js", "a = \"https://x.org\"", "book/assets/play.js:1: `https:`"),
        ] {
            let planted = site();
            planted.write(file, text);
            let found = said(&planted);
            assert!(found.iter().any(|found| found.contains(problem)), "{text}: {found:?}");
        }
        for page in ["out/b.html", "out/print.html"] {
            let planted = site();
            std::fs::remove_file(planted.0.join(page)).unwrap();
            assert!(said(&planted).contains(&format!("{page}: was not built")), "{page}");
        }
    }
}
