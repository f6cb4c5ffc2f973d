//! Words, numbers and signs of PTX, each with its place.

use crate::ir::Place;
use crate::parse::ParseError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A name or an opcode: `%sum`, `add`, `_`.
    Word,
    /// A dot and what belongs to it: `.f32`, `.entry`.
    Dot,
    /// Its value, without the sign.
    Int(u64),
    /// Its value, without the sign: `1.5`.
    Float(f64),
    /// An `f32` by its bits: `0f3F800000`.
    Bits(u32),
    /// One character.
    Sign,
    /// The end of the text.
    End,
}

/// A piece of the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub place: Place,
    /// Where it begins in the source, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// The place behind its last character; tokens don't span lines.
    pub fn end_place(&self) -> Place {
        Place { line: self.place.line, column: self.place.column + self.text.len() as u32 }
    }

    /// As a message names it.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::End => "the end of the file".into(),
            _ => format!("`{}`", self.text),
        }
    }
}

/// Cuts the source up, one token at a time.
pub(crate) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    /// Where the line begins, in bytes.
    line_start: usize,
}

/// The longest word or number: messages repeat them.
const LONGEST: usize = 255;

/// Whether a name goes on with this; it may begin with a `%`, too.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a str) -> Self {
        Self { source, at: 0, line: 1, line_start: 0 }
    }

    /// The byte that many behind the next one; 0 behind the end.
    fn ahead(&self, bytes: usize) -> u8 {
        self.source.as_bytes().get(self.at + bytes).copied().unwrap_or(0)
    }

    /// Up to here the source is ASCII (else we had stopped), so that a column is a count of bytes.
    fn place(&self) -> Place {
        Place { line: self.line, column: (self.at - self.line_start + 1) as u32 }
    }

    fn error<T>(&self, problem: String) -> Result<T, ParseError> {
        Err(ParseError { place: self.place(), problem })
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub fn next(&mut self) -> Result<Token<'a>, ParseError> {
        self.skip_blanks()?;
        let (start, place) = (self.at, self.place());
        let kind = match self.ahead(0) {
            _ if self.at == self.source.len() => Kind::End,
            b'0'..=b'9' => self.number()?,
            b'.' if self.ahead(1).is_ascii_digit() => self.number()?,
            b'.' if is_word(self.ahead(1)) => {
                self.at += 1;
                self.skip(is_word);
                Kind::Dot
            }
            b'_' | b'$' | b'%' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.at += 1;
                self.skip(is_word);
                Kind::Word
            }
            b'{' | b'}' | b'(' | b')' | b'[' | b']' | b'<' | b'>' | b',' | b';' | b':' | b'@' | b'!' | b'|' | b'+'
            | b'-' | b'=' => {
                self.at += 1;
                Kind::Sign
            }
            _ => return self.stranger(),
        };
        let text = &self.source[start..self.at];
        if text.len() > LONGEST {
            let problem = format!("this word has {} characters, and {LONGEST} are the most", text.len());
            return Err(ParseError { place, problem });
        }
        Ok(Token { kind, text, place, start })
    }

    fn skip(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.at < self.source.len() && belongs(self.ahead(0)) {
            self.at += 1;
        }
    }

    /// A character that has no business here.
    fn stranger<T>(&self) -> Result<T, ParseError> {
        match self.source[self.at..].chars().next() {
            Some(c) if !c.is_ascii() => {
                self.error(format!("{c:?} isn't ASCII, and ptxas refuses it, even in a comment"))
            }
            c => self.error(format!("{:?} has no meaning here", c.unwrap_or_default())),
        }
    }

    /// Skips blanks, ends of lines and comments.
    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            match (self.ahead(0), self.ahead(1)) {
                (b'\n', _) => self.new_line(),
                (b' ' | b'\t' | b'\r', _) => self.at += 1,
                (b'/', b'/') => {
                    while self.at < self.source.len() && self.ahead(0) != b'\n' {
                        self.comment_byte()?;
                    }
                }
                (b'/', b'*') => self.block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn new_line(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    fn comment_byte(&mut self) -> Result<(), ParseError> {
        match self.ahead(0) {
            b'\n' => self.new_line(),
            b'\t' | b'\r' | b' '..=b'~' => self.at += 1,
            _ => return self.stranger(),
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), ParseError> {
        let place = self.place();
        self.at += 2;
        while (self.ahead(0), self.ahead(1)) != (b'*', b'/') {
            if self.at == self.source.len() {
                return Err(ParseError { place, problem: "this comment has no end; write */".into() });
            }
            self.comment_byte()?;
        }
        self.at += 2;
        Ok(())
    }

    fn number(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        let kind = match (self.ahead(0), self.ahead(1)) {
            (b'0', b'x' | b'X') => self.int(2, 16),
            (b'0', b'b' | b'B') => self.int(2, 2),
            (b'0', b'f' | b'F') => {
                self.at += 2;
                self.skip(|byte| byte.is_ascii_hexdigit());
                let digits = &self.source[start + 2..self.at];
                u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 8).map(Kind::Bits)
            }
            _ => {
                self.skip(|byte| byte.is_ascii_digit());
                if matches!(self.ahead(0), b'.' | b'e' | b'E') {
                    self.float(start)
                } else {
                    let octal = self.at > start + 1 && self.source[start..].starts_with('0');
                    self.at = start;
                    self.int(usize::from(octal), if octal { 8 } else { 10 })
                }
            }
        };
        let clean = !is_word(self.ahead(0)) && self.ahead(0) != b'.';
        kind.filter(|_| clean).ok_or(()).or_else(|()| {
            self.skip(|byte| is_word(byte) || byte == b'.');
            let text = &self.source[start..self.at.min(start + LONGEST)];
            self.at = start;
            self.error(format!(
                "`{text}` isn't a number: PTX has 12, 12U, 0x1F, 017, 0b101 (up to 64 bits), 1.5, 1.5e-3 and 0f3F800000 (with 8 digits)"
            ))
        })
    }

    /// Digits behind a prefix, and perhaps a `U`.
    fn int(&mut self, prefix: usize, radix: u32) -> Option<Kind> {
        self.at += prefix;
        let start = self.at;
        self.skip(|byte| char::from(byte).is_digit(radix));
        let digits = &self.source[start..self.at];
        if self.ahead(0) == b'U' {
            self.at += 1;
        }
        u64::from_str_radix(digits, radix).ok().map(Kind::Int)
    }

    /// What follows the digits before the point or the exponent.
    fn float(&mut self, start: usize) -> Option<Kind> {
        if self.ahead(0) == b'.' {
            self.at += 1;
            self.skip(|byte| byte.is_ascii_digit());
        }
        if matches!(self.ahead(0), b'e' | b'E') {
            self.at += 1;
            if matches!(self.ahead(0), b'+' | b'-') {
                self.at += 1;
            }
            self.skip(|byte| byte.is_ascii_digit());
        }
        self.source[start..self.at].parse().ok().map(Kind::Float)
    }
}
