//! Which container it is, and what happens to it in one sentence.

use crate::text::Tone;
use crate::units;
use kernel::limit::Limit;
use model::outcome::ContainerOutcome;
use model::outcome::swap::SwapAllowance;
use model::reading::Reading;
use model::workload::ContainerRole;

/// A sentence and how it is meant.
pub struct Headline {
    /// The sentence.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// `shop/web`, or the kind where there is no name.
#[must_use]
pub fn names(outcome: &ContainerOutcome) -> String {
    let name = outcome.workload.as_deref().unwrap_or("without a name");
    outcome.namespace.as_ref().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

/// `Deployment shop/web`, with the role where it is not the usual one.
#[must_use]
pub fn place(outcome: &ContainerOutcome) -> String {
    let role = match outcome.role {
        ContainerRole::App => "",
        ContainerRole::Init => "init container of ",
        ContainerRole::Sidecar => "sidecar of ",
        ContainerRole::Ephemeral => "debug container of ",
    };
    format!("{role}{} {}", outcome.kind, names(outcome))
}

/// What happens to it when it needs more.
#[must_use]
pub fn headline(outcome: &ContainerOutcome) -> Headline {
    let memory = match &outcome.memory {
        Reading::Value(memory) => memory,
        Reading::Failed(why) => {
            let text = format!("Cannot be told: {why}. Render the templates, or mend the quantity.");
            return Headline { text, tone: Tone::Warning };
        }
        Reading::Absent => {
            return Headline { text: "Cannot be told.".to_owned(), tone: Tone::Warning };
        }
    };
    let end = match (memory.limit, memory.inherited_limit) {
        (Some(limit), _) => format!("Killed above {} of memory", units::bytes(limit)),
        (None, Some(limit)) => {
            format!("Killed when the pod's containers together exceed {} of memory", units::bytes(limit))
        }
        (None, None) => "No memory limit: it can take the whole node, and dies when that runs out".to_owned(),
    };
    let slowed = match outcome.files.high {
        Reading::Value(Limit::At(high)) => format!("; slowed down above {}", units::bytes(high)),
        Reading::Value(Limit::Unlimited) | Reading::Absent | Reading::Failed(_) => String::new(),
    };
    let swap =
        outcome.swap.value().map_or("; whether it may swap is not known", |swap| match swap.allowance {
            SwapAllowance::At { held, .. } if held.0 == 0 => "; no swap",
            SwapAllowance::At { .. } => "",
            SwapAllowance::Unlimited => "; swap without limit",
            SwapAllowance::TogetherAtMemoryLimit(_) => "; swap counts as memory",
            SwapAllowance::Unknown(_) => "; swap is a share of the node's",
        });
    let beside = match outcome.swap.value().map(|swap| swap.allowance) {
        Some(SwapAllowance::At { held, .. }) if held.0 > 0 => {
            format!("; {} more may be swapped out", units::bytes(held))
        }
        Some(_) | None => String::new(),
    };
    let tone =
        if memory.limit.is_some() || memory.inherited_limit.is_some() { Tone::Strong } else { Tone::Warning };
    Headline { text: format!("{end}{slowed}{swap}{beside}."), tone }
}
