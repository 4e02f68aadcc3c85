//! The kernel's watermarks against the kubelet's eviction line.

use judge::eviction::{EVICTION_DEFAULT, line};
use kernel::bytes::Bytes;
use kernel::zoneinfo::Zone;
use model::outcome::eviction::FirstToAct;
use proptest::prelude::{prop_assert_eq, proptest};

const PAGE: Bytes = Bytes(4096);

/// A node with one zone whose watermarks are these, in MiB.
fn zone(low: u64, high: u64) -> Zone {
    let pages = |mib: u64| (mib << 20) / PAGE.0;
    Zone {
        node: 0,
        name: "Normal".to_owned(),
        free: pages(900),
        min: pages(low) * 4 / 5,
        low: pages(low),
        high: pages(high),
        present: pages(16_000),
        managed: Some(pages(15_900)),
    }
}

/// xpivarc's measurement in kubernetes issue 120800: a 16 GB machine with the default threshold does not evict, 1500M does, and with
/// `min_free_kbytes` of 500 to 1000 MB it does not.
#[test]
fn who_acts_first() {
    for (low, high, eviction, first) in [
        (125, 150, EVICTION_DEFAULT.0 >> 20, FirstToAct::Kernel),
        (80, 96, 100, FirstToAct::Kubelet),
        (80, 120, 100, FirstToAct::Race),
        (80, 96, 1500, FirstToAct::Kubelet),
        (1600, 1900, 1500, FirstToAct::Kernel),
        (100, 120, 100, FirstToAct::Race),
    ] {
        let found = line(&[zone(low, high)], PAGE, Bytes::from_mib(eviction));
        assert_eq!(found.first, first, "{low} {high} {eviction}");
    }
}

#[test]
fn the_zones_of_all_nodes_count() {
    let found = line(&[zone(60, 70), zone(60, 70)], PAGE, EVICTION_DEFAULT);
    assert_eq!((found.kswapd_wakes, found.first), (Bytes::from_mib(120), FirstToAct::Kernel));
}

proptest! {
    #[test]
    fn a_higher_line_never_helps_the_kernel(low in 0_u64..4000, more in 0_u64..1000, eviction in 0_u64..4000) {
        let rank = |first| match first {
            FirstToAct::Kernel => 0,
            FirstToAct::Race => 1,
            FirstToAct::Kubelet => 2,
        };
        let zones = [zone(low, low + more)];
        let lower = line(&zones, PAGE, Bytes::from_mib(eviction));
        let higher = line(&zones, PAGE, Bytes::from_mib(eviction + 500));
        prop_assert_eq!(rank(lower.first).max(rank(higher.first)), rank(higher.first));
    }
}
