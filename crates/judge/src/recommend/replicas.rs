//! Replicas of one workload get one limit: what the one that needs most needs. An average over replicas would hide a hot one.

use kernel::bytes::Bytes;
use model::recommendation::{Because, Recommendation};

/// A replica that needs so many times what the others need is hot.
const HOT_RATIO: f64 = 1.25;

/// One recommendation for all, of those of the replicas by name; `None` of none.
#[must_use]
pub fn together(mut replicas: Vec<(String, Recommendation)>) -> Option<Recommendation> {
    let total = |one: &Recommendation| one.memory.saturating_add(one.swap);
    replicas.sort_by_key(|(_, one)| std::cmp::Reverse(total(one)));
    let others = replicas.get(1..)?;
    let median = others.get(others.len() / 2).map(|(_, one)| total(one));
    let memory = replicas.iter().map(|(_, one)| one.memory).max()?;
    let request = replicas.iter().map(|(_, one)| one.request).max()?;
    let (name, mut hottest) = replicas.into_iter().next()?;
    let needs = total(&hottest);
    hottest.memory = memory;
    // The hottest total is kept; what another replica needs of it as memory is no swap.
    hottest.swap = Bytes(needs.0.saturating_sub(memory.0)).min(hottest.swap);
    hottest.request = request.min(memory);
    if let Some(others) = median.filter(|others| needs.0 as f64 > HOT_RATIO * others.0 as f64) {
        hottest.because.push(Because::HotReplica { name, needs, others });
    }
    Some(hottest)
}
