//! Where the kernel begins to reclaim, so that it swaps before the kubelet evicts.
//!
//! Written in the kernel's mm/page_alloc.c, `__setup_per_zone_wmarks`: kswapd wakes at low = min + gap and sleeps at high = min + 2 gap,
//! gap = max(min / 4, managed * watermark_scale_factor / 10000), in each zone. The race with the kubelet is kubernetes issue 120800.

use crate::node::draft::Draft;
use crate::node::kubelet_config::{self, KubeletConfig};
use crate::node::look::Look;
use crate::node::sysctl::{KEPT_IN, proc_path, setting};
use kernel::bytes::Bytes;
use kernel::zoneinfo::Zone;
use model::node_swap::{NodeSwap, ReclaimStart};

const FACTOR: &str = "vm.watermark_scale_factor";

/// `evictionHard["memory.available"]` where nobody says otherwise.
const EVICTION_DEFAULT: Bytes = Bytes::from_mib(100);

/// The line lies so much above the eviction line, in percent of it: kswapd needs time, and the kubelet looks every ten seconds.
const HEADROOM_PERCENT: u64 = 25;

/// What kswapd may keep free, in percent of the memory: more of it is memory that nobody uses.
const KEPT_FREE_PERCENT_MAX: u64 = 15;

/// A setting that is wanted.
pub struct Wanted {
    pub name: &'static str,
    pub value: u64,
}

/// The setting that is wanted, if any.
pub fn wanted(look: &Look<'_>, wanted: &NodeSwap, draft: &mut Draft) -> Option<Wanted> {
    match wanted.tuning.reclaim {
        ReclaimStart::Left => None,
        ReclaimStart::MinFree(bytes) => {
            refuse_too_much(look, bytes, "vm.min_free_kbytes", draft);
            Some(Wanted { name: "vm.min_free_kbytes", value: bytes.0 >> 10 })
        }
        ReclaimStart::WatermarkScaleFactor(value) => Some(Wanted { name: FACTOR, value }),
        ReclaimStart::AboveEviction => above_eviction(look, wanted, draft),
    }
}

fn refuse_too_much(look: &Look<'_>, bytes: Bytes, name: &str, draft: &mut Draft) {
    let Some(memory) = look.memory() else { return };
    let max = memory.0 / 100 * KEPT_FREE_PERCENT_MAX;
    if bytes.0 > max {
        draft.refuse(
            format!(
                "{name}: {} MiB are more than {KEPT_FREE_PERCENT_MAX} % of the memory of {} MiB, and nobody could use them",
                bytes.0 >> 20,
                memory.0 >> 20
            ),
            format!("take at most {}Mi", max >> 20),
        );
    }
}

fn above_eviction(look: &Look<'_>, wanted: &NodeSwap, draft: &mut Draft) -> Option<Wanted> {
    let Some(kubelet) = look.node().kubelet.value() else {
        draft.remark(
            "there is no kubelet here that evicts: where the kernel begins to reclaim is left as it is",
        );
        return None;
    };
    let (Some(zones), Some(memory)) = (look.node().zones.value(), look.memory()) else {
        draft.refuse(
            "where the kernel begins to reclaim cannot be computed: the zones of memory or its size are not known",
            "run this where /proc/zoneinfo and /proc/meminfo can be read, or name a value",
        );
        return None;
    };
    let config = KubeletConfig::read(look, kubelet);
    let hard = wanted.kubelet.as_ref().and_then(|kubelet| kubelet.eviction);
    let hard = hard.or_else(|| kubelet_config::threshold(&config.eviction_hard("memory.available")?, memory));
    let soft =
        config.eviction_soft("memory.available").and_then(|soft| kubelet_config::threshold(&soft, memory));
    let eviction = hard.unwrap_or(EVICTION_DEFAULT).max(soft.unwrap_or_default());
    let factor = match factor_above(zones, look.node().page, eviction, memory) {
        Ok(factor) => factor,
        Err(high) => {
            draft.refuse(
                format!(
                    "the kubelet evicts below {} MiB: to swap before that, the kernel would keep {} of {} MiB free",
                    eviction.0 >> 20,
                    high.0 >> 20,
                    memory.0 >> 20
                ),
                "lower the eviction threshold, such as `--eviction 100Mi`, or leave --reclaim out",
            );
            return None;
        }
    };
    let now = look.text(&proc_path(FACTOR)).value().and_then(|text| text.trim().parse::<u64>().ok());
    if now.is_none_or(|now| now < factor) {
        return Some(Wanted { name: FACTOR, value: factor });
    }
    // High enough already: what our own file says stays said, also after a reboot.
    let kept = look.text(KEPT_IN).value().and_then(|text| setting(text, FACTOR)?.1.parse::<u64>().ok());
    kept.filter(|kept| *kept >= factor).map(|value| Wanted { name: FACTOR, value })
}

/// The least factor with which kswapd wakes above the eviction line; otherwise what it would keep free for that.
fn factor_above(zones: &[Zone], page: Bytes, eviction: Bytes, memory: Bytes) -> Result<u64, Bytes> {
    let target = eviction.0.saturating_add(eviction.0 / 100 * HEADROOM_PERCENT);
    let kept_free_max = memory.0 / 100 * KEPT_FREE_PERCENT_MAX;
    let in_bytes = |pages: u64| Bytes(pages.saturating_mul(page.0));
    let mut factor = 1;
    while in_bytes(watermark(zones, factor, 1)).0 < target {
        factor += 1;
        let high = in_bytes(watermark(zones, factor, 2));
        if factor > 3000 || high.0 > kept_free_max {
            return Err(high);
        }
    }
    Ok(factor)
}

/// The sum of min and so many gaps over all zones that hold memory, in pages.
fn watermark(zones: &[Zone], factor: u64, gaps: u64) -> u64 {
    let used = zones.iter().filter(|zone| zone.managed.unwrap_or(zone.present) > 0);
    used.map(|zone| {
        let managed = u128::from(zone.managed.unwrap_or(zone.present));
        let scaled = u64::try_from(managed * u128::from(factor) / 10_000).unwrap_or(u64::MAX);
        zone.min.saturating_add((zone.min / 4).max(scaled).saturating_mul(gaps))
    })
    .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::{factor_above, watermark};
    use kernel::bytes::Bytes;
    use kernel::zoneinfo::{parse, reclaim_line};

    const PAGE: Bytes = Bytes(4096);

    /// Recorded: kernel 6.12 with `watermark_scale_factor` 10.
    const RECORDED: &str = include_str!("../../../kernel/tests/data/debian12-6.12-v2/proc/zoneinfo");

    #[test]
    fn the_formula_gives_what_the_kernel_printed() {
        let zones = parse(RECORDED).unwrap();
        let line = reclaim_line(&zones);
        assert!(line.low > 0);
        assert_eq!((watermark(&zones, 10, 1), watermark(&zones, 10, 2)), (line.low, line.high));
    }

    #[test]
    fn the_factor_is_the_least_that_reaches_the_line() {
        let zones = parse(RECORDED).unwrap();
        let managed: u64 = zones.iter().filter_map(|zone| zone.managed).sum();
        let memory = Bytes(managed * PAGE.0);
        let eviction = Bytes(memory.0 / 40);
        let factor = factor_above(&zones, PAGE, eviction, memory).unwrap();
        let target = eviction.0 + eviction.0 / 100 * 25;
        assert!(watermark(&zones, factor, 1) * PAGE.0 >= target);
        assert!(watermark(&zones, factor - 1, 1) * PAGE.0 < target);
    }

    #[test]
    fn a_line_that_keeps_too_much_free_is_refused() {
        let zones = parse(RECORDED).unwrap();
        let managed: u64 = zones.iter().filter_map(|zone| zone.managed).sum();
        let memory = Bytes(managed * PAGE.0);
        assert!(factor_above(&zones, PAGE, Bytes(memory.0 / 8), memory).is_err());
    }
}
