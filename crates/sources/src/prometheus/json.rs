//! JSON in pieces as they come from a connection: tokens in order, with nothing kept but the text that a piece cut.

/// What the text consists of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'text> {
    /// `{`
    BeginObject,
    /// `[`
    BeginArray,
    /// `}` or `]`
    End,
    /// The name of a member.
    Key(&'text str),
    /// A string.
    Text(&'text str),
    /// A number, as written.
    Number(&'text str),
    /// `true` or `false`.
    Truth(bool),
    /// `null`.
    Null,
}

/// The text is no JSON, or not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: expected {expected}")]
pub struct JsonFault {
    /// How many bytes were fine.
    pub offset: u64,
    /// What would have been.
    pub expected: &'static str,
    /// Whether the text ended there.
    pub is_cut: bool,
}

/// Answers of Prometheus are seven deep.
const DEPTH_MAX: usize = 32;

/// A label's value may be long; a server that sends longer strings sends something else.
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    Text { is_key: bool, is_escaped: bool },
    Number,
    Word(&'static str),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Object,
    Array,
}

/// Where in a text the last piece ended.
#[derive(Debug)]
pub struct Lexer {
    state: State,
    inside: Vec<Inside>,
    /// What is read of a text, a number or a word that a piece cut.
    cut: Vec<u8>,
    has_escapes: bool,
    before: u64,
}

impl Default for Lexer {
    fn default() -> Self {
        Self { state: State::Value, inside: Vec::new(), cut: Vec::new(), has_escapes: false, before: 0 }
    }
}

/// What was expected so many bytes behind the beginning of a step: a place that does not depend on how a text is cut into pieces.
struct StepFault {
    behind: usize,
    expected: &'static str,
}

impl From<&'static str> for StepFault {
    fn from(expected: &'static str) -> Self {
        Self { behind: 0, expected }
    }
}

/// Who takes the tokens; what it returns is what it expected instead.
type Sink<'sink> = dyn FnMut(Token<'_>) -> Result<(), &'static str> + 'sink;

impl Lexer {
    /// Reads what stands at the beginning of a piece, a mark or a part of a value; how many bytes that was.
    ///
    /// # Errors
    /// At the first byte that is no JSON, and at the first token that the sink refuses.
    pub fn next(&mut self, piece: &[u8], sink: &mut Sink<'_>) -> Result<usize, JsonFault> {
        let Some(&byte) = piece.first() else { return Ok(0) };
        let taken = self.step(byte, piece, sink).map_err(|StepFault { behind, expected }| JsonFault {
            offset: self.before + behind as u64,
            expected,
            is_cut: false,
        })?;
        self.before += taken as u64;
        Ok(taken)
    }

    /// Whether a list's next element may begin here.
    #[must_use]
    pub fn is_before_element(&self) -> bool {
        matches!(self.state, State::Value | State::ValueOrEnd) && self.inside.last() == Some(&Inside::Array)
    }

    /// Passes over a whole element of a list that somebody else has read.
    pub fn pass_element(&mut self, bytes: usize) {
        self.before += bytes as u64;
        self.after_value();
    }

    /// Whether a whole value was read.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// How many bytes were read.
    #[must_use]
    pub const fn read_bytes(&self) -> u64 {
        self.before
    }

    /// How many bytes of the rest, which begins with this byte, belong to what stands here.
    fn step(&mut self, byte: u8, rest: &[u8], sink: &mut Sink<'_>) -> Result<usize, StepFault> {
        match self.state {
            State::Text { is_key, is_escaped } => self.text(is_key, is_escaped, rest, sink),
            State::Number => self.number(rest, sink),
            State::Word(word) => Ok(self.word(word, byte, sink)?),
            State::Value
            | State::ValueOrEnd
            | State::KeyOrEnd
            | State::Key
            | State::Colon
            | State::CommaOrEnd
            | State::Over => {
                if !byte.is_ascii_whitespace() {
                    self.mark(byte, sink)?;
                    // The first byte of a number belongs to it.
                    return Ok(usize::from(self.state != State::Number));
                }
                Ok(1)
            }
        }
    }

    fn mark(&mut self, byte: u8, sink: &mut Sink<'_>) -> Result<(), &'static str> {
        match (self.state, byte) {
            (State::Value | State::ValueOrEnd, b'{') => self.begin(Inside::Object, sink),
            (State::Value | State::ValueOrEnd, b'[') => self.begin(Inside::Array, sink),
            (State::Value | State::ValueOrEnd, b'"') => self.begin_text(false),
            (State::Value | State::ValueOrEnd, b'-' | b'0'..=b'9') => self.begin_cut(State::Number),
            (State::Value | State::ValueOrEnd, b't') => self.begin_word("true", sink),
            (State::Value | State::ValueOrEnd, b'f') => self.begin_word("false", sink),
            (State::Value | State::ValueOrEnd, b'n') => self.begin_word("null", sink),
            (State::Key | State::KeyOrEnd, b'"') => self.begin_text(true),
            (State::Colon, b':') => {
                self.state = State::Value;
                Ok(())
            }
            (State::CommaOrEnd, b',') => {
                let is_object = self.inside.last() == Some(&Inside::Object);
                self.state = if is_object { State::Key } else { State::Value };
                Ok(())
            }
            (State::CommaOrEnd | State::KeyOrEnd, b'}') => self.end(Inside::Object, sink),
            (State::CommaOrEnd | State::ValueOrEnd, b']') => self.end(Inside::Array, sink),
            (state, _) => Err(expected(state)),
        }
    }

    fn begin(&mut self, inside: Inside, sink: &mut Sink<'_>) -> Result<(), &'static str> {
        if self.inside.len() >= DEPTH_MAX {
            return Err("at most 32 levels");
        }
        self.inside.push(inside);
        match inside {
            Inside::Object => {
                self.state = State::KeyOrEnd;
                sink(Token::BeginObject)
            }
            Inside::Array => {
                self.state = State::ValueOrEnd;
                sink(Token::BeginArray)
            }
        }
    }

    fn end(&mut self, inside: Inside, sink: &mut Sink<'_>) -> Result<(), &'static str> {
        if self.inside.pop() != Some(inside) {
            return Err("the end of what was begun");
        }
        self.after_value();
        sink(Token::End)
    }

    fn after_value(&mut self) {
        self.state = if self.inside.is_empty() { State::Over } else { State::CommaOrEnd };
    }

    fn begin_text(&mut self, is_key: bool) -> Result<(), &'static str> {
        self.has_escapes = false;
        self.begin_cut(State::Text { is_key, is_escaped: false })
    }

    fn begin_cut(&mut self, state: State) -> Result<(), &'static str> {
        self.cut.clear();
        self.state = state;
        Ok(())
    }

    fn begin_word(&mut self, word: &'static str, sink: &mut Sink<'_>) -> Result<(), &'static str> {
        self.state = State::Word(word);
        let first = word.as_bytes().first().copied().unwrap_or_default();
        self.cut.clear();
        self.word(word, first, sink).map(|_| ())
    }

    fn word(&mut self, word: &'static str, byte: u8, sink: &mut Sink<'_>) -> Result<usize, &'static str> {
        if word.as_bytes().get(self.cut.len()) != Some(&byte) {
            return Err("a value");
        }
        self.cut.push(byte);
        if self.cut.len() < word.len() {
            return Ok(1);
        }
        self.after_value();
        sink(if word == "null" { Token::Null } else { Token::Truth(word == "true") })?;
        Ok(1)
    }

    fn number(&mut self, rest: &[u8], sink: &mut Sink<'_>) -> Result<usize, StepFault> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte));
        let part = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        self.check_length(part, "a shorter number")?;
        let Some(length) = length else {
            self.cut.extend_from_slice(part);
            return Ok(part.len());
        };
        self.after_value();
        let cut = std::mem::take(&mut self.cut);
        let written = with_cut(&cut, part, |whole| {
            sink(Token::Number(std::str::from_utf8(whole).map_err(|_| "a number")?))
        });
        self.cut = cut;
        written.map_err(|expected| StepFault { behind: length, expected })?;
        Ok(length)
    }

    fn text(
        &mut self,
        is_key: bool,
        is_escaped: bool,
        rest: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<usize, StepFault> {
        if is_escaped {
            self.cut.extend(rest.first());
            self.state = State::Text { is_key, is_escaped: false };
            return Ok(1);
        }
        let mark = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let part = rest.get(..mark.unwrap_or(rest.len())).unwrap_or_default();
        self.check_length(part, "strings of at most 64 KiB")?;
        let Some(mark) = mark else {
            self.cut.extend_from_slice(part);
            return Ok(part.len());
        };
        if rest.get(mark) == Some(&b'\\') {
            self.cut.extend_from_slice(part);
            self.cut.push(b'\\');
            self.has_escapes = true;
            self.state = State::Text { is_key, is_escaped: true };
            return Ok(mark + 1);
        }
        self.end_text(is_key, part, sink).map_err(|expected| StepFault { behind: mark, expected })?;
        Ok(mark + 1)
    }

    /// Refuses what goes on too long, at the first byte too many.
    fn check_length(&self, part: &[u8], expected: &'static str) -> Result<(), StepFault> {
        let room = TEXT_BYTES_MAX.saturating_sub(self.cut.len());
        if part.len() > room { Err(StepFault { behind: room, expected }) } else { Ok(()) }
    }

    fn end_text(&mut self, is_key: bool, part: &[u8], sink: &mut Sink<'_>) -> Result<(), &'static str> {
        if is_key {
            self.state = State::Colon;
        } else {
            self.after_value();
        }
        let token =
            |text: &str, sink: &mut Sink<'_>| sink(if is_key { Token::Key(text) } else { Token::Text(text) });
        let cut = std::mem::take(&mut self.cut);
        let has_escapes = self.has_escapes;
        let written = with_cut(&cut, part, |whole| {
            if has_escapes {
                let quoted = [b"\"", whole, b"\""].concat();
                let text: String = serde_json::from_slice(&quoted).map_err(|_| "a string of JSON")?;
                return token(&text, sink);
            }
            token(std::str::from_utf8(whole).map_err(|_| "text in UTF-8")?, sink)
        });
        self.cut = cut;
        written
    }
}

/// What an earlier piece left and what this one has, as one.
fn with_cut(
    cut: &[u8],
    part: &[u8],
    then: impl FnOnce(&[u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    if cut.is_empty() { then(part) } else { then(&[cut, part].concat()) }
}

const fn expected(state: State) -> &'static str {
    match state {
        State::Value => "a value",
        State::ValueOrEnd => "a value or `]`",
        State::KeyOrEnd => "a name in quotes or `}`",
        State::Key => "a name in quotes",
        State::Colon => "`:`",
        State::CommaOrEnd => "`,` or the end of the list or object",
        State::Text { .. } => "a string",
        State::Number => "a number",
        State::Word(_) => "true, false or null",
        State::Over => "nothing after the value",
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonFault, Lexer, Token};
    use proptest::prelude::{ProptestConfig, any, proptest};

    /// The tokens as text, of pieces of this size.
    fn read(text: &[u8], piece_bytes: usize) -> Result<(Vec<String>, bool), JsonFault> {
        let mut tokens = Vec::new();
        let mut lexer = Lexer::default();
        for mut piece in text.chunks(piece_bytes.max(1)) {
            while !piece.is_empty() {
                let taken = lexer.next(piece, &mut |token: Token<'_>| {
                    tokens.push(format!("{token:?}"));
                    Ok(())
                })?;
                piece = &piece[taken..];
            }
        }
        Ok((tokens, lexer.is_over()))
    }

    const TEXT: &str =
        r#" {"a\"b": [1.5e3, "NaN", "", "caf\u00e9 – x", true,false , null, {}, []], "c":{"d":-1}} "#;

    #[test]
    fn cutting_the_text_anywhere_changes_nothing() {
        let (whole, is_over) = read(TEXT.as_bytes(), TEXT.len()).unwrap();
        assert!(is_over);
        assert_eq!(whole[1], r#"Key("a\"b")"#);
        assert_eq!(whole[3], r#"Number("1.5e3")"#);
        assert_eq!(whole[6], r#"Text("café – x")"#);
        for bytes in 1..TEXT.len() {
            assert_eq!(read(TEXT.as_bytes(), bytes).unwrap(), (whole.clone(), true), "{bytes}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_begins_to_differ() {
        for (text, offset) in [
            ("<html>", 0),
            ("{\"a\" 1}", 5),
            ("{\"a\":1]", 6),
            ("[1,]", 3),
            ("[tru]", 4),
            ("{}{}", 2),
            ("[\"\\x\"]", 4),
        ] {
            for bytes in [1, 100] {
                assert_eq!(read(text.as_bytes(), bytes).unwrap_err().offset, offset, "{text}");
            }
        }
        for piece in 1..5 {
            assert_eq!(read(b"\"ab\x80\"", piece).unwrap_err().offset, 4);
        }
        assert_eq!(read(&[b'['; 40], 7).unwrap_err().offset, 32);
        assert!(!read(b"{\"a\":[1,2", 3).unwrap().1);
    }

    #[test]
    fn a_string_without_end_is_not_kept() {
        let endless = [&b"[\""[..], &[b'x'; 100_000]].concat();
        let fault = read(&endless, 1000).unwrap_err();
        assert_eq!(fault.expected, "strings of at most 64 KiB");
        assert_eq!(read(&endless, 100_002), Err(fault));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn any_value_is_read_as_serde_reads_it(numbers: Vec<i32>, text: String, piece in 1_usize..40) {
            let value = serde_json::json!([{ &text: numbers }, [text, null]]);
            let (tokens, is_over) = read(value.to_string().as_bytes(), piece).unwrap();
            assert!(is_over);
            assert!(tokens.contains(&format!("{:?}", Token::Text(&text))));
            assert_eq!(tokens.iter().filter(|token| token.starts_with("Number")).count(), numbers.len());
        }

        #[test]
        fn any_bytes_end_in_tokens_or_a_fault(bytes: Vec<u8>, piece in any::<u8>()) {
            let whole = read(&bytes, bytes.len());
            assert_eq!(read(&bytes, usize::from(piece)), whole);
        }
    }
}
