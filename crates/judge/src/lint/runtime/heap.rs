//! Heap sizes that a process is told, beside the limit of its container.

use crate::heap;
use crate::lint::report;
use crate::lint::runtime::order::{Given, orders};
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};
use model::outcome::heap::{HeapJudgement, HeapVerdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "heap-fills-memory-limit",
    severity: LintSeverity::Warning,
    title: "the heap alone may fill the memory limit",
    why: "A Java heap (`-Xmx`), Node.js's old space (`--max-old-space-size`, in MiB) and Go's GOMEMLIMIT are only a part of what the \
          process holds: thread stacks, code, buffers and the garbage collector come on top. When the heap may grow up to the \
          container's limit, the kernel kills the process (or swaps it) before the runtime sees that memory is short.",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  app:\n    image: app\n    mem_limit: 1g\n    environment:\n      JAVA_OPTS: -Xms256m -Xmx1g\n",
        },
        Example {
            file: "start.sh",
            text: "#!/bin/sh\ndocker run -m 512m -e NODE_OPTIONS=--max-old-space-size=1024 app\n",
        },
    ],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  app:\n    image: app\n    mem_limit: 2g\n    environment:\n      JAVA_OPTS: -Xms256m -Xmx1g\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let Some(memory) = &order.memory else { continue };
        let Some(limit) = memory.size.above_zero() else { continue };
        for word in &order.words {
            let heaps = judgements(&word.value, limit);
            findings.extend(heaps.iter().map(|heap| finding(heap, word.span, limit, memory)));
        }
    }
}

/// Heaps in one word that reach the limit. What `JAVA_OPTS`, `KAFKA_HEAP_OPTS` and their like hold goes to the command line by the
/// image's start script.
fn judgements(word: &str, limit: Bytes) -> Vec<HeapJudgement> {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut found = match word.split_once('=').filter(|(name, _)| is_name(name)) {
        Some((name, value)) => heap::judgements(&[value], &[(name, value)], Some(limit)),
        None => heap::judgements(&[word], &[], Some(limit)),
    };
    found.retain(|heap| heap.verdict == HeapVerdict::ReachesLimit);
    found
}

fn finding(heap: &HeapJudgement, span: Span, limit: Bytes, memory: &Given) -> LintFinding {
    let message = format!(
        "`{}` lets the heap grow to {}, and the container may hold {}. The process is killed or swapped before its runtime \
         sees that memory is short.",
        heap.setting.text,
        report::amount(heap.heap.unwrap_or(limit)),
        report::amount(limit)
    );
    let at = report::between((span, "the heap"), (memory.span, "the memory limit"));
    let most = report::amount(Bytes(limit.0 / 4 * 3));
    let help = format!(
        "write a heap of at most {most}, three quarters of {}, or raise the limit",
        memory.value.value
    );
    report::warning(RULE.id, at, message, help)
}
