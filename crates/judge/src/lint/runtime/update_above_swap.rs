//! An update of the memory limit above the stored limit of memory and swap.

use crate::lint::report;
use crate::lint::runtime::order::{Action, Client, Order, orders};
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "update-above-memory-swap",
    severity: LintSeverity::Error,
    title: "the new memory limit is above the stored limit of memory and swap",
    why: "`docker run -m X` stores twice X as the limit of memory and swap together. `docker update -m` beyond the stored value, without \
          `--memory-swap`, is refused: \"Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the \
          same time\" (moby container/container_unix.go).",
    bad: &[Example {
        file: "start.sh",
        text: "#!/bin/sh\ndocker run -d --name web -m 512m nginx\ndocker update -m 2g web\n",
    }],
    good: &[Example {
        file: "start.sh",
        text: "#!/bin/sh\ndocker run -d --name web -m 512m nginx\ndocker update -m 2g --memory-swap 2g web\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let orders = orders(subject);
    // The last order of each container before this one.
    let mut last: BTreeMap<(usize, &str), &Order> = BTreeMap::new();
    for update in &orders {
        let names = || update.names.iter().map(|name| (update.document, name.as_str()));
        let earlier = names().filter_map(|name| last.get(&name).copied()).max_by_key(|order| order.span);
        last.extend(names().map(|name| (name, update)));
        if update.action != Action::Update
            || update.memory_and_swap.is_some()
            || update.client != Client::Docker
        {
            continue;
        }
        let Some(memory) = &update.memory else { continue };
        let Some(new) = memory.size.above_zero() else { continue };
        let Some((create, stored)) = earlier.and_then(|order| Some((order, stored(order)?))) else {
            continue;
        };
        if new <= stored {
            continue;
        }
        let message = format!(
            "`{}` is above the stored limit of memory and swap together, {}. Docker refuses the update.",
            memory.text(),
            report::amount(stored)
        );
        let help = format!("write `--memory-swap` beside it, such as {0} for no swap", memory.value.value);
        let at = report::beside(memory.span, (create.span, "stores the limit"));
        findings.push(report::error(RULE.id, at, message, help));
    }
}

/// What Docker keeps for a container: twice the memory limit unless something else is said.
fn stored(order: &Order) -> Option<Bytes> {
    match (&order.memory_and_swap, &order.memory, order.action) {
        (Some(both), _, _) => both.size.above_zero(),
        (None, Some(memory), Action::Create) => Some(Bytes(memory.size.above_zero()?.0.checked_mul(2)?)),
        (None, Some(_), Action::Update) | (None, None, _) => None,
    }
}
