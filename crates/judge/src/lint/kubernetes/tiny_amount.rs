//! Amounts that Kubernetes takes and that nobody can mean.

use crate::lint::kubernetes::memory_amounts::{AmountRole, MemoryAmount, memory_amounts};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-amount-is-tiny",
    severity: LintSeverity::Warning,
    title: "an amount of memory that is thousands of times smaller than it looks",
    why: "`m` is a thousandth: `512m` of memory is not even one byte, and a number without a unit is bytes. The API server takes \
          both. A limit below some MiB starts no container: Docker refuses limits below 6 MiB, CRI-O below 12 MiB, and with \
          containerd the kernel kills runc's own init, which is charged too.",
    bad: &[
        Example {
            file: "thousandths.yaml",
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
          memory: 100m
        limits:
          memory: 512Mi
",
        },
        Example {
            file: "no-unit.yaml",
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
          memory: 512
",
        },
        Example {
            file: "exponent.yaml",
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
          memory: 1e3
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
          memory: 1Mi
        limits:
          memory: \"1288490188800m\"
",
    }],
    check,
};

/// Docker's least limit.
const LIMIT_MIN: Bytes = Bytes::from_mib(6);

/// A request below a page is no request that somebody means.
const REQUEST_MIN: Bytes = Bytes(4096);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    findings.extend(memory_amounts(subject).iter().filter_map(finding));
}

fn finding(found: &MemoryAmount) -> Option<LintFinding> {
    let bytes = found.amount.value.bytes()?;
    let least = match found.role {
        AmountRole::Limit => LIMIT_MIN,
        AmountRole::Request | AmountRole::VolumeSize | AmountRole::Bound => REQUEST_MIN,
    };
    if bytes == Bytes::ZERO || bytes >= least {
        return None;
    }
    let text = &found.amount.value.text;
    let amount = report::amount(bytes);
    let is_fraction = found.amount.value.milli.is_some_and(|milli| milli % 1_000 != 0);
    let meaning = if is_fraction && text.ends_with('m') {
        format!("`{text}` of memory is thousandths of a byte, rounded up to {amount}")
    } else if is_fraction {
        format!("`{text}` of memory is a fraction of a byte, rounded up to {amount}")
    } else {
        format!("`{text}` of memory is {amount}")
    };
    let then = match found.role {
        AmountRole::Limit => "no container starts under such a limit",
        AmountRole::Request => "the scheduler reserves next to nothing for the container",
        AmountRole::VolumeSize => "nothing fits into the volume",
        AmountRole::Bound => "it bounds nothing that runs",
    };
    Some(report::warning(RULE.id, found.amount.span, format!("{meaning}: {then}."), help(text)))
}

fn help(text: &str) -> String {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && number != "0";
    match text.strip_prefix(number) {
        Some("m" | "") if is_whole => format!("write `{number}Mi` where MiB are meant"),
        Some(_) | None => "write the amount in `Mi` or `Gi`, such as `512Mi`".to_owned(),
    }
}
