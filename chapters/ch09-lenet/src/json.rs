//! JSON (RFC 8259), read only, and strict: as much as the header of a model file needs.

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written: it may be larger or finer than any type of ours.
    Number(&'a str),
    /// A string, its escapes resolved.
    String(String),
    /// The values of an array.
    Array(Vec<Json<'a>>),
    /// The members of an object, in their order. No name comes twice.
    Object(Vec<(String, Json<'a>)>),
}

/// How deep arrays and objects may be nested, so that hostile text can't exhaust the stack.
const DEEPEST: usize = 32;

impl<'a> Json<'a> {
    /// The one value that `text` consists of.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0).and_then(|value| {
            parser.space();
            if parser.at == text.len() { Ok(value) } else { Err("text after the end") }
        });
        value.map_err(|problem| format!("{problem}, at byte {}", parser.at))
    }

    /// The member of an object; `None` also for what is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// A number that is written as a whole one and fits.
    pub fn as_usize(&self) -> Option<usize> {
        if let Self::Number(text) = self { text.parse().ok() } else { None }
    }
}

/// `text` as a JSON string, in its quotes.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\0'..' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

struct Parser<'a> {
    text: &'a str,
    /// The next byte; always at the border of a character.
    at: usize,
}

type Step<T> = Result<T, &'static str>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over `token` if it comes next.
    fn accept(&mut self, token: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(token.as_bytes());
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Steps over what belongs to a class of ASCII bytes, and says how many there were.
    fn skip(&mut self, class: impl Fn(u8) -> bool) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii() && class(b)) {
            self.at += 1;
        }
        self.at - start
    }

    fn space(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn value(&mut self, depth: usize) -> Step<Json<'a>> {
        if depth > DEEPEST {
            return Err("arrays and objects nested too deep");
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            None => Err("the text ends early"),
            _ if self.accept("null") => Ok(Json::Null),
            _ if self.accept("true") => Ok(Json::Bool(true)),
            _ if self.accept("false") => Ok(Json::Bool(false)),
            _ => Err("no JSON value"),
        }
    }

    fn array(&mut self, depth: usize) -> Step<Json<'a>> {
        let mut values = Vec::new();
        self.list("[", "]", |parser| {
            values.push(parser.value(depth + 1)?);
            Ok(())
        })?;
        Ok(Json::Array(values))
    }

    fn object(&mut self, depth: usize) -> Step<Json<'a>> {
        let mut members = Vec::new();
        self.list("{", "}", |parser| {
            let name = parser.string()?;
            parser.space();
            if !parser.accept(":") {
                return Err("no colon after a name");
            }
            members.push((name, parser.value(depth + 1)?));
            Ok(())
        })?;
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("an object with two members of one name");
        }
        Ok(Json::Object(members))
    }

    /// What stands between brackets, separated by commas.
    fn list(&mut self, open: &str, close: &str, mut item: impl FnMut(&mut Self) -> Step<()>) -> Step<()> {
        self.accept(open);
        self.space();
        if self.accept(close) {
            return Ok(());
        }
        loop {
            self.space();
            item(self)?;
            self.space();
            if self.accept(close) {
                return Ok(());
            }
            if !self.accept(",") {
                return Err("neither a comma nor the end of a list");
            }
        }
    }

    fn number(&mut self) -> Step<Json<'a>> {
        let start = self.at;
        let digits = |parser: &mut Self| match parser.skip(|b| b.is_ascii_digit()) {
            0 => Err("a number without digits"),
            _ => Ok(()),
        };
        self.accept("-");
        // A leading zero stands alone.
        if !self.accept("0") {
            digits(self)?;
        }
        if self.accept(".") {
            digits(self)?;
        }
        if self.accept("e") || self.accept("E") {
            let _ = self.accept("+") || self.accept("-");
            digits(self)?;
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn string(&mut self) -> Step<String> {
        if !self.accept("\"") {
            return Err("no string");
        }
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ').ok_or("a string without an end")?;
            text.push_str(&rest[..plain]);
            self.at += plain;
            if self.accept("\"") {
                return Ok(text);
            }
            if !self.accept("\\") {
                return Err("a control character in a string");
            }
            text.push(self.escape()?);
        }
    }

    /// The character that an escape stands for, after its backslash.
    fn escape(&mut self) -> Step<char> {
        const PLAIN: [(&str, char); 8] = [
            ("\"", '"'),
            ("\\", '\\'),
            ("/", '/'),
            ("b", '\x08'),
            ("f", '\x0c'),
            ("n", '\n'),
            ("r", '\r'),
            ("t", '\t'),
        ];
        if let Some((_, c)) = PLAIN.iter().find(|(token, _)| self.accept(token)) {
            return Ok(*c);
        }
        // UTF-16: beyond its first plane, a character is a pair of escapes.
        let mut units = [self.unit()?, 0];
        let pair = (0xd800..0xdc00).contains(&units[0]);
        if pair && self.accept("\\") {
            units[1] = self.unit()?;
        }
        let decoded = char::decode_utf16(units[..1 + usize::from(pair)].iter().copied()).next();
        decoded.and_then(Result::ok).ok_or("half of a character")
    }

    /// The 16 bits of an escape `u0041`.
    fn unit(&mut self) -> Step<u16> {
        if !self.accept("u") {
            return Err("an escape that JSON doesn't define");
        }
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|d| u16::from_str_radix(d, 16).ok()).ok_or("an escape without its four digits")?;
        self.at += 4;
        Ok(unit)
    }
}
