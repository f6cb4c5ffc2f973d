//! `{{#include ...}}` and `{{#output ...}}` in a page.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// What a page asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `{{#include FILE}}` or `{{#include FILE:ANCHOR}}`.
    Include {
        /// As the page writes it: relative to the page.
        file: String,
        /// The anchor, or the whole file.
        anchor: Option<String>,
    },
    /// `{{#output FILE}}`, `{{#output FILE "paragraph"}}` or `{{#output FILE "from" "to"}}`.
    Output {
        /// As the page writes it: relative to the page.
        file: String,
        /// How the first paragraph begins, and how the last one does; none for the whole file.
        paragraphs: Option<[String; 2]>,
    },
}

impl Directive {
    /// The file it names.
    pub fn file(&self) -> &str {
        match self {
            Self::Include { file, .. } | Self::Output { file, .. } => file,
        }
    }

    /// The file it names in a page, relative to the repository; `None` if that is outside of it.
    pub fn path(&self, page: &Path) -> Option<PathBuf> {
        resolve(page.parent()?, self.file())
    }
}

/// `target`, seen from `folder`, without `.` and `..`; `None` if that leads out of the repository.
pub fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    Some(path)
}

/// All directives in a text, with their places; what can't be read as one says why.
pub fn find(text: &str) -> Vec<(Range<usize>, Result<Directive, String>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{#").map(|i| from + i) {
        let end = text[start..].find("}}").map(|i| start + i);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        match end.filter(|&end| end < line_end) {
            Some(end) => {
                found.push((start..end + 2, parse(&text[start + 3..end])));
                from = end + 2;
            }
            None => {
                found.push((start..line_end, Err("a directive without its }}".into())));
                from = line_end;
            }
        }
    }
    found
}

fn parse(inside: &str) -> Result<Directive, String> {
    let (name, rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let rest = rest.trim();
    match name {
        "include" => {
            let (file, anchor) = match rest.split_once(':') {
                None => (rest, None),
                Some((file, anchor)) => (file, Some(anchor.to_string())),
            };
            if let Some(anchor) = &anchor
                && (anchor.is_empty() || !anchor.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'))
            {
                return Err(format!("`{anchor}` is no name of an anchor"));
            }
            if anchor.as_ref().is_some_and(|anchor| anchor.parse::<usize>().is_ok()) {
                return Err("line numbers drift: mark the lines with an anchor".into());
            }
            if file.is_empty() {
                return Err("no file is named".into());
            }
            Ok(Directive::Include { file: file.into(), anchor })
        }
        "output" => {
            let (file, quoted) = rest.split_once(' ').unwrap_or((rest, ""));
            if file.is_empty() {
                return Err("no file is named".into());
            }
            let paragraphs = match quotes(quoted)?.as_slice() {
                [] => None,
                [one] => Some([one.clone(), one.clone()]),
                [from, to] => Some([from.clone(), to.clone()]),
                _ => return Err("at most two paragraphs are named: the first and the last".into()),
            };
            Ok(Directive::Output { file: file.into(), paragraphs })
        }
        _ => Err(format!("there is no {{{{#{name}}}}}: only #include and #output")),
    }
}

/// The texts between double quotes.
fn quotes(text: &str) -> Result<Vec<String>, String> {
    let parts: Vec<_> = text.split('"').collect();
    if parts.len() % 2 == 0 || parts.iter().step_by(2).any(|between| !between.trim().is_empty()) {
        return Err(format!("expected paragraphs in double quotes, not `{text}`"));
    }
    Ok(parts.iter().skip(1).step_by(2).map(|part| part.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Directive, String> {
        find(text).into_iter().next().expect("a directive").1
    }

    #[test]
    fn reads_what_it_knows() {
        let include = |file: &str, anchor: Option<&str>| {
            Ok(Directive::Include { file: file.into(), anchor: anchor.map(Into::into) })
        };
        assert_eq!(one("{{#include a/b.rs:the_anchor}}"), include("a/b.rs", Some("the_anchor")));
        assert_eq!(one("  {{#include a.svg}} "), include("a.svg", None));
        let output = |paragraphs: Option<[&str; 2]>| {
            Ok(Directive::Output { file: "o.txt".into(), paragraphs: paragraphs.map(|p| p.map(Into::into)) })
        };
        assert_eq!(one("{{#output o.txt}}"), output(None));
        assert_eq!(one(r#"{{#output o.txt "input"}}"#), output(Some(["input", "input"])));
        assert_eq!(one(r#"{{#output o.txt "one line" "[[ 4"}}"#), output(Some(["one line", "[[ 4"])));
        assert_eq!(find("a {{#include a}} b {{#include b}}").len(), 2);
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, problem) in [
            ("{{#include a.rs:3}}", "line numbers drift"),
            ("{{#include a.rs:3:8}}", "no name of an anchor"),
            ("{{#include a.rs:}}", "no name of an anchor"),
            ("{{#include }}", "no file"),
            ("{{#output o.txt input}}", "double quotes"),
            (r#"{{#output o.txt "a" "b" "c"}}"#, "at most two"),
            ("{{#playground a.rs}}", "there is no {{#playground}}"),
            ("{{#include a.rs\n}}", "without its }}"),
        ] {
            let said = one(text).expect_err(text);
            assert!(said.contains(problem), "{text}: {said}");
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        let from = |target| resolve(Path::new("book/src"), target);
        assert_eq!(from("../../core/src/var.rs"), Some("core/src/var.rs".into()));
        assert_eq!(from("./figures/a.svg"), Some("book/src/figures/a.svg".into()));
        assert_eq!(from("../../../secret"), None);
        assert_eq!(from("/etc/passwd"), None);
    }
}
