//! A reservation above the memory limit.

use crate::lint::report;
use crate::lint::runtime::order::orders;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "reservation-above-memory-limit",
    severity: LintSeverity::Error,
    title: "the reservation is above the memory limit",
    why: "A reservation is the part of the limit that the kernel protects. One above the limit is refused: \"Minimum memory limit can \
          not be less than memory reservation limit, see usage\" (moby daemon/daemon_unix.go).",
    bad: &[
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx\n    mem_limit: 256m\n    mem_reservation: 512m\n",
        },
        Example {
            file: "start.sh",
            text: "#!/bin/sh\ndocker run --memory-reservation 1g --memory 512m nginx\n",
        },
    ],
    good: &[Example {
        file: "compose.yaml",
        text: "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    mem_reservation: 256m\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for order in orders(subject) {
        let (Some(memory), Some(reservation)) = (&order.memory, &order.reservation) else { continue };
        let (Some(limit), Some(reserved)) = (memory.size.above_zero(), reservation.size.above_zero()) else {
            continue;
        };
        if reserved <= limit {
            continue;
        }
        let message = format!(
            "`{}` is above the memory limit of {}. {} refuses to create the container.",
            reservation.text(),
            memory.value.value,
            order.program()
        );
        let at = report::between((memory.span, "the memory limit"), (reservation.span, "the reservation"));
        let help = format!("write a reservation of at most {}", memory.value.value);
        findings.push(report::error(RULE.id, at, message, help));
    }
}
