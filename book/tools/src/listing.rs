//! Anchors in code: the pieces that pages show.

/// A piece of a file, between `ANCHOR: name` and `ANCHOR_END: name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its name.
    pub name: String,
    /// The line of its beginning, from 1.
    pub line: usize,
    /// The lines between, without those of other anchors, and without the spaces that all of them begin with.
    pub text: String,
}

/// The name in a line that begins or ends an anchor; whether it begins one.
fn mark(line: &str) -> Option<(bool, &str)> {
    let (rest, begins) = match line.split_once("ANCHOR_END:") {
        Some((_, rest)) => (rest, false),
        None => (line.split_once("ANCHOR:")?.1, true),
    };
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    (end > 0).then_some((begins, &rest[..end]))
}

/// All anchors of a file.
///
/// # Errors
/// If one has no end, no beginning or no lines, or is there twice: its line, and what is wrong.
pub fn anchors(text: &str) -> Result<Vec<Anchor>, (usize, String)> {
    let mut found: Vec<Anchor> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        match mark(line) {
            Some((true, name)) => {
                if found.iter().any(|anchor| anchor.name == name) {
                    return Err((i + 1, format!("a second anchor `{name}`")));
                }
                open.push(found.len());
                found.push(Anchor { name: name.into(), line: i + 1, text: String::new() });
            }
            Some((false, name)) => {
                let Some(at) = open.iter().position(|&a| found[a].name == name) else {
                    return Err((i + 1, format!("the end of an anchor `{name}` that was not begun")));
                };
                let closed = &found[open.remove(at)];
                if closed.text.trim().is_empty() {
                    return Err((closed.line, format!("anchor `{name}` is empty")));
                }
            }
            None => open.iter().for_each(|&a| {
                found[a].text += line;
                found[a].text.push('\n');
            }),
        }
    }
    if let Some(&a) = open.first() {
        return Err((found[a].line, format!("anchor `{}` has no end", found[a].name)));
    }
    found.iter_mut().for_each(|anchor| anchor.text = unindented(&anchor.text));
    Ok(found)
}

/// A text without the spaces that all of its lines begin with.
pub fn unindented(text: &str) -> String {
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = text.lines().filter(|line| !line.trim().is_empty()).map(spaces).min().unwrap_or(0);
    text.lines().map(|line| line.get(least..).unwrap_or("").to_string() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_pieces_and_takes_their_indentation_off() {
        let text = "a\n    // ANCHOR: outer\n    b {\n        // ANCHOR: inner\n        c\n\n        d\n        \
                    // ANCHOR_END: inner\n    }\n    // ANCHOR_END: outer\n";
        let found = anchors(text).unwrap();
        assert_eq!(found[0], Anchor { name: "outer".into(), line: 2, text: "b {\n    c\n\n    d\n}\n".into() });
        assert_eq!(found[1], Anchor { name: "inner".into(), line: 4, text: "c\n\nd\n".into() });
    }

    #[test]
    fn planted_mistakes_are_found() {
        for (text, line, problem) in [
            ("// ANCHOR: a\nb\n", 1, "has no end"),
            ("b\n// ANCHOR_END: a\n", 2, "not begun"),
            ("// ANCHOR: a\n// ANCHOR_END: a\n", 1, "is empty"),
            ("// ANCHOR: a\nx\n// ANCHOR_END: a\n// ANCHOR: a\nx\n// ANCHOR_END: a\n", 4, "a second"),
        ] {
            let (at, said) = anchors(text).expect_err(text);
            assert!(at == line && said.contains(problem), "{text}: {at} {said}");
        }
    }
}
