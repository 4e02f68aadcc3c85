//! Divides Rust text into code and comments, so that a word in a string is not taken for code.

/// The same text twice, line for line: once with only code left, once with only comments left.
pub struct Parts {
    /// Code; comments and the insides of strings and characters are spaces.
    pub code: String,
    /// Comments; everything else is spaces.
    pub comments: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Comment,
    Literal,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    parts: Parts,
}

/// Divides a file.
pub fn divide(text: &str) -> Parts {
    let parts = Parts { code: String::new(), comments: String::new() };
    let mut lexer = Lexer { chars: text.chars().collect(), at: 0, parts };
    while let Some(character) = lexer.peek(0) {
        match (character, lexer.peek(1)) {
            ('/', Some('/')) => lexer.line_comment(),
            ('/', Some('*')) => lexer.block_comment(),
            ('"', _) => lexer.string(),
            ('\'', _) => lexer.character_or_lifetime(),
            (first, _) if first.is_alphabetic() || first == '_' => lexer.word(),
            _ => lexer.take(Kind::Code),
        }
    }
    lexer.parts
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn take(&mut self, kind: Kind) {
        let Some(character) = self.peek(0) else { return };
        self.at += 1;
        let blank = if character == '\n' { '\n' } else { ' ' };
        let (code, comment) = match kind {
            Kind::Code => (character, blank),
            Kind::Comment => (blank, character),
            Kind::Literal => (blank, blank),
        };
        self.parts.code.push(code);
        self.parts.comments.push(comment);
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|character| character != '\n') {
            self.take(Kind::Comment);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.take(Kind::Comment);
                    continue;
                }
            }
            self.take(Kind::Comment);
            self.take(Kind::Comment);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.take(Kind::Code);
        while let Some(character) = self.peek(0) {
            match character {
                '"' => return self.take(Kind::Code),
                '\\' => {
                    self.take(Kind::Literal);
                    self.take(Kind::Literal);
                }
                _ => self.take(Kind::Literal),
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        for _ in 0..=hashes {
            self.take(Kind::Code);
        }
        while self.peek(0).is_some() {
            let ends = self.peek(0) == Some('"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'));
            if ends {
                for _ in 0..=hashes {
                    self.take(Kind::Code);
                }
                return;
            }
            self.take(Kind::Literal);
        }
    }

    fn character_or_lifetime(&mut self) {
        let escaped = self.peek(1) == Some('\\');
        let plain = self.peek(2) == Some('\'');
        self.take(Kind::Code);
        if escaped {
            self.take(Kind::Literal);
            self.take(Kind::Literal);
        } else if !plain {
            return;
        }
        while self.peek(0).is_some_and(|character| character != '\'') {
            self.take(Kind::Literal);
        }
        self.take(Kind::Code);
    }

    /// A word; the prefixes `r`, `br` and `cr` may begin a raw string.
    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|character| character.is_alphanumeric() || character == '_') {
            self.take(Kind::Code);
        }
        let word: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        if !matches!(word.as_str(), "r" | "br" | "cr") {
            return;
        }
        let hashes = (0..).take_while(|&ahead| self.peek(ahead) == Some('#')).count();
        if self.peek(hashes) == Some('"') {
            self.raw_string(hashes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn comments_and_strings_are_not_code() {
        let parts = divide("let a = \"unsafe \\\" dbg!\"; // TODO: b\n/* x /* y */ z */ c();");
        assert_eq!(parts.code, "let a = \"              \";           \n                  c();");
        assert!(parts.comments.contains("// TODO: b\n/* x /* y */ z */"));
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        let code = divide("f(r#\"a \" dbg!()\"#, r#type, b\"x\", br\"y\\\", z);").code;
        assert_eq!(code, "f(r#\"          \"#, r#type, b\" \", br\"  \", z);");
    }

    #[test]
    fn a_lifetime_is_not_a_character() {
        assert_eq!(divide("fn f<'a>(x: &'a str) { '\"'; '\\''; '\\u{1}' }").code, {
            "fn f<'a>(x: &'a str) { ' '; '  '; '     ' }"
        });
    }
}
