//! Amounts of memory that Kubernetes refuses.

use crate::lint::kubernetes::memory_amounts::memory_amounts;
use crate::lint::kubernetes::object::is_placeholder;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::{Edit, Spanned};
use model::lint::{Fix, LintFinding, LintSeverity};
use model::workload::Amount;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-quantity-is-refused",
    severity: LintSeverity::Error,
    title: "an amount of memory that Kubernetes does not read",
    why: "Quantities are a number with one of `Ki Mi Gi Ti Pi Ei` (1024) or `k M G T P E` (1000), nothing else: `MB`, `mi`, `K`, \
          `50%` and a blank before the unit are refused, and so are negative amounts (resource.ParseQuantity in apimachinery, \
          ValidateResourceQuantityValue).",
    bad: &[
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256MB
",
        },
        Example {
            file: "negative.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        limits:
          memory: -1
",
        },
    ],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256e6
        limits:
          memory: 1.5Gi
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for amount in memory_amounts(subject) {
        let text = &amount.amount.value.text;
        let is_negative = amount.amount.value.milli.is_some_and(|milli| milli < 0);
        if !is_negative && (amount.amount.value.milli.is_some() || is_placeholder(text)) {
            continue;
        }
        let (message, help) = if is_negative {
            (
                format!("`{text}` is negative: Kubernetes refuses the object."),
                "write no limit at all where none is meant, or an amount such as `512Mi`".to_owned(),
            )
        } else {
            (format!("`{text}` is no quantity: Kubernetes refuses the object."), help(text))
        };
        let fix = fix(subject, &amount.amount);
        findings.push(LintFinding { fix, ..report::error(RULE.id, amount.amount.span, message, help) });
    }
}

fn help(text: &str) -> String {
    let (number, unit) = split(text);
    if number.is_empty() {
        return "write an amount such as `512Mi`, or leave the key out where no bound is meant".to_owned();
    }
    let Some(letter) = unit.chars().next().filter(|letter| "kKmMgGtT".contains(*letter)) else {
        return "write an amount such as `512Mi`: a number and `Ki`, `Mi` or `Gi`".to_owned();
    };
    let upper = letter.to_ascii_uppercase();
    let decimal = if upper == 'K' { 'k' } else { upper };
    if unit.to_ascii_lowercase().contains('i') {
        return format!("write `{number}{upper}i`");
    }
    format!("write `{number}{upper}i` (units of 1024) or `{number}{decimal}` (units of 1000)")
}

/// `512 mi` and `512MI` can only mean `512Mi`.
fn fix(subject: &Subject<'_>, amount: &Spanned<Amount>) -> Option<Fix> {
    let (number, unit) = split(&amount.value.text);
    let right = ["Ki", "Mi", "Gi", "Ti"]
        .into_iter()
        .find(|right| unit.eq_ignore_ascii_case(right) || unit.eq_ignore_ascii_case(&format!("{right}B")))?;
    let there = subject.file.text.get(amount.span.start..amount.span.end)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let text = format!("{number}{right}");
    (is_number && there.trim_matches(['"', '\'']) == amount.value.text).then(|| Fix {
        title: format!("write `{text}`"),
        edits: vec![Edit { span: amount.span, text: there.replace(&amount.value.text, &text) }],
    })
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn the_help_names_the_value_to_write() {
        assert_eq!(help("512MB"), "write `512Mi` (units of 1024) or `512M` (units of 1000)");
        assert_eq!(help("512 mi"), "write `512Mi`");
        assert_eq!(help("64K"), "write `64Ki` (units of 1024) or `64k` (units of 1000)");
        assert!(help("max").starts_with("write an amount"));
    }
}
