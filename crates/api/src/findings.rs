//! `highwater/findings/v1`: what `lint` found.

use crate::object::Object;
use model::checked_file::CheckedFile;
use model::document::lines::Lines;
use model::document::{Span, Unread, UnreadSeverity};
use model::lint::{Fix, LintFinding, LintSeverity};
use serde_json::{Map, Value};

/// The document of `lint`. `target` is what the files were checked against.
#[must_use]
pub fn findings(files: &[CheckedFile], target: Value) -> Value {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for checked in files {
        let lines = Lines::of(&checked.text);
        let name = checked.name.as_str();
        found.extend(checked.findings.iter().map(|one| finding(name, &lines, one)));
        unread.extend(checked.unread.iter().map(|one| not_read(name, &lines, one)));
    }
    let documents: usize = files.iter().map(|checked| checked.documents).sum();
    let ignored: usize = files.iter().map(|checked| checked.ignored).sum();
    Object::new()
        .known("schema", "highwater/findings/v1")
        .known("findings", found)
        .known("unread", unread)
        .known("files", files.len())
        .known("documents", documents)
        .known("ignored", ignored)
        .known("target", target)
        .finish()
}

fn finding(name: &str, lines: &Lines<'_>, finding: &LintFinding) -> Value {
    let severity = match finding.severity {
        LintSeverity::Error => "error",
        LintSeverity::Warning => "warning",
        LintSeverity::Info => "info",
    };
    let mut object = Map::new();
    object.insert("rule".to_owned(), finding.rule.into());
    object.insert("severity".to_owned(), severity.into());
    object.insert("file".to_owned(), name.into());
    place(&mut object, lines, finding.span);
    object.insert("message".to_owned(), finding.whole_message().into());
    object.insert("fix".to_owned(), finding.fix.as_ref().map_or(Value::Null, |one| fix(lines, one)));
    Value::Object(object)
}

fn fix(lines: &Lines<'_>, fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        let mut object = Map::new();
        place(&mut object, lines, edit.span);
        object.insert("start_byte".to_owned(), edit.span.start.into());
        object.insert("end_byte".to_owned(), edit.span.end.into());
        object.insert("text".to_owned(), edit.text.as_str().into());
        Value::Object(object)
    });
    Object::new().known("title", fix.title.as_str()).known("edits", edits.collect::<Vec<_>>()).finish()
}

fn not_read(name: &str, lines: &Lines<'_>, unread: &Unread) -> Value {
    let kind = match unread.severity {
        UnreadSeverity::Broken => "broken",
        UnreadSeverity::NotRecognised => "not_recognised",
    };
    let mut object = Map::new();
    object.insert("kind".to_owned(), kind.into());
    object.insert("file".to_owned(), name.into());
    place(&mut object, lines, unread.span);
    object.insert("message".to_owned(), unread.why.as_str().into());
    Value::Object(object)
}

fn place(object: &mut Map<String, Value>, lines: &Lines<'_>, span: Span) {
    let (from, to) = lines.range(span);
    let figures =
        [("line", from.line), ("column", from.column), ("end_line", to.line), ("end_column", to.column)];
    object.extend(figures.map(|(key, figure)| (key.to_owned(), figure.into())));
}

#[cfg(test)]
mod tests {
    use super::findings;
    use model::checked_file::CheckedFile;
    use model::document::{Edit, Span, Unread, UnreadSeverity};
    use model::lint::{Fix, LintFinding, LintSeverity};

    use serde_json::json;

    #[test]
    fn a_finding_has_the_promised_keys_in_the_promised_order() {
        let text = "limits:\n  swap: 1Gi\n";
        let finding = LintFinding {
            rule: "swap-is-not-a-resource",
            severity: LintSeverity::Error,
            span: Span::new(10, 14),
            message: "Refused.".to_owned(),
            related: Vec::new(),
            help: Some("Remove it.".to_owned()),
            fix: Some(Fix {
                title: "removes it".to_owned(),
                edits: vec![Edit { span: Span::new(8, 20), text: String::new() }],
            }),
        };
        let unread = Unread { span: Span::new(0, 6), why: "x".to_owned(), severity: UnreadSeverity::Broken };
        let file = CheckedFile {
            name: "a.yaml".to_owned(),
            text: text.to_owned(),
            unread: vec![unread],
            findings: vec![finding],
            ignored: 3,
            ..CheckedFile::default()
        };
        let found = findings(&[file], json!({}));
        let expected = concat!(
            r#"{"rule":"swap-is-not-a-resource","severity":"error","file":"a.yaml","line":2,"column":3,"#,
            r#""end_line":2,"end_column":7,"message":"Refused. Remove it.","fix":{"title":"removes it","#,
            r#""edits":[{"line":2,"column":1,"end_line":3,"end_column":1,"start_byte":8,"end_byte":20,"text":""}]}}"#,
        );
        assert_eq!(found["findings"][0].to_string(), expected);
        assert_eq!(found["schema"], "highwater/findings/v1");
        assert_eq!((&found["unread"][0]["kind"], &found["ignored"]), (&json!("broken"), &json!(3)));
    }
}
