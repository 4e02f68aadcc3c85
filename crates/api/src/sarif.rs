//! Findings as SARIF 2.1.0 (OASIS), which code scanning reads.

use model::checked_file::CheckedFile;
use model::document::lines::Lines;
use model::document::{Span, Unread, UnreadSeverity};
use model::lint::{Fix, LintFinding, LintSeverity};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;

/// What the document says of a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleText {
    /// Its name.
    pub id: &'static str,
    /// The worst that it says.
    pub severity: LintSeverity,
    /// One line: what is wrong.
    pub title: &'static str,
    /// Why.
    pub why: &'static str,
}

/// The document. What could not be read is a notification of the run, which then was not successful.
#[must_use]
pub fn sarif(files: &[CheckedFile], rules: &[RuleText], version: &str) -> Value {
    let index: HashMap<&str, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for checked in files {
        let mut page = Page::new(checked);
        results.extend(checked.findings.iter().map(|finding| page.result(finding, &index)));
        notifications.extend(checked.unread.iter().map(|unread| page.notification(unread)));
    }
    let is_broken = |unread: &Unread| unread.severity == UnreadSeverity::Broken;
    let is_whole = !files.iter().any(|checked| checked.unread.iter().any(is_broken));
    let driver = json!({
        "name": "highwater",
        "version": version,
        "rules": rules.iter().map(rule_text).collect::<Vec<_>>(),
    });
    let run = json!({
        "tool": { "driver": driver },
        "columnKind": "unicodeCodePoints",
        "invocations": [{
            "executionSuccessful": is_whole,
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    })
}

fn rule_text(rule: &RuleText) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\nMore: highwater explain rule {}", rule.why, rule.id) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

const fn level(severity: LintSeverity) -> &'static str {
    match severity {
        LintSeverity::Error => "error",
        LintSeverity::Warning => "warning",
        LintSeverity::Info => "note",
    }
}

/// A file under conversion.
struct Page<'a> {
    uri: String,
    lines: Lines<'a>,
    /// How often a rule broke on a line of the same words: the same words twice are two alerts.
    seen: HashMap<(&'static str, &'a str), usize>,
}

/// How much of a line goes into a fingerprint.
const LINE_BYTES_MAX: usize = 4096;

impl<'a> Page<'a> {
    fn new(checked: &'a CheckedFile) -> Self {
        let lines = Lines::of(&checked.text);
        Self { uri: uri(&checked.name), lines, seen: HashMap::new() }
    }

    fn result(&mut self, finding: &LintFinding, index: &HashMap<&str, usize>) -> Value {
        let related = finding.related.iter().enumerate().map(|(number, (span, words))| {
            let mut location = self.location(*span);
            set(&mut location, "id", (number + 1).into());
            set(&mut location, "message", json!({ "text": words }));
            location
        });
        let related: Vec<Value> = related.collect();
        let mut result = json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": { "text": finding.whole_message() },
            "locations": [self.location(finding.span)],
            "partialFingerprints": { "highwaterFinding/v1": self.fingerprint(finding) },
        });
        if let Some(index) = index.get(finding.rule) {
            set(&mut result, "ruleIndex", (*index).into());
        }
        if !related.is_empty() {
            set(&mut result, "relatedLocations", related.into());
        }
        if let Some(fix) = &finding.fix {
            set(&mut result, "fixes", json!([self.fix(fix)]));
        }
        result
    }

    fn fix(&self, fix: &Fix) -> Value {
        let replacements = fix.edits.iter().map(|edit| {
            json!({
                "deletedRegion": self.region(edit.span),
                "insertedContent": { "text": edit.text },
            })
        });
        json!({
            "description": { "text": fix.title },
            "artifactChanges": [{
                "artifactLocation": { "uri": self.uri },
                "replacements": replacements.collect::<Vec<_>>(),
            }],
        })
    }

    fn notification(&self, unread: &Unread) -> Value {
        let level = match unread.severity {
            UnreadSeverity::Broken => "error",
            UnreadSeverity::NotRecognised => "note",
        };
        json!({
            "level": level,
            "message": { "text": unread.why },
            "locations": [self.location(unread.span)],
        })
    }

    fn location(&self, span: Span) -> Value {
        json!({ "physicalLocation": {
            "artifactLocation": { "uri": self.uri },
            "region": self.region(span),
        } })
    }

    fn region(&self, span: Span) -> Value {
        let (from, to) = self.lines.range(span);
        json!({
            "startLine": from.line, "startColumn": from.column,
            "endLine": to.line, "endColumn": to.column,
        })
    }

    /// The same finding keeps its fingerprint when lines above it come and go: it is made of the rule, the file, the words of
    /// the line, and which of several such lines it is.
    fn fingerprint(&mut self, finding: &LintFinding) -> String {
        let words = self.lines.line(self.lines.position(finding.span.start).line).unwrap_or("").trim();
        // A line may be as long as its file: its beginning tells it.
        let end = (0..=LINE_BYTES_MAX.min(words.len())).rev().find(|end| words.is_char_boundary(*end));
        let words = end.and_then(|end| words.get(..end)).unwrap_or(words);
        let number = self.seen.entry((finding.rule, words)).or_insert(0);
        *number += 1;
        let parts = [finding.rule, &self.uri, words, &number.to_string()];
        // FNV-1a of 64 bits, with a byte between the parts that no text has.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value);
    }
}

/// A path as a reference of RFC 3986; a relative one stays relative, so that it is the repository's.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{RuleText, sarif, uri};
    use model::checked_file::CheckedFile;
    use model::document::{Edit, Span, Unread, UnreadSeverity};
    use model::lint::{Fix, LintFinding, LintSeverity};

    use serde_json::Value;

    const RULE: RuleText =
        RuleText { id: "a-rule", severity: LintSeverity::Error, title: "Wrong", why: "It is." };

    fn checked(text: &str) -> CheckedFile {
        let findings = text.match_indices("swap").map(|(start, _)| LintFinding {
            rule: "a-rule",
            severity: LintSeverity::Info,
            span: Span::new(start, start + 4),
            message: "Refused.".to_owned(),
            related: vec![(Span::new(0, 1), "with this".to_owned())],
            help: None,
            fix: Some(Fix {
                title: "removes it".to_owned(),
                edits: vec![Edit { span: Span::new(start, start), text: "x".to_owned() }],
            }),
        });
        let unread = Unread { span: Span::new(0, 1), why: "x".to_owned(), severity: UnreadSeverity::Broken };
        CheckedFile {
            name: "./a b.yaml".to_owned(),
            text: text.to_owned(),
            unread: vec![unread],
            findings: findings.collect(),
            ..CheckedFile::default()
        }
    }

    fn fingerprints(text: &str) -> Vec<String> {
        let document = sarif(&[checked(text)], &[RULE], "1.0.0");
        let results = document["runs"][0]["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|result| result["partialFingerprints"]["highwaterFinding/v1"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_fingerprint_outlives_lines_that_come_and_go() {
        let before = fingerprints("swap: 1\nswap: 1\nswap: 2\n");
        let after = fingerprints("# new\n\n  swap: 1\nother: 2\nswap: 1\nswap: 2\n");
        assert_eq!(before, after);
        assert_eq!(before.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn what_the_standard_requires_is_there() {
        let document = sarif(&[checked("swap: 1\n")], &[RULE], "1.0.0");
        let run = &document["runs"][0];
        // SARIF 2.1.0: 3.13.2, 3.14.6, 3.19.8, 3.20.14, 3.27.5, 3.27.10, 3.30.5, 3.55.3, 3.57.3.
        assert_eq!(document["version"], "2.1.0");
        assert_eq!(run["tool"]["driver"]["name"], "highwater");
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], run["tool"]["driver"]["rules"][0]["id"]);
        assert_eq!((&result["ruleIndex"], &result["level"]), (&0.into(), &Value::from("note")));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region.to_string(), r#"{"startLine":1,"startColumn":1,"endLine":1,"endColumn":5}"#);
        let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(replacement["insertedContent"]["text"], "x");
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.yaml");
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("./k8s/ä.yaml"), "k8s/%C3%A4.yaml");
        assert_eq!(uri("/etc/a:b.yaml"), "file:///etc/a%3Ab.yaml");
    }
}
