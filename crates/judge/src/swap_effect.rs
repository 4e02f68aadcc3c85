//! Whether swap helps or hurts: pages that come back × time spent waiting, never the amount swapped.

use kernel::bytes::Bytes;
use model::assessment::SwapEffect;
use model::cgroup::Cgroup;
use model::reading::Reading;

/// Tasks that wait for memory a twentieth of the time feel it. (systemd-oomd acts at 0.6, Meta's senpai aims at 0.001.)
pub const STALLED_RATIO_HARMFUL: f64 = 0.05;

/// Fewer pages than this coming back per second is noise: a page costs about 100 µs from a disk.
const REFAULTS_PER_SECOND_BUSY: f64 = 10.0;

/// The verdict for one cgroup. It rests on what moved between two snapshots: whether pages come back *now* cannot be told
/// from one, unless none ever did.
#[must_use]
pub fn swap_effect(cgroup: &Cgroup) -> SwapEffect {
    match cgroup.swap_usage() {
        Reading::Value(Bytes::ZERO) => return SwapEffect::Unused,
        Reading::Value(_) => {}
        Reading::Absent | Reading::Failed(_) => return SwapEffect::Unknown,
    }
    let Some(refaults) = cgroup.rates.as_ref().and_then(|rates| rates.refault_anon.get()) else {
        let ever = cgroup.stat.value().and_then(|stat| stat.get("workingset_refault_anon"));
        return if ever == Some(0) { SwapEffect::Quiet } else { SwapEffect::Unknown };
    };
    let is_stalled = stalled_ratio(cgroup).get().is_some_and(|ratio| ratio >= STALLED_RATIO_HARMFUL);
    match (refaults >= REFAULTS_PER_SECOND_BUSY, is_stalled) {
        (false, _) => SwapEffect::Quiet,
        (true, true) => SwapEffect::Harmful,
        (true, false) => SwapEffect::Busy,
    }
}

/// The share of time in which every task waited: between two snapshots, else the kernel's ten-second average.
#[must_use]
pub fn stalled_ratio(cgroup: &Cgroup) -> Reading<f64> {
    if let Some(ratio) = cgroup.rates.as_ref().and_then(|rates| rates.stalled_full.get()) {
        return Reading::Value(ratio);
    }
    cgroup.pressure.as_ref().and_then(|pressure| pressure.full.as_ref().map(|full| full.avg10.ratio()).into())
}
