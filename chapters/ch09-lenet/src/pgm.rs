//! PGM, the plainest format of grey pictures (Netpbm): `P5`, width, height, the value of white, and a
//! byte per pixel; or `P2`, and the pixels as numbers in the text.

use crate::idx::SIDE;
use std::path::Path;
use unrolled::files;
use unrolled::{Error, Result};

/// The largest file that is read, in bytes: a picture of 28 × 28 has room for long comments in it.
const MOST: usize = 1 << 20;

/// The pixels of a 28 × 28 picture, row-major: 0 is black, 255 white.
///
/// # Errors
/// If the file can't be read, isn't a PGM picture of 8 bits, has another size, or is cut short.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    parse(&files::read(path, MOST)?).map_err(|problem| Error::file(path, problem))
}

/// What [`read`] makes of the bytes of a file.
///
/// # Errors
/// A reason, if they aren't such a picture.
pub fn parse(file: &[u8]) -> Result<Vec<u8>, String> {
    let (binary, rest) = match file {
        [b'P', b'5', rest @ ..] => (true, rest),
        [b'P', b'2', rest @ ..] => (false, rest),
        _ => return Err("isn't a PGM picture: they begin with P5 or P2".into()),
    };
    let mut text = Text { rest };
    let width = text.number("width")?;
    let height = text.number("height")?;
    let white = text.number("value of white")?;
    if [width, height] != [SIDE, SIDE] {
        return Err(format!("is a picture of {width} x {height}, and must be one of {SIDE} x {SIDE}"));
    }
    if !(1..=255).contains(&white) {
        return Err(format!("has white at {white}, and must have it at 1 to 255: 8 bits a pixel"));
    }
    let mut values = Vec::with_capacity(SIDE * SIDE);
    if binary {
        // One byte of white space, and not more: the first pixel may look like it.
        let [b' ' | b'\t' | b'\n' | b'\x0b' | b'\x0c' | b'\r', pixels @ ..] = text.rest else {
            return Err("has no pixels behind its header".into());
        };
        let Some((pixels, rest)) = pixels.split_at_checked(SIDE * SIDE) else {
            return Err(format!("is cut short: {} of {} pixels", pixels.len(), SIDE * SIDE));
        };
        values.extend(pixels.iter().map(|&pixel| usize::from(pixel)));
        text.rest = rest;
    } else {
        for i in 0..SIDE * SIDE {
            values.push(text.number(&format!("pixel {i}"))?);
        }
    }
    text.skip_space();
    if !text.rest.is_empty() {
        return Err("has something behind its last pixel".into());
    }
    let scale = |(i, value): (usize, usize)| match value {
        0.. if value > white => Err(format!("pixel {i} is {value}, and white is {white}")),
        _ => Ok(((value * 255 + white / 2) / white) as u8),
    };
    values.into_iter().enumerate().map(scale).collect()
}

/// What is still to be read of a header, or of pixels in text.
struct Text<'a> {
    rest: &'a [u8],
}

impl Text<'_> {
    /// Steps over white space and comments, which reach from `#` to the end of their line.
    fn skip_space(&mut self) {
        let mut comment = false;
        let end = self.rest.iter().position(|&b| {
            comment = b == b'#' || comment && b != b'\n' && b != b'\r';
            !comment && !b.is_ascii_whitespace() && b != b'\x0b'
        });
        self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
    }

    /// The next number.
    fn number(&mut self, what: &str) -> Result<usize, String> {
        let before = self.rest.len();
        self.skip_space();
        let (digits, rest) = self.rest.split_at(self.rest.iter().take_while(|b| b.is_ascii_digit()).count());
        if self.rest.is_empty() {
            return Err(format!("is cut short: it ends before its {what}"));
        }
        if self.rest.len() == before || digits.is_empty() {
            return Err(format!("has no number for its {what}"));
        }
        self.rest = rest;
        // A handful of digits is more than any picture here may have.
        let number = str::from_utf8(digits).ok().filter(|digits| digits.len() < 10).and_then(|d| d.parse().ok());
        number.ok_or_else(|| format!("has a number of {} digits for its {what}", digits.len()))
    }
}
