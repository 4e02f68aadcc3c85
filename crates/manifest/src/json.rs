//! JSON into a tree with places: exact where YAML is lenient, and several values in a row as `kubectl` and `jq` write them.

use crate::place::Place;
use crate::words::Words;
use crate::yaml::{DEPTH_MAX, broken};
use model::document::Unread;
use model::document::node::{Entry, Node, Scalar, Style, Value};

/// The values of a stream until its end or the first fault.
pub(crate) fn values(text: &str, place: Place<'_>, words: &mut Words) -> (Vec<Node>, Option<Unread>) {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, place, words };
    let mut values = Vec::new();
    loop {
        reader.blanks();
        if reader.at >= reader.bytes.len() {
            return (values, None);
        }
        match reader.value() {
            Ok(value) => values.push(value),
            Err(fault) => return (values, Some(fault)),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    place: Place<'a>,
    words: &'a mut Words,
}

/// A collection that has begun, and where.
enum Open {
    Array(usize, Vec<Node>),
    Object(usize, Vec<Entry>, Node),
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Node, Unread> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut done = match self.begin(&mut open)? {
                Some(node) => node,
                None => continue,
            };
            // Close as many collections as end here.
            loop {
                let Some(top) = open.pop() else { return Ok(done) };
                self.blanks();
                let mark = self.bytes.get(self.at).copied();
                match (top, mark) {
                    (Open::Array(start, mut items), Some(b',')) => {
                        self.at += 1;
                        items.push(done);
                        open.push(Open::Array(start, items));
                        break;
                    }
                    (Open::Array(start, mut items), Some(b']')) => {
                        self.at += 1;
                        items.push(done);
                        done = Node { span: self.place.span(start, self.at), value: Value::Sequence(items) };
                    }
                    (Open::Object(start, mut entries, key), Some(b',')) => {
                        self.at += 1;
                        entries.push(Entry { key, value: done });
                        let key = self.key()?;
                        open.push(Open::Object(start, entries, key));
                        break;
                    }
                    (Open::Object(start, mut entries, key), Some(b'}')) => {
                        self.at += 1;
                        entries.push(Entry { key, value: done });
                        done = Node { span: self.place.span(start, self.at), value: Value::Mapping(entries) };
                    }
                    (Open::Array(..), _) => return Err(self.expected("`,` or `]`")),
                    (Open::Object(..), _) => return Err(self.expected("`,` or `}`")),
                }
            }
        }
    }

    /// A scalar or an empty collection; else the collection that begins is put on `open`.
    fn begin(&mut self, open: &mut Vec<Open>) -> Result<Option<Node>, Unread> {
        self.blanks();
        let start = self.at;
        let first = self.bytes.get(start).copied();
        if matches!(first, Some(b'{' | b'[')) && open.len() >= DEPTH_MAX {
            let why = format!("expected at most {DEPTH_MAX} levels, found more");
            return Err(broken(self.place.span(start, start + 1), why));
        }
        match first {
            Some(b'{') => {
                self.at += 1;
                self.blanks();
                if self.bytes.get(self.at) == Some(&b'}') {
                    self.at += 1;
                    let value = Value::Mapping(Vec::new());
                    return Ok(Some(Node { span: self.place.span(start, self.at), value }));
                }
                let key = self.key()?;
                open.push(Open::Object(start, Vec::new(), key));
                Ok(None)
            }
            Some(b'[') => {
                self.at += 1;
                self.blanks();
                if self.bytes.get(self.at) == Some(&b']') {
                    self.at += 1;
                    let value = Value::Sequence(Vec::new());
                    return Ok(Some(Node { span: self.place.span(start, self.at), value }));
                }
                open.push(Open::Array(start, Vec::new()));
                Ok(None)
            }
            Some(b'"') => self.string().map(Some),
            _ => self.plain().map(Some),
        }
    }

    fn key(&mut self) -> Result<Node, Unread> {
        self.blanks();
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.expected("a key in quotes"));
        }
        let key = self.string()?;
        self.blanks();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        Ok(key)
    }

    fn plain(&mut self) -> Result<Node, Unread> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte)));
        let end = self.at + end.unwrap_or(rest.len());
        let word = &self.text[self.at..end];
        if !matches!(word, "null" | "true" | "false") && !is_number(word) {
            return Err(self.expected("a JSON value"));
        }
        let span = self.place.span(self.at, end);
        let text = self.words.shared(word);
        self.at = end;
        Ok(Node { span, value: Value::Scalar(Scalar { text, style: Style::Plain }) })
    }

    fn string(&mut self) -> Result<Node, Unread> {
        let start = self.at;
        let mut text = String::new();
        let mut from = start + 1;
        let mut at = from;
        loop {
            let Some(skipped) =
                self.bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
            else {
                return Err(broken(
                    self.place.span(start, start + 1),
                    "expected a closing `\"`, found the end".into(),
                ));
            };
            at += skipped;
            match self.bytes[at] {
                b'"' => break,
                b'\\' => {
                    text.push_str(&self.text[from..at]);
                    let (symbol, length) = escape(&self.bytes[at..]).ok_or_else(|| {
                        broken(
                            self.place.span(at, at + 1),
                            "expected an escape of JSON, found another".into(),
                        )
                    })?;
                    text.push(symbol);
                    at += length;
                    from = at;
                }
                control => {
                    let why = format!("expected text, found the control character {control:#04x}");
                    return Err(broken(self.place.span(at, at + 1), why));
                }
            }
        }
        text.push_str(&self.text[from..at]);
        self.at = at + 1;
        let text = self.words.shared(&text);
        let value = Value::Scalar(Scalar { text, style: Style::Quoted });
        Ok(Node { span: self.place.span(start, self.at), value })
    }

    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, what: &str) -> Unread {
        match self.text[self.at..].chars().next() {
            None => broken(self.place.span(self.at, self.at), format!("expected {what}, found the end")),
            Some(found) => {
                let why = format!("expected {what}, found `{}`", found.escape_debug());
                broken(self.place.span(self.at, self.at + found.len_utf8()), why)
            }
        }
    }
}

fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all_digits = [whole, fraction, exponent]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    all_digits && (whole == "0" || !whole.starts_with('0'))
}

/// The character of an escape and the escape's length. Half a surrogate pair is U+FFFD, as Go reads it.
pub(crate) fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let symbol = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = hexadecimal(bytes.get(2..6)?)?;
            let low =
                bytes.get(6..8).filter(|next| *next == b"\\u").and_then(|_| hexadecimal(bytes.get(8..12)?));
            return Some(match (unit, low) {
                (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) => {
                    let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(code).unwrap_or('\u{fffd}'), 12)
                }
                _ => (char::from_u32(unit).unwrap_or('\u{fffd}'), 6),
            });
        }
        _ => return None,
    };
    Some((symbol, 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}
