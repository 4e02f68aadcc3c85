//! Limits that are read as numbers and may be `max`.

use crate::lint::kubernetes::object::{containers, within};
use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "limit-may-be-max",
    severity: LintSeverity::Warning,
    title: "a limit of cgroup v2 is not always a number",
    why: "memory.max, memory.high and memory.swap.max hold the word `max` where nothing limits (kernel, cgroup-v2.rst): \
          `int()` of it raises ValueError. And the lowest limit on the way up counts, which a container does not see when \
          its cgroup namespace ends below it.",
    bad: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\npython3 -c 'print(int(open(\"/sys/fs/cgroup/memory.max\").read()) // 1048576)'\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\npython3 - <<'EOF'\nlimit = int(open('/sys/fs/cgroup/memory.max').read().strip())\nprint(limit)\nEOF\n",
        },
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  containers:
    - name: batch
      image: python:3.13
      command: [python3, -c, 'print(int(open(\"/sys/fs/cgroup/memory.max\").read()))']
",
        },
    ],
    good: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\npython3 - <<'EOF'\ntext = open('/sys/fs/cgroup/memory.max').read().strip()\nlimit = None if text == 'max' else int(text)\nprint(limit)\nEOF\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\npython3 - <<'EOF'\ntry:\n    limit = int(open('/sys/fs/cgroup/memory.max').read())\nexcept ValueError:\n    limit = None\nEOF\n",
        },
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
spec:
  containers:
    - name: batch
      image: python:3.13
      command: [python3, -c, 'print(int(open(\"/sys/fs/cgroup/memory.max\").read()))']
      resources:
        requests:
          memory: 1Gi
        limits:
          memory: 2Gi
",
        },
    ],
    check,
};

const FILES: [&str; 3] = ["memory.max", "memory.high", "memory.swap.max"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::outside_pods(subject) {
        if let Some((at, text)) = number(script.text) {
            let start = script.document.span.start + at;
            findings.push(finding(Span::new(start, start + text.len()), text));
        }
    }
    for (_, container) in containers(subject) {
        let program = container.spec.command.iter().find_map(|word| Some((word, number(&word.value)?.1)));
        let Some((word, text)) = program else { continue };
        // With a limit of its own a container always finds a number in memory.max.
        if container.limit().is_some() && text.contains("memory.max") {
            continue;
        }
        findings.push(finding(within(subject, word, text), text));
    }
}

/// `int(open("…/memory.max").read())` in a program that does not expect anything else than a number.
fn number(program: &str) -> Option<(usize, &str)> {
    if !program.contains("/sys/fs/cgroup/")
        || ["except", "'max'", "\"max\"", "isdigit", "isnumeric"].iter().any(|word| program.contains(word))
    {
        return None;
    }
    program.match_indices("int(").find_map(|(at, _)| {
        let text = program.get(at..)?;
        let line = text.lines().next()?;
        let argument = line.strip_prefix("int(")?.trim_start();
        let opens = ["open(", "Path(", "pathlib.Path("].iter().any(|open| argument.starts_with(open));
        let reads = argument.find(".read")?;
        let path = argument.get(..reads)?;
        let file = path.trim_end_matches([')', '\'', '"', '\\', ' ']);
        let is_limit =
            path.contains("/sys/fs/cgroup/") && FILES.iter().any(|name| file.ends_with(&format!("/{name}")));
        let end = at + line.find(".read").map_or(line.len(), |read| read + ".read".len());
        (opens && is_limit).then(|| program.get(at..end).map(|text| (at, text)))?
    })
}

fn finding(span: Span, text: &str) -> LintFinding {
    let file = FILES.iter().rev().find(|name| text.contains(**name)).copied().unwrap_or("memory.max");
    let message =
        format!("`{file}` holds the word `max` where nothing limits: `int()` of it fails with ValueError.");
    let help = format!("compare with `max` first: `text = open(\"/sys/fs/cgroup/{file}\").read().strip()`");
    report::warning(RULE.id, span, message, help)
}
