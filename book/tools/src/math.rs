//! Formulas: LaTeX to MathML, which browsers lay out by themselves, without a script.

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use std::ops::Range;

/// Short forms of the book, beside LaTeX's own commands.
const MACROS: [(&str, &str); 2] = [
    // The inner product of two tensors, ⟨a, b⟩.
    ("inner", r"\langle #1, #2 \rangle"),
    ("floor", r"\left\lfloor #1 \right\rfloor"),
];

/// The translator.
pub struct Math(LatexToMathML);

impl Math {
    /// With the book's short forms.
    ///
    /// # Panics
    /// If one of them can't be read.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let macros = MACROS.map(|(name, meaning)| (name.to_string(), meaning.to_string())).to_vec();
        let config = MathCoreConfig { macros, ..MathCoreConfig::default() };
        Self(LatexToMathML::new(config).expect("the book's own macros"))
    }

    /// A formula as MathML that a Markdown parser lets through as it is.
    ///
    /// # Errors
    /// If it isn't LaTeX: where in `tex`, and what is wrong.
    pub fn render(&self, tex: &str, block: bool) -> Result<String, (Range<usize>, String)> {
        let mode = if block { MathDisplay::Block } else { MathDisplay::Inline };
        match self.0.convert_with_local_state(tex, mode) {
            Ok(result) => Ok(shielded(&result.mathml)),
            Err(error) => Err((error.0.clone(), error.error_message())),
        }
    }
}

/// Between tags, Markdown would see its own signs in a formula's text (`*`, `_`, `|`, quotes): as numbers they are safe.
fn shielded(mathml: &str) -> String {
    let mut safe = String::new();
    let mut inside_tag = false;
    let mut rest = mathml;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '<' => inside_tag = true,
            '>' => inside_tag = false,
            _ => {}
        }
        let entity = rest.find(';').filter(|_| c == '&' && !inside_tag);
        match (c, entity) {
            (_, Some(end)) => {
                taken = end + 1;
                safe += &rest[..taken];
            }
            ('\n', _) => safe.push(' '),
            (c, _) if !inside_tag && c != '>' && c.is_ascii_punctuation() => safe += &format!("&#{};", c as u32),
            (c, _) => safe.push(c),
        }
        rest = &rest[taken..];
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_s_formulas_come_out_as_mathml() {
        let math = Math::new();
        for tex in [
            r"y_{n,k,y,x} = \sum_{c,r,s} x_{n,c,\,ys+r,\,xs+s}\, w_{k,c,r,s}",
            r"\floor{\frac{H + 2p - d(R-1) - 1}{s}} + 1",
            r"\inner{dy}{\operatorname{conv}(x, w)} = \inner{dx}{x}",
            r"B^\top = \begin{bmatrix} 1 & 0 & -1 & 0 \\ 0 & 1 & 1 & 0 \end{bmatrix}",
            r"\begin{aligned} a &= b \\ &= c \end{aligned}",
            r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\mathbb{R}^{N \times C}, \quad \mathcal{F}, \quad \underbrace{a + b}_{\text{two terms}}, \tfrac12, \odot, \top",
        ] {
            let mathml = math.render(tex, true).unwrap_or_else(|(_, e)| panic!("{tex}: {e}"));
            assert!(mathml.starts_with("<math") && mathml.ends_with("</math>") && !mathml.contains('\n'), "{mathml}");
        }
    }

    #[test]
    fn what_markdown_would_take_for_its_own_is_hidden() {
        let mathml = Math::new().render(r"a * b_1 | c < d \text{ it's *so* }", false).unwrap();
        let text: String = mathml.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
        assert!(!text.contains(['*', '_', '|', '\'', '\\']), "{text}");
        assert!(mathml.contains("&lt;"), "{mathml}");
    }

    #[test]
    fn a_mistake_is_named() {
        let (place, said) = Math::new().render(r"a + \nosuch", false).unwrap_err();
        assert!(place.start >= 4 && said.contains("nosuch"), "{place:?} {said}");
        assert!(Math::new().render(r"\frac{1}{2", false).is_err());
    }
}
