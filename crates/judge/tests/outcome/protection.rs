//! What of `memory.min` and `memory.low` holds.

use judge::protection::{Recursion, effective};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::outcome::protection::{ProtectedCgroup, ProtectionOutcome, ProtectionRule};
use proptest::prelude::{prop_assert, proptest};

const PAGE: Bytes = Bytes(4096);
const MIB: u64 = 1 << 20;

fn cgroup(name: &str, usage: u64, low: u64, children: Vec<ProtectedCgroup>) -> ProtectedCgroup {
    ProtectedCgroup {
        name: name.to_owned(),
        usage: Bytes(usage * MIB),
        min: Limit::At(Bytes::ZERO),
        low: Limit::At(Bytes(low * MIB)),
        children,
    }
}

fn lows(outcome: &ProtectionOutcome) -> Vec<u64> {
    outcome.children.iter().map(|child| child.low.effective.0 / MIB).collect()
}

/// B29: 4 GiB; 3, 2 and 1 GiB claimed; 2, 1 and half a GiB used. What is claimed and not used protects nobody else.
#[test]
fn claims_that_fit_hold_as_far_as_they_are_used() {
    let children = vec![
        cgroup("a", 2048, 3072, vec![]),
        cgroup("b", 1024, 2048, vec![]),
        cgroup("c", 512, 1024, vec![]),
    ];
    let outcome = effective(&cgroup("parent", 3584, 4096, children), Recursion::Off, PAGE);
    assert_eq!(lows(&outcome), [2048, 1024, 512]);
}

#[test]
fn claims_that_do_not_fit_are_cut_in_proportion() {
    let children = vec![
        cgroup("a", 3072, 3072, vec![]),
        cgroup("b", 2048, 2048, vec![]),
        cgroup("c", 1024, 1024, vec![]),
    ];
    let outcome = effective(&cgroup("parent", 6144, 4096, children), Recursion::Off, PAGE);
    assert_eq!(lows(&outcome), [2048, 1365, 682]);
    assert!(matches!(outcome.children[0].low.rule, ProtectionRule::Overcommitted { .. }));
}

#[test]
fn what_nobody_claims_is_shared_by_unprotected_usage() {
    // 1000 for the parent, 200 claimed: 800 go by unprotected usage 400 : 400 of 800.
    let children = vec![cgroup("a", 600, 200, vec![]), cgroup("b", 400, 0, vec![])];
    let tree = cgroup("parent", 1000, 1000, children);
    assert_eq!(lows(&effective(&tree, Recursion::Shared, PAGE)), [600, 400]);
    assert_eq!(lows(&effective(&tree, Recursion::Off, PAGE)), [200, 0]);
}

#[test]
fn a_parent_without_protection_leaves_none_below_it() {
    let inner = cgroup("inner", 100, 100, vec![cgroup("leaf", 100, 100, vec![])]);
    let outcome = effective(&cgroup("parent", 100, 0, vec![inner]), Recursion::Shared, PAGE);
    assert_eq!(lows(&outcome), [0]);
    assert_eq!(lows(&outcome.children[0]), [0]);
}

#[test]
fn the_first_level_holds_as_written_and_an_unused_one_is_skipped() {
    let outcome = effective(&cgroup("top", 10, 500, vec![]), Recursion::Shared, PAGE);
    assert_eq!((outcome.low.effective, outcome.low.rule), (Bytes(500 * MIB), ProtectionRule::FirstLevel));
    let unused = effective(&cgroup("top", 0, 500, vec![]), Recursion::Shared, PAGE);
    assert_eq!((unused.low.effective, unused.low.rule), (Bytes::ZERO, ProtectionRule::Unused));
}

#[test]
fn protection_of_any_depth_is_followed() {
    let mut tree = cgroup("leaf", 100, 100, vec![]);
    for level in 0..100 {
        tree = cgroup(&level.to_string(), 100, 100, vec![tree]);
    }
    let mut outcome = &effective(&tree, Recursion::Shared, PAGE);
    while let Some(child) = outcome.children.first() {
        assert_eq!(child.low.effective, Bytes(100 * MIB));
        outcome = child;
    }
}

proptest! {
    /// Children together are never protected beyond their parent. Alone none is protected beyond its use; with shares it can be: the
    /// kernel deals out all that the parent has.
    #[test]
    fn children_share_no_more_than_the_parent_has(
        parent in 0_u64..5000,
        children in proptest::collection::vec((0_u64..2000, 0_u64..2000), 1..8),
        shared in proptest::bool::ANY,
    ) {
        let usage: u64 = children.iter().map(|child| child.0).sum();
        let below = children.iter().map(|(usage, low)| cgroup("child", *usage, *low, vec![])).collect();
        let recursion = if shared { Recursion::Shared } else { Recursion::Off };
        let outcome = effective(&cgroup("parent", usage, parent, below), recursion, PAGE);
        let sum: u64 = outcome.children.iter().map(|child| child.low.effective.0).sum();
        prop_assert!(sum <= outcome.low.effective.0);
        for child in &outcome.children {
            prop_assert!(shared || child.low.effective <= child.usage);
        }
    }
}
