//! How much of `memory.min` and `memory.low` holds in a tree of cgroups.
//!
//! Written in the kernel's mm/page_counter.c (`effective_protection`, `page_counter_calculate_protection`; before Linux 6.11 in
//! mm/memcontrol.c) and in Documentation/admin-guide/cgroup-v2.rst. The kernel counts pages; so does this.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::outcome::protection::{
    EffectiveProtection, ProtectedCgroup, ProtectionOutcome, ProtectionRule, SharedPart,
};

/// Whether siblings share what none of them claims: the mount option `memory_recursiveprot`, which systemd sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recursion {
    /// They share.
    Shared,
    /// Only what is written protects.
    Off,
}

/// What holds for each cgroup when memory is reclaimed above `top`: its own values hold as they are written.
#[must_use]
pub fn effective(top: &ProtectedCgroup, recursion: Recursion, page: Bytes) -> ProtectionOutcome {
    let first = |setting: Limit| match pages(top.usage, page) {
        0 => EffectiveProtection { setting, effective: Bytes::ZERO, rule: ProtectionRule::Unused },
        _ => {
            let effective = bytes(setting_pages(setting, page), page);
            EffectiveProtection { setting, effective, rule: ProtectionRule::FirstLevel }
        }
    };
    let (min, low) = (first(top.min), first(top.low));
    outcome(top, min, low, recursion, page)
}

fn outcome(
    cgroup: &ProtectedCgroup,
    min: EffectiveProtection,
    low: EffectiveProtection,
    recursion: Recursion,
    page: Bytes,
) -> ProtectionOutcome {
    let children = cgroup
        .children
        .iter()
        .map(|child| {
            let level = |parent: EffectiveProtection, setting_of: fn(&ProtectedCgroup) -> Limit| {
                let claimed = |cgroup: &ProtectedCgroup| claim(cgroup, setting_of(cgroup), page);
                let siblings = cgroup.children.iter().map(claimed).fold(0, u64::saturating_add);
                let level = Level {
                    parent: pages(parent.effective, page),
                    parent_usage: pages(cgroup.usage, page),
                    siblings,
                };
                below(child, setting_of(child), level, recursion, page)
            };
            let min = level(min, |cgroup| cgroup.min);
            let low = level(low, |cgroup| cgroup.low);
            outcome(child, min, low, recursion, page)
        })
        .collect();
    ProtectionOutcome { name: cgroup.name.clone(), usage: cgroup.usage, min, low, children }
}

/// What a cgroup's siblings and its parent put into the arithmetic, in pages.
#[derive(Clone, Copy)]
struct Level {
    parent: u64,
    parent_usage: u64,
    siblings: u64,
}

/// `effective_protection`, for one cgroup below the first level.
fn below(
    cgroup: &ProtectedCgroup,
    setting: Limit,
    level: Level,
    recursion: Recursion,
    page: Bytes,
) -> EffectiveProtection {
    let usage = pages(cgroup.usage, page);
    if usage == 0 {
        return EffectiveProtection { setting, effective: Bytes::ZERO, rule: ProtectionRule::Unused };
    }
    let Level { parent, parent_usage, siblings } = level;
    let own = claim(cgroup, setting, page);
    let in_bytes = |pages| bytes(pages, page);
    if siblings > parent {
        let effective = part_of(own, parent, siblings);
        let rule = ProtectionRule::Overcommitted {
            own: in_bytes(own),
            siblings: in_bytes(siblings),
            parent: in_bytes(parent),
        };
        return EffectiveProtection { setting, effective: in_bytes(effective), rule };
    }
    let is_shared =
        recursion == Recursion::Shared && parent > siblings && parent_usage > siblings && usage > own;
    let (unclaimed, unprotected) = (parent.saturating_sub(siblings), usage.saturating_sub(own));
    let part = part_of(unclaimed, unprotected, parent_usage.saturating_sub(siblings));
    let shared = is_shared.then(|| SharedPart {
        unclaimed: in_bytes(unclaimed),
        unprotected: in_bytes(unprotected),
        unprotected_of_all: in_bytes(parent_usage.saturating_sub(siblings)),
        part: in_bytes(part),
    });
    let rule = ProtectionRule::Fits {
        own: in_bytes(own),
        siblings: in_bytes(siblings),
        parent: in_bytes(parent),
        shared,
    };
    let effective = if is_shared { own.saturating_add(part) } else { own };
    EffectiveProtection { setting, effective: in_bytes(effective), rule }
}

/// What a cgroup claims and uses: the lesser of both.
fn claim(cgroup: &ProtectedCgroup, setting: Limit, page: Bytes) -> u64 {
    pages(cgroup.usage, page).min(setting_pages(setting, page))
}

/// `amount * numerator / denominator`, in integers, as the kernel divides.
fn part_of(amount: u64, numerator: u64, denominator: u64) -> u64 {
    let product = u128::from(amount) * u128::from(numerator);
    product.checked_div(u128::from(denominator)).map_or(0, |part| u64::try_from(part).unwrap_or(u64::MAX))
}

fn setting_pages(setting: Limit, page: Bytes) -> u64 {
    match setting {
        Limit::At(bytes) => pages(bytes, page),
        Limit::Unlimited => pages(Bytes(u64::MAX), page),
    }
}

fn pages(bytes: Bytes, page: Bytes) -> u64 {
    bytes.0.checked_div(page.0).unwrap_or(0)
}

fn bytes(pages: u64, page: Bytes) -> Bytes {
    Bytes(pages.saturating_mul(page.0))
}
