//! A GOMEMLIMIT that Go does not read.

use crate::lint::kubernetes::object::{containers, is_placeholder};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "gomemlimit-is-malformed",
    severity: LintSeverity::Error,
    title: "a GOMEMLIMIT that stops every Go program",
    why: "Go reads GOMEMLIMIT as `off` or as a whole number with an optional `B`, `KiB`, `MiB`, `GiB` or `TiB` (package runtime). At \
          anything else, Kubernetes' `Mi` included, the program ends at its start: \"malformed GOMEMLIMIT\".",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: example.com/api:1
      env:
        - name: GOMEMLIMIT
          value: 900Mi
      resources:
        limits:
          memory: 1Gi
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: example.com/api:1
      env:
        - name: GOMEMLIMIT
          value: 900MiB
      resources:
        limits:
          memory: 1Gi
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (_, container) in containers(subject) {
        let limits = container.spec.env.iter().filter(|(name, _)| name.value == "GOMEMLIMIT");
        for (_, value) in limits.filter(|(_, value)| !is_read(&value.value) && !is_placeholder(&value.value))
        {
            let text = &value.value;
            let message = format!(
                "Go does not read `GOMEMLIMIT={text}`: a Go program ends at its start, with \"malformed GOMEMLIMIT\"."
            );
            let help = match text
                .strip_suffix(['i', 'B', 'b'])
                .filter(|text| text.ends_with(['K', 'M', 'G', 'T']))
            {
                Some(short) => format!("write `{short}iB`"),
                None => "write a whole number with `MiB` or `GiB`, such as `900MiB`".to_owned(),
            };
            findings.push(report::error(RULE.id, value.span, message, help));
        }
    }
}

fn is_read(text: &str) -> bool {
    let number =
        ["KiB", "MiB", "GiB", "TiB", "B"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text);
    text.is_empty() || text == "off" || number.parse::<i64>().is_ok_and(|number| number >= 0)
}

#[cfg(test)]
mod tests {
    use super::is_read;

    #[test]
    fn gos_own_notation_is_read_and_kubernetes_is_not() {
        for text in ["", "off", "0", "1073741824", "100B", "900MiB", "2GiB"] {
            assert!(is_read(text), "{text}");
        }
        for text in ["900Mi", "1G", "80%", "1.5GiB", "-1", "900 MiB", "900mib"] {
            assert!(!is_read(text), "{text}");
        }
    }
}
