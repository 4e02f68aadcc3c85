//! Files of the other version of cgroups.

use crate::lint::node::script::{self, Call, Script};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-file-of-other-cgroup-version",
    severity: LintSeverity::Error,
    title: "a file that this version of cgroups does not have",
    why: "cgroup v1 has memory.limit_in_bytes, memory.memsw.*, memory.failcnt, memory.swappiness, memory.oom_control \
          and cgroup.event_control; v2 has memory.max, memory.high, memory.low, memory.swap.max and \
          memory.events in their place, and tells of OOM by inotify on memory.events (kernel, \
          cgroup-v1/memory.rst and cgroup-v2.rst).",
    bad: &[
        Example {
            file: "limit.sh",
            text: "#!/bin/sh\necho 512M > /sys/fs/cgroup/memory/docker/memory.limit_in_bytes\n",
        },
        Example { file: "check.sh", text: "#!/bin/sh\ncat /sys/fs/cgroup/memory/memory.failcnt\n" },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nused() {\n  cat /sys/fs/cgroup/memory.current\n}\nfailures() {\n  cat /sys/fs/cgroup/memory.failcnt\n}\nused\nfailures\n",
        },
    ],
    good: &[
        Example { file: "limit.sh", text: "#!/bin/sh\necho 512M > /sys/fs/cgroup/docker/memory.max\n" },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nif [ -f /sys/fs/cgroup/memory/memory.failcnt ]; then cat /sys/fs/cgroup/memory/memory.failcnt; fi\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nfailures() {\n  cat /sys/fs/cgroup/memory.events 2>/dev/null || cat /sys/fs/cgroup/memory/memory.failcnt\n}\nfailures\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/bash\nif [[ -z \"$limit\" && -r /sys/fs/cgroup/memory/memory.limit_in_bytes ]]; then\n  limit=$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes)\nfi\nused=$(cat /sys/fs/cgroup/memory/memory.usage_in_bytes 2>/dev/null || echo unknown)\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nused_v1() {\n  cat /sys/fs/cgroup/memory/memory.usage_in_bytes\n}\nused_v2() {\n  cat /sys/fs/cgroup/memory.current\n}\nused_v2 || used_v1\n",
        },
    ],
    check,
};

/// A file, and what the other version has instead.
type Counterpart = (&'static str, &'static str);

/// Files of v1 that v2 does not have, and what is there instead.
const V1: &[Counterpart] = &[
    ("memory.limit_in_bytes", "memory.max"),
    ("memory.soft_limit_in_bytes", "memory.low"),
    ("memory.memsw.limit_in_bytes", "memory.swap.max, which is swap alone"),
    ("memory.usage_in_bytes", "memory.current"),
    ("memory.memsw.usage_in_bytes", "memory.current and memory.swap.current"),
    ("memory.max_usage_in_bytes", "memory.peak"),
    ("memory.failcnt", "`max` in memory.events"),
    ("memory.swappiness", "nothing: vm.swappiness is the machine's"),
    ("memory.oom_control", "memory.events"),
    ("memory.pressure_level", "memory.pressure"),
    ("cgroup.event_control", "inotify on memory.events"),
];

/// Files of v2 that v1 does not have.
const V2: &[Counterpart] = &[
    ("memory.swap.max", "memory.memsw.limit_in_bytes, which is memory and swap together"),
    ("memory.swap.current", "memory.memsw.usage_in_bytes minus memory.usage_in_bytes"),
    ("memory.max", "memory.limit_in_bytes"),
    ("memory.high", "nothing"),
    ("memory.low", "memory.soft_limit_in_bytes"),
    ("memory.min", "nothing"),
    ("memory.current", "memory.usage_in_bytes"),
    ("memory.events", "memory.oom_control"),
    ("cgroup.subtree_control", "nothing: controllers are mounted"),
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let (wrong, right, version) = match subject.target.cgroup {
        CgroupVersion::V2 => (V1, V2, "v2"),
        CgroupVersion::V1 => (V2, V1, "v1"),
    };
    for script in script::outside_pods(subject) {
        // Searched only where something is wrong: a file may hold thousands of scripts.
        let mut tested = None;
        let mut parts = None;
        let mut knows = |span: Span| parts.get_or_insert_with(|| Parts::of(&script, right)).knows(span);
        let mut written = None;
        for call in script.calls() {
            for word in call.command.words.iter().filter(|word| word.value.starts_with("/sys/fs/cgroup")) {
                let base = word.value.rsplit('/').next().unwrap_or("");
                let Some((name, instead)) = wrong.iter().find(|(name, _)| *name == base) else { continue };
                let tested = tested.get_or_insert_with(|| tested_names(&script, wrong));
                if tested.contains(name) || knows(word.span) || has_way_out(&script, &call) {
                    continue;
                }
                let message = format!("cgroup {version} has no `{name}`: this command fails.");
                let help = format!("cgroup {version} has {instead}");
                let written = written.get_or_insert_with(|| {
                    script.writes().map(|write| write.path.span).collect::<BTreeSet<_>>()
                });
                let make = if written.contains(&word.span) { report::error } else { report::warning };
                findings.push(make(RULE.id, word.span, message, help));
            }
        }
    }
}

/// Whether something else follows where the command fails: `cat FILE 2>/dev/null || echo unknown`.
fn has_way_out(script: &Script<'_>, call: &Call<'_>) -> bool {
    let after = script.file.get(call.command.span.end..).unwrap_or("");
    after.trim_start().starts_with("||")
}

/// The files for which a script looks first.
fn tested_names(script: &Script<'_>, wrong: &[Counterpart]) -> BTreeSet<&'static str> {
    // Behind `&&` in `[[ … ]]` a test begins with its operator.
    let is_test =
        |call: &Call<'_>| matches!(call.program, "[" | "[[" | "test") || call.program.starts_with('-');
    let tests = script.calls().filter(is_test);
    let words = tests.flat_map(|call| call.words);
    words
        .flat_map(|word| wrong.iter().filter(|(name, _)| word.value.contains(name)).map(|(name, _)| *name))
        .collect()
}

/// What a script knows of the other version: each function for itself, and what stands outside of functions together.
struct Parts {
    /// It asks which version the machine has, or says so in the names of its functions.
    asks: bool,
    /// Outside of functions.
    outside: bool,
    /// The functions, in the order of the text.
    functions: Vec<(Span, bool)>,
}

impl Parts {
    fn of(script: &Script<'_>, right: &[Counterpart]) -> Self {
        let knows = |text: &str| right.iter().any(|(name, _)| text.contains(name));
        let mut functions = Vec::new();
        let mut outside = false;
        let mut at = 0;
        for body in functions_of(script.text) {
            outside |= script.text.get(at..body.start).is_some_and(knows);
            at = body.end;
            let known = script.text.get(body.start..body.end).is_some_and(knows);
            let start = script.document.span.start;
            functions.push((Span::new(start + body.start, start + body.end), known));
        }
        outside |= script.text.get(at..).is_some_and(knows);
        let asks = ["cgroup2", "cgroup.controllers", "cgroupv", "cgroup_v", "cgroup-v", "_v1", "v1_"]
            .iter()
            .any(|word| script.text.contains(word));
        Self { asks, outside, functions }
    }

    fn knows(&self, span: Span) -> bool {
        let after = self.functions.partition_point(|(body, _)| body.start <= span.start);
        let function = after.checked_sub(1).and_then(|at| self.functions.get(at));
        let known = function.filter(|(body, _)| span.end <= body.end).map(|(_, known)| *known);
        self.asks || known.unwrap_or(self.outside)
    }
}

/// The bodies of functions as people lay them out: `name() {` at the end of a line, and `}` on a line of its own, as far in.
fn functions_of(text: &str) -> Vec<Span> {
    let mut functions = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let inner = line.trim();
        let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or("");
        match open {
            None if inner.ends_with('{') && (inner.contains("()") || inner.starts_with("function ")) => {
                open = Some((at, indent));
            }
            Some((start, own)) if inner.starts_with('}') && indent == own => {
                functions.push(Span::new(start, at + line.len()));
                open = None;
            }
            None | Some(_) => {}
        }
        at += line.len();
    }
    functions
}
