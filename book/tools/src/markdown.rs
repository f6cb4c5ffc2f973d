//! A page's Markdown, taken apart.

use crate::directive::{self, Directive};
use crate::line_of;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// The extensions that mdBook has switched on, and formulas.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
}

/// A block of code.
#[derive(Debug, Clone)]
pub struct Fence {
    /// Its place in the page, from the opening fence to the closing one.
    pub place: Range<usize>,
    /// What stands behind the opening fence, up to a comma.
    pub language: String,
    /// The lines inside.
    pub body: String,
}

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its line.
    pub line: usize,
    /// What is said to those who don't see it.
    pub alt: String,
    /// Where it is.
    pub target: String,
}

/// A formula.
#[derive(Debug, Clone)]
pub struct Formula {
    /// Its place in the page, with the dollars.
    pub place: Range<usize>,
    /// The LaTeX between them, and where that begins.
    pub tex: String,
    /// See `tex`.
    pub tex_at: usize,
    /// Whether it stands on a line of its own.
    pub block: bool,
}

/// A page, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Markdown {
    /// Blocks of code.
    pub fences: Vec<Fence>,
    /// Images.
    pub images: Vec<Image>,
    /// Formulas.
    pub formulas: Vec<Formula>,
    /// Dollars that neither begin nor end a formula: their places.
    pub dollars: Vec<usize>,
    /// Pieces of HTML: their places.
    pub html: Vec<Range<usize>>,
    /// Headings: level and text.
    pub headings: Vec<(usize, String)>,
    /// Links: line and target.
    pub links: Vec<(usize, String)>,
    /// What asks for text from elsewhere: its place, and what it says.
    pub directives: Vec<(Range<usize>, Result<Directive, String>)>,
}

impl Markdown {
    /// Takes a page apart.
    pub fn parse(text: &str) -> Self {
        let mut page = Self { directives: directive::find(text), ..Self::default() };
        let mut alt: Option<(usize, String, String)> = None;
        let mut heading: Option<(usize, String)> = None;
        let mut in_fence = false;
        for (event, place) in Parser::new_ext(text, options()).into_offset_iter() {
            if !in_fence && matches!(event, Event::Text(_) | Event::Html(_) | Event::InlineHtml(_)) {
                let dollars = text[place.clone()].match_indices('$').map(|(i, _)| place.start + i);
                page.dollars.extend(dollars.filter(|&at| !text[..at].ends_with('\\')));
            }
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(info) => info.split(',').next().unwrap_or("").trim().to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    in_fence = true;
                    page.fences.push(Fence { place, language, body: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => in_fence = false,
                Event::Start(Tag::Image { dest_url, .. }) => {
                    alt = Some((line_of(text, place.start), String::new(), dest_url.into_string()));
                }
                Event::End(TagEnd::Image) => {
                    if let Some((line, alt, target)) = alt.take() {
                        page.images.push(Image { line, alt, target });
                    }
                }
                Event::Start(Tag::Link { link_type, dest_url, .. }) if link_type != LinkType::Email => {
                    page.links.push((line_of(text, place.start), dest_url.into_string()));
                }
                Event::Start(Tag::Heading { level, .. }) => heading = Some((level as usize, String::new())),
                Event::End(TagEnd::Heading(_)) => page.headings.extend(heading.take()),
                Event::Text(piece) if in_fence => {
                    page.fences.last_mut().expect("a fence has begun").body += &piece;
                }
                Event::Text(piece) | Event::Code(piece) => {
                    if let Some((_, alt, _)) = &mut alt {
                        *alt += &piece;
                    }
                    if let Some((_, heading)) = &mut heading {
                        *heading += &piece;
                    }
                }
                Event::Html(_) | Event::InlineHtml(_) => page.html.push(place),
                Event::InlineMath(tex) => page.formulas.push(formula(place, &tex, false)),
                Event::DisplayMath(tex) => page.formulas.push(formula(place, &tex, true)),
                _ => {}
            }
        }
        page
    }

    /// The block of code around a place.
    pub fn fence_at(&self, at: usize) -> Option<&Fence> {
        self.fences.iter().find(|fence| fence.place.contains(&at))
    }
}

fn formula(place: Range<usize>, tex: &str, block: bool) -> Formula {
    let tex_at = place.start + if block { 2 } else { 1 };
    Formula { place, tex: tex.into(), tex_at, block }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# 1 `Naive` is slow\n\nWith $a_b$, see [there](b.md#c).\n\n$$\nx\n$$\n\n```rust,ignore\n\
                    {{#include a.rs:b}}\n```\n\n![A *good* picture](f.svg)\n\n<details>\n\nIn `$code$` nothing is a formula.\n";
        let page = Markdown::parse(text);
        assert_eq!(page.headings, [(1, "1 Naive is slow".to_string())]);
        assert_eq!(page.formulas.len(), 2);
        assert_eq!((page.formulas[0].tex.as_str(), page.formulas[0].block), ("a_b", false));
        assert_eq!(&text[page.formulas[0].place.clone()], "$a_b$");
        assert!(page.formulas[1].block);
        assert_eq!(page.fences[0].language, "rust");
        assert_eq!(page.fences[0].body, "{{#include a.rs:b}}\n");
        assert!(page.fence_at(page.directives[0].0.start).is_some());
        assert_eq!((page.images[0].alt.as_str(), page.images[0].line), ("A good picture", 13));
        assert_eq!(page.links, [(3, "b.md#c".to_string())]);
        assert_eq!(page.html.len(), 1);
        assert_eq!(page.dollars, [] as [usize; 0]);
        assert_eq!(Markdown::parse("a \\$5, `$x`, $\\frac{1$ and\n\n<div>$y$</div>").dollars, [13, 21, 33, 35]);
    }
}
