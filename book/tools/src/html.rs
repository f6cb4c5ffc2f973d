//! The tags of an HTML page, as far as the checks need them.

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, in small letters; with `/` in front if it closes.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Its place in the page.
    pub at: usize,
}

impl Tag {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All tags of a page. What stands inside of comments, scripts and styles is none.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|i| at + i) {
        let rest = &html[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |i| start + i + 3);
            continue;
        }
        let Some((tag, end)) = tag(rest, start) else {
            at = start + 1;
            continue;
        };
        at = start + end;
        if ["script", "style"].contains(&tag.name.as_str()) {
            at = html[at..].find(&format!("</{}", tag.name)).map_or(html.len(), |i| at + i);
        }
        tags.push(tag);
    }
    tags
}

/// The tag that a text begins with, and where it ends.
fn tag(text: &str, at: usize) -> Option<(Tag, usize)> {
    let name_end = text[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '-')? + 1;
    let name = text[1..name_end].trim_end_matches('/').to_lowercase();
    if !name.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut tag = Tag { name, attributes: Vec::new(), at };
    let mut i = name_end;
    loop {
        i += text[i..].find(|c: char| !c.is_whitespace() && c != '/')?;
        if text[i..].starts_with('>') {
            return Some((tag, i + 1));
        }
        let key_end = i + text[i..].find(|c: char| c.is_whitespace() || "=/>".contains(c))?;
        let key = text[i..key_end].to_lowercase();
        i = key_end;
        let mut value = String::new();
        if let Some(behind) = text[i..].trim_start().strip_prefix('=') {
            let behind = behind.trim_start();
            i = text.len() - behind.len();
            let quote = behind.chars().next().filter(|&c| c == '"' || c == '\'');
            let (from, length) = match quote {
                Some(quote) => (1, behind[1..].find(quote)?),
                None => (0, behind.find(|c: char| c.is_whitespace() || c == '>')?),
            };
            value = unescaped(&behind[from..from + length]);
            i += length + 2 * from;
        }
        tag.attributes.push((key, value));
    }
}

fn unescaped(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_string(), |text, (mark, sign)| text.replace(mark, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes() {
        let html = "<!DOCTYPE html><!-- <p> --><A href=\"b.html?a&amp;b\" id=x hidden>1 < 2</A><img src='i.svg' alt=\"\" />\
                    <script>if (a<b) {\"<p>\"}</script><br/><use-it a = 'b'>";
        let found = tags(html);
        let names: Vec<_> = found.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["a", "/a", "img", "script", "/script", "br", "use-it"]);
        assert_eq!(found[0].get("href"), Some("b.html?a&b"));
        assert_eq!((found[0].get("id"), found[0].get("hidden"), found[0].get("class")), (Some("x"), Some(""), None));
        assert_eq!((found[2].get("src"), found[2].get("alt")), (Some("i.svg"), Some("")));
        assert_eq!(found[6].get("a"), Some("b"));
        assert_eq!(&html[found[0].at..found[0].at + 2], "<A");
    }
}
