//! Comments that silence rules: `# highwater: ignore RULE reason` for a line, `# highwater: ignore-file RULE reason` for a file.

use model::document::Span;
use std::collections::BTreeMap;

/// What such a comment begins with, behind the `#`.
const MARK: &str = "highwater: ignore";

/// What the comments of a text silence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silences {
    lines: BTreeMap<usize, Vec<&'static str>>,
    file: Vec<&'static str>,
    /// Comments that silence nothing because they name no rule, each with the word found.
    pub faults: Vec<(Span, String)>,
}

impl Silences {
    /// Whether a rule is silenced on a line, counted from one.
    #[must_use]
    pub fn covers(&self, rule: &str, line: usize) -> bool {
        let on_line = self.lines.get(&line).is_some_and(|rules| rules.contains(&rule));
        on_line || self.file.contains(&rule)
    }
}

/// Reads the comments. `known` gives a rule's own name for a word that is one.
#[must_use]
pub fn read(text: &str, known: impl Fn(&str) -> Option<&'static str>) -> Silences {
    let mut silences = Silences::default();
    if !text.contains(MARK) {
        return silences;
    }
    // Rules of comments on lines of their own wait for the next line that is none.
    let mut waiting = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        let is_comment = line.trim_start().starts_with('#');
        let mut here = Vec::new();
        if let Some((at, comment)) = comment(line) {
            let is_file = comment.starts_with("-file");
            let words = comment.trim_start_matches("-file");
            let rules = rules(words, &known);
            if rules.is_empty() {
                let found = words.split_whitespace().next().unwrap_or("").to_owned();
                silences.faults.push((Span::new(start + at, start + line.trim_end().len()), found));
            } else if is_file {
                silences.file.extend(rules);
            } else {
                here = rules;
            }
        }
        start += line.len() + 1;
        if is_comment {
            waiting.extend(here);
            continue;
        }
        here.append(&mut waiting);
        if !here.is_empty() {
            silences.lines.insert(number, here);
        }
    }
    silences
}

/// Where such a comment begins in a line, and what follows its mark.
fn comment(line: &str) -> Option<(usize, &str)> {
    line.match_indices('#').find_map(|(at, _)| {
        let is_comment = line.get(..at)?.chars().next_back().is_none_or(char::is_whitespace);
        let words = line.get(at + 1..)?.trim_start().strip_prefix(MARK)?;
        let ends = words.is_empty() || words.starts_with("-file") || words.starts_with(char::is_whitespace);
        (is_comment && ends).then_some((at, words))
    })
}

/// The rules at the beginning of the words; the reason follows them.
fn rules(words: &str, known: impl Fn(&str) -> Option<&'static str>) -> Vec<&'static str> {
    let words = words.split([' ', '\t', ',', '\r']).filter(|word| !word.is_empty());
    words.map_while(|word| known(word.trim_end_matches(':'))).collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    fn known(word: &str) -> Option<&'static str> {
        ["one-rule", "other-rule"].into_iter().find(|rule| *rule == word)
    }

    #[test]
    fn a_comment_silences_its_own_line_or_the_next_one() {
        let text = "a: 1 # highwater: ignore one-rule because\n# highwater: ignore one-rule, other-rule\n# more\nb: 2\r\nc: 3\n";
        let silences = read(text, known);
        let silent: Vec<_> = (1..=5).map(|line| silences.covers("one-rule", line)).collect();
        assert_eq!(silent, [true, false, false, true, false]);
        assert!(silences.covers("other-rule", 4) && !silences.covers("other-rule", 1));
        assert!(silences.faults.is_empty());
    }

    #[test]
    fn a_comment_for_the_file_silences_every_line() {
        let silences = read("a: 1\n#highwater: ignore-file one-rule generated\n", known);
        assert!(silences.covers("one-rule", 1) && silences.covers("one-rule", 99));
        assert!(!silences.covers("other-rule", 1));
    }

    #[test]
    fn a_comment_that_names_no_rule_is_a_fault_with_its_place() {
        let text =
            "a: 1\nb: 2 # highwater: ignore one-rul\nc: x#highwater: ignore one-rule\n# highwater: ignored\n";
        let silences = read(text, known);
        let [(span, found)] = silences.faults.as_slice() else { panic!("{silences:?}") };
        assert_eq!(&text[span.start..span.end], "# highwater: ignore one-rul");
        assert_eq!(found, "one-rul");
        assert!(!silences.covers("one-rule", 3));
    }
}
