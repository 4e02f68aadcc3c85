//! Boundaries of user data in several parts.

use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Content;
use model::document::kind::DocumentKind;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "mime-boundary",
    severity: LintSeverity::Error,
    title: "user data whose parts are not separated rightly",
    why: "Parts of MIME user data are separated by lines of `--` and the boundary, and the last one ends with `--` \
          behind it. Without that end Go's reader fails (\"unexpected EOF\"), which is what Karpenter and \
          nodeadm read user data with; blanks behind a boundary are read by some programs only (RFC 2046, \
          Karpenter bootstrap/mime).",
    bad: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\necho ready\n",
    }],
    good: &[Example {
        file: "user-data.txt",
        text: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/bash\necho ready\n--//--\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for document in &subject.file.documents {
        let Content::Settings(settings) = &document.content else { continue };
        if document.kind != DocumentKind::MimeUserData {
            continue;
        }
        let marks: Vec<_> = settings.iter().filter(|setting| setting.key.value == "boundary").collect();
        let Some(first) = marks.first() else { continue };
        if !marks.iter().any(|mark| mark.section == "end") {
            let line = first.value.value.trim_end();
            let message = format!(
                "The last part does not end with `{line}--`. Karpenter and nodeadm cannot read the user data, and the node does not join."
            );
            let help = format!("write `{line}--` on a line of its own behind the last part");
            findings.push(report::error(RULE.id, first.value.span, message, help));
            continue;
        }
        for mark in marks {
            let line = mark.value.value.trim_end();
            if line != mark.value.value {
                let message = format!(
                    "Blanks stand behind the boundary `{line}`; strict readers of MIME do not see such a part."
                );
                let help = format!("write `{line}` without blanks behind it");
                let fix = report::replacement(
                    subject,
                    mark.value.span,
                    &mark.value.value,
                    line.to_owned(),
                    "remove the blanks",
                );
                findings.push(LintFinding { fix, ..report::info(RULE.id, mark.value.span, message, help) });
            }
        }
    }
}
