//! What a Compose service is limited to today, as far as its file tells.

use judge::lint::runtime::docker_size::DockerSize;
use judge::lint::runtime::order::{Given, Order};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::document::Span;
use model::history::LimitsToday;
use model::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use sources::csv_history::limits::LIMIT_MIN;

/// Something that a file says of a limit, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Where.
    pub span: Span,
    /// What.
    pub words: String,
}

/// What a file tells of a service's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceLimits {
    /// All of it.
    Known(LimitsToday),
    /// Not so much that one could go back to it, and why.
    Unknown(Said),
    /// An amount that cannot be meant.
    Unmeant(Said),
}

/// Reads the limits of a service.
#[must_use]
pub fn read(order: &Order) -> ServiceLimits {
    for given in [&order.memory, &order.memory_and_swap].into_iter().flatten() {
        let why = match given.size {
            DockerSize::Variable => "is filled in when Compose reads the file",
            DockerSize::Refused => "is no amount that Docker takes",
            DockerSize::Bytes(_) | DockerSize::MinusOne => continue,
        };
        let words = format!("`{}` {why}: what is set today is not known", given.text());
        return ServiceLimits::Unknown(Said { span: given.value.span, words });
    }
    let memory = order.memory.as_ref().and_then(|given| given.size.above_zero());
    match (&order.memory, memory) {
        (Some(given), Some(memory)) if memory < LIMIT_MIN => {
            return ServiceLimits::Unmeant(Said { span: given.value.span, words: too_small(given, memory) });
        }
        (None, _) if !order.is_whole => {
            let words = "no memory limit here, but it goes on in another file or service: what is set today is not known";
            return ServiceLimits::Unknown(Said { span: order.span, words: words.to_owned() });
        }
        (Some(_) | None, _) => {}
    }
    let request = order.reservation.as_ref().and_then(|given| given.size.above_zero());
    ServiceLimits::Known(LimitsToday { memory, request, swap: swap(order.memory_and_swap.as_ref(), memory) })
}

fn too_small(given: &Given, memory: Bytes) -> String {
    let text = given.value.value.trim();
    let hint = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("was {text}m meant?")
    } else {
        format!("Docker takes none below {} MiB", LIMIT_MIN.0 >> 20)
    };
    format!("`{}`: a memory limit of {} bytes is none: {hint}", given.text(), memory.0)
}

/// Together less memory. Unset or 0 is as much swap as memory and -1 is without limit, as Docker does it.
fn swap(together: Option<&Given>, memory: Option<Bytes>) -> Option<SwapLimit> {
    let together = match together.map(|given| given.size) {
        Some(DockerSize::MinusOne) => Limit::Unlimited,
        Some(DockerSize::Bytes(Bytes::ZERO)) | None => {
            return memory.map(|memory| SwapLimit(Limit::At(memory)));
        }
        Some(DockerSize::Bytes(together)) => Limit::At(together),
        Some(DockerSize::Variable | DockerSize::Refused) => return None,
    };
    SwapLimit::from_combined(MemoryAndSwapLimit(together), Limit::At(memory?)).ok()
}
