//! Shell scripts as commands: words, redirections, here-documents. What a variable holds is not known, so it stays as it is written.

use crate::place::Place;
use model::document::{Command, Span, Spanned};

/// A script.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Its commands in order, also those in `$( )`.
    pub(crate) commands: Vec<Command>,
    /// Texts that it gives to commands.
    pub(crate) heredocs: Vec<Heredoc>,
}

/// A here-document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heredoc {
    /// Its text in the script's, without the last delimiter.
    pub(crate) body: Span,
    /// The file that it becomes, by `>` or `tee`.
    pub(crate) target: Option<String>,
    /// Whether tabs at the beginning of lines do not count: `<<-`.
    pub(crate) strips_tabs: bool,
}

/// Substitutions may stand in one another this deep; what is deeper is text.
const SUBSTITUTION_DEPTH_MAX: usize = 8;

/// Splits a script. Nothing is refused: what is no shell gives words that are no commands.
pub(crate) fn script(text: &str, place: Place<'_>) -> Script {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        place,
        depth: 0,
        words: Vec::new(),
        pending: Vec::new(),
        line: 0,
        script: Script::default(),
    };
    reader.run();
    reader.script
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    place: Place<'a>,
    depth: usize,
    /// The command so far, in places of the text.
    words: Vec<Spanned<String>>,
    /// Here-documents whose text begins on the next line.
    pending: Vec<Pending>,
    /// The first command of this line.
    line: usize,
    script: Script,
}

struct Pending {
    delimiter: String,
    strips_tabs: bool,
    command: usize,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek(1) == Some(b'\n') => self.at += 2,
                b'\\' if self.peek(1) == Some(b'\r') && self.peek(2) == Some(b'\n') => self.at += 3,
                b'#' => self.at = self.line_end(self.at),
                b'\n' => {
                    self.at += 1;
                    self.finish();
                    self.heredocs();
                    self.line = self.script.commands.len();
                }
                b'&' if self.peek(1) == Some(b'>') => self.redirection(self.at, self.at + 1),
                b';' | b'&' | b'|' | b'(' | b')' => {
                    self.at += 1;
                    self.finish();
                }
                b'<' | b'>' => self.redirection(self.at, self.at),
                b'0'..=b'9' if self.is_descriptor() => {
                    let start = self.at;
                    while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
                        self.at += 1;
                    }
                    self.redirection(start, self.at);
                }
                _ => self.word(),
            }
        }
        self.finish();
        self.heredocs();
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..].find('\n').map_or(self.text.len(), |end| from + end)
    }

    fn is_descriptor(&self) -> bool {
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits <= 3 && matches!(self.peek(digits), Some(b'<' | b'>'))
    }

    fn push(&mut self, value: String, start: usize) {
        self.words.push(Spanned { value, span: Span::new(start, self.at) });
    }

    /// The command ends.
    fn finish(&mut self) {
        let words = std::mem::take(&mut self.words);
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let span = self.place.span(first.span.start, last.span.end);
        let outer = |word: Spanned<String>| {
            let span = self.place.span(word.span.start, word.span.end);
            Spanned { value: word.value, span }
        };
        let words = words.into_iter().map(outer).collect();
        self.script.commands.push(Command { words, span });
    }

    /// `>`, `2>>`, `&>`, `2>&1`, `<<EOF`: the sign is a word of its own, and so is what follows.
    fn redirection(&mut self, start: usize, sign: usize) {
        let signs = &self.text[sign..];
        let operator = ["<<<", "<<-", "<<", ">>", ">|", ">&", "<&", "<>", ">", "<"]
            .into_iter()
            .find(|operator| signs.starts_with(operator));
        self.at = sign + operator.map_or(1, str::len);
        if matches!(operator, Some(">&" | "<&")) {
            while self.peek(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'-') {
                self.at += 1;
            }
        }
        self.push(self.text[start..self.at].to_owned(), start);
        if matches!(operator, Some("<<" | "<<-")) {
            while matches!(self.peek(0), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            if self.peek(0).is_some_and(|byte| !ends_word(byte)) {
                self.word();
                let delimiter = self.words.last().map_or_else(String::new, |word| word.value.clone());
                let strips_tabs = operator == Some("<<-");
                self.pending.push(Pending { delimiter, strips_tabs, command: self.script.commands.len() });
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut value = String::new();
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.escape(&mut value),
                b'\'' => {
                    let end =
                        self.text[self.at + 1..].find('\'').map_or(self.text.len(), |end| self.at + 1 + end);
                    value.push_str(&self.text[self.at + 1..end]);
                    self.at = (end + 1).min(self.text.len());
                }
                b'"' => self.quoted(&mut value),
                b'$' if self.peek(1) == Some(b'(') => self.substitution(&mut value),
                b'$' if self.peek(1) == Some(b'{') => {
                    let end =
                        self.text[self.at..].find(['}', '\n']).map_or(self.text.len(), |end| self.at + end);
                    let end = if self.bytes.get(end) == Some(&b'}') { end + 1 } else { end };
                    value.push_str(&self.text[self.at..end]);
                    self.at = end;
                }
                byte if ends_word(byte) => break,
                _ => self.keep(&mut value),
            }
        }
        self.push(value, start);
    }

    /// Takes one character as it is.
    fn keep(&mut self, value: &mut String) {
        let Some(symbol) = self.text[self.at..].chars().next() else { return };
        value.push(symbol);
        self.at += symbol.len_utf8();
    }

    fn escape(&mut self, value: &mut String) {
        self.at += 1;
        match (self.peek(0), self.peek(1)) {
            (Some(b'\n'), _) => self.at += 1,
            (Some(b'\r'), Some(b'\n')) => self.at += 2,
            _ => self.keep(value),
        }
    }

    fn quoted(&mut self, value: &mut String) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.peek(1).is_some_and(|next| b"$`\"\\\n".contains(&next)) => self.escape(value),
                b'$' if self.peek(1) == Some(b'(') => self.substitution(value),
                _ => self.keep(value),
            }
        }
    }

    /// `$(command)` stays in the word as it is written; its commands are commands of the script too.
    fn substitution(&mut self, value: &mut String) {
        let start = self.at;
        let end = closing(&self.text[start + 1..]).map_or(self.text.len(), |length| start + 1 + length);
        let is_arithmetic = self.peek(2) == Some(b'(');
        if !is_arithmetic && self.depth < SUBSTITUTION_DEPTH_MAX {
            let inner = &self.text[start + 2..end.saturating_sub(1).max(start + 2)];
            let mut reader = Reader {
                text: inner,
                bytes: inner.as_bytes(),
                at: 0,
                place: self.place.from(start + 2),
                depth: self.depth + 1,
                words: Vec::new(),
                pending: Vec::new(),
                line: 0,
                script: Script::default(),
            };
            reader.run();
            self.script.commands.append(&mut reader.script.commands);
        }
        value.push_str(&self.text[start..end]);
        self.at = end;
    }

    /// The texts that begin on this line.
    fn heredocs(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut end = start;
            while self.at < self.text.len() {
                let next = (self.line_end(self.at) + 1).min(self.text.len());
                let line = self.text[self.at..next].trim_end_matches(['\n', '\r']);
                let line = if pending.strips_tabs { line.trim_start_matches('\t') } else { line };
                self.at = next;
                if line == pending.delimiter {
                    break;
                }
                end = next;
            }
            let target = target(
                self.script.commands.get(self.line..).unwrap_or(&[]),
                pending.command - self.line.min(pending.command),
            );
            self.script.heredocs.push(Heredoc {
                body: Span::new(start, end),
                target,
                strips_tabs: pending.strips_tabs,
            });
        }
    }
}

const fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

/// The length of `( … )`, brackets and quotes inside it counted.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(b'\''), b'\'') => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => {
                bytes.next();
            }
            (Some(open), byte) if byte == open => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (_, b'(') => depth += 1,
            (_, b')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The file that a text goes to: behind `>` of its own command, or of `tee` behind a pipe.
fn target(line: &[Command], own: usize) -> Option<String> {
    let redirected = |command: &Command| {
        let at =
            command.words.iter().position(|word| matches!(word.value.as_str(), ">" | ">>" | ">|" | "1>"))?;
        Some(command.words.get(at + 1)?.value.clone())
    };
    let teed = |command: &Command| {
        let tee =
            command.words.iter().position(|word| word.value == "tee" || word.value.ends_with("/tee"))?;
        let operands = command.words[tee + 1..].iter().take_while(|word| !word.value.starts_with(['<', '>']));
        Some(operands.map(|word| &word.value).find(|word| !word.starts_with('-'))?.clone())
    };
    let commands = line.get(own..)?;
    commands.first().and_then(redirected).or_else(|| commands.iter().find_map(teed))
}

#[cfg(test)]
mod tests {
    use super::{Place, Script, script};

    fn words(script: &Script) -> Vec<Vec<&str>> {
        let words = |command: &'_ model::document::Command| command.words.len();
        assert!(script.commands.iter().all(|command| words(command) > 0));
        script
            .commands
            .iter()
            .map(|command| command.words.iter().map(|word| word.value.as_str()).collect())
            .collect()
    }

    #[test]
    fn commands_are_split_as_the_shell_does() {
        for (text, expected) in [
            ("docker run -m 1g x # y", vec![vec!["docker", "run", "-m", "1g", "x"]]),
            ("a \\\n  --b='c d' \"e $F\\\"\"", vec![vec!["a", "--b=c d", "e $F\""]]),
            (
                "a && b || c; d | e & f",
                vec![vec!["a"], vec!["b"], vec!["c"], vec!["d"], vec!["e"], vec!["f"]],
            ),
            ("echo 1 >/a 2>>b 2>&1 &>c", vec![vec!["echo", "1", ">", "/a", "2>>", "b", "2>&1", "&>", "c"]]),
            ("id=$(docker run -d x)", vec![vec!["docker", "run", "-d", "x"], vec!["id=$(docker run -d x)"]]),
            (
                "if [ -f a ]; then swapoff -a; fi",
                vec![vec!["if", "[", "-f", "a", "]"], vec!["then", "swapoff", "-a"], vec!["fi"]],
            ),
            ("x=${A:-b c} y\r\nz", vec![vec!["x=${A:-b c}", "y"], vec!["z"]]),
            ("echo $((1 + 2)) a#b", vec![vec!["echo", "$((1 + 2))", "a#b"]]),
            ("(a)", vec![vec!["a"]]),
            ("'open", vec![vec!["open"]]),
        ] {
            assert_eq!(words(&script(text, Place::FILE)), expected, "{text}");
        }
    }

    #[test]
    fn words_stand_where_they_are_written() {
        let text = "sudo docker run --memory=\"1g\" x";
        let commands = script(text, Place::FILE).commands;
        let spans: Vec<_> =
            commands[0].words.iter().map(|word| &text[word.span.start..word.span.end]).collect();
        assert_eq!(spans, ["sudo", "docker", "run", "--memory=\"1g\"", "x"]);
        let text = "a=$(b c)";
        let inner = &script(text, Place::FILE).commands[0];
        assert_eq!(&text[inner.words[1].span.start..inner.words[1].span.end], "c");
    }

    #[test]
    fn texts_for_files_are_found() {
        for (text, body, target) in [
            ("cat > /etc/docker/daemon.json <<'EOF'\n{}\nEOF\nx\n", "{}\n", Some("/etc/docker/daemon.json")),
            ("cat <<EOF | sudo tee -a /etc/x.service\n[Unit]\nEOF\nx\n", "[Unit]\n", Some("/etc/x.service")),
            ("sudo tee /etc/y <<-EOF >/dev/null\n\ta\n\tEOF\nx\n", "\ta\n", Some("/etc/y")),
            ("y\nkubectl apply -f - <<EOF\na: 1\nEOF\nx\n", "a: 1\n", None),
        ] {
            let script = script(text, Place::FILE);
            let heredoc = &script.heredocs[0];
            assert_eq!(&text[heredoc.body.start..heredoc.body.end], body);
            let found = heredoc.target.as_deref();
            assert!(found == target || found == Some("/dev/null"), "{text}: {found:?}");
            assert_eq!(script.commands.last().unwrap().words[0].value, "x", "{text}");
        }
    }
}
