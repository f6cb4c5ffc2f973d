//! What a program printed, and the paragraphs of it that a page shows.

/// The command in the first line of an output file, behind `$ `.
pub fn command(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix("$ ")
}

/// The paragraphs from the one that begins with `from` to the one that begins with `to`. Paragraphs are what blank lines
/// separate.
///
/// # Errors
/// If there is no such paragraph, or there are several, or they stand in the other order.
pub fn paragraphs(text: &str, [from, to]: &[String; 2]) -> Result<String, String> {
    let text = text.trim_end();
    let all: Vec<&str> = text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).collect();
    let place = |start: &str| {
        let hits = |hit: &dyn Fn(&str) -> bool| (0..all.len()).filter(|&i| hit(all[i])).collect::<Vec<_>>();
        // A whole first line counts for more than the beginning of one.
        let whole = hits(&|paragraph| paragraph.lines().next() == Some(start));
        let found = if whole.is_empty() { hits(&|paragraph| paragraph.starts_with(start)) } else { whole };
        match found[..] {
            [i] => Ok(i),
            [] => Err(format!("no paragraph begins with `{start}`")),
            _ => Err(format!("several paragraphs begin with `{start}`")),
        }
    };
    let (from, to) = (place(from)?, place(to)?);
    if from > to {
        return Err(format!("`{}` stands behind `{}`", all[from], all[to]));
    }
    Ok(all[from..=to].join("\n\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_whole_paragraphs() {
        let text = "Title.\n\ninputs of 2 x 2\n\ninput\n 1 2\n 3 4\n\nkernel\n 5\n\nthe end\n";
        let select = |from: &str, to: &str| paragraphs(text, &[from.into(), to.into()]);
        assert_eq!(select("input", "input").unwrap(), "input\n 1 2\n 3 4\n");
        assert_eq!(select("input", "kernel").unwrap(), "input\n 1 2\n 3 4\n\nkernel\n 5\n");
        assert_eq!(select("the", "the").unwrap(), "the end\n");
        assert!(select("output", "output").unwrap_err().contains("no paragraph"));
        assert!(select("kernel", "input").unwrap_err().contains("behind"));
        assert!(paragraphs("a\n\na", &["a".into(), "a".into()]).unwrap_err().contains("several"));
        assert!(paragraphs("ab\n\nac", &["a".into(), "a".into()]).unwrap_err().contains("several"));
    }

    #[test]
    fn knows_its_command() {
        assert_eq!(command("$ cargo run -p a\nx\n"), Some("cargo run -p a"));
        assert_eq!(command("x\n"), None);
    }
}
