//! What holds for every text: nothing panics, printing and parsing agree, a hint changes nothing.

use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, identify, unit_unescape};
use kernel::cgroup_v1::{self, OomControl};
use kernel::cgroup_v2::{self, CgroupEvents, MemoryEvents, SwapEvents};
use kernel::hierarchy::{CgroupVersion, Hierarchy};
use kernel::limit::Limit;
use kernel::meminfo::Meminfo;
use kernel::memory_stat::MemoryStat;
use kernel::pressure::{Percent, Pressure};
use kernel::process::{self, ProcessStat, ProcessStatus};
use kernel::vmstat::Vmstat;
use kernel::zram::{self, MmStat};
use kernel::{mountinfo, scalar, swaps, zoneinfo, zswap};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

/// Text that is nearly what a kernel writes, so that properties reach behind the first check.
fn kernel_like() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        any::<u64>().prop_map(|number| number.to_string()),
        "[ -~]{0,12}",
        proptest::sample::select(vec![
            "low",
            "max",
            "oom",
            "anon",
            "some",
            "avg10=0.00",
            "total=5",
            "MemTotal:",
            "kB",
            "Node 0, zone",
            "pages free",
            "min",
            "protection:",
            "Filename",
            "/dev/x\\040y",
            "partition",
            "-2",
            "0:1",
            "/",
            "-",
            "cgroup2",
            "0::/x",
            "Name:\t",
            "(a) R",
            "\0",
            "é",
            "",
        ])
        .prop_map(str::to_owned),
    ];
    let separator = proptest::sample::select(vec![" ", "\n", "\t", ":", "\r\n", ""]);
    proptest::collection::vec((word, separator), 0..40).prop_map(|words| {
        words.into_iter().flat_map(|(word, separator)| [word, separator.to_owned()]).collect()
    })
}

fn stat_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(("[a-d_]{1,3}", any::<u64>()), 1..12)
        .prop_map(|lines| lines.into_iter().map(|(key, value)| format!("{key} {value}\n")).collect())
}

/// Paths made of the words of the grammar.
fn cgroup_like() -> impl Strategy<Value = String> {
    let id = "[0-9a-f]{64}";
    let component = prop_oneof![
        id.prop_map(|id| id),
        id.prop_map(|id| format!("docker-{id}.scope")),
        id.prop_map(|id| format!("crio-conmon-{id}.scope")),
        id.prop_map(|id| format!("kubepods-pod1.slice:cri-containerd:{id}")),
        "[a-z-]{0,8}\\.(service|slice|scope|mount|swap)",
        "[ -~é]{0,10}",
        proptest::sample::select(vec![
            "..",
            "docker",
            "kubepods",
            "kubepods.slice",
            "burstable",
            "podx",
            "kubepods-burstable-podx.slice",
            "lxc",
            "lxc.payload.a",
            "lxc.monitor.b",
            "machine.slice",
            "machine-a.scope",
            "libpod_parent",
            "ecs",
            "default",
            "kata_overhead",
            "user@1.service",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(component, 0..8).prop_map(|components| format!("/{}", components.join("/")))
}

proptest! {
    #[test]
    fn scalars_survive_printing(value: u64, newline: bool) {
        let text = format!("{value}{}", if newline { "\n" } else { "" });
        prop_assert_eq!(scalar::parse_bytes(&text), Ok(Bytes(value)));
        prop_assert_eq!(scalar::parse_count(&text), Ok(value));
    }

    #[test]
    fn numbers_beyond_64_bits_are_errors(value in u128::from(u64::MAX) + 1..) {
        let text = value.to_string();
        prop_assert!(scalar::parse_bytes(&text).is_err());
        prop_assert!(cgroup_v1::parse_limit(&text).is_err());
        prop_assert!(cgroup_v2::parse_limit(&text).is_err());
        let stat_line = format!("anon {text}\n");
        prop_assert!(MemoryStat::parse(&stat_line, None).is_err());
    }

    #[test]
    fn v2_limits_survive_printing(limit in prop_oneof![Just(Limit::Unlimited), any::<u64>().prop_map(|bytes| Limit::At(Bytes(bytes)))]) {
        prop_assert_eq!(cgroup_v2::parse_limit(&cgroup_v2::format_limit(limit)), Ok(limit));
    }

    #[test]
    fn finite_v1_limits_survive_printing(bytes in 0..0x7FFF_FFFF_FFFF_0000_u64) {
        let limit = Limit::At(Bytes(bytes));
        prop_assert_eq!(cgroup_v1::parse_limit(&cgroup_v1::format_limit(limit)), Ok(limit));
    }

    #[test]
    fn percentages_survive_printing(hundredths: u32, micros: u64) {
        let average = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let text = format!("some avg10={average} avg60=0.00 avg300=0.00 total={micros}\n");
        let some = Pressure::parse(&text).unwrap().some;
        prop_assert_eq!((some.avg10, some.total.as_micros()), (Percent(hundredths), u128::from(micros)));
    }

    #[test]
    fn a_hint_never_changes_what_is_read(first in stat_text(), second in stat_text()) {
        let plain = MemoryStat::parse(&second, None).unwrap();
        let mut stat = MemoryStat::parse(&first, None).unwrap();
        prop_assert_eq!(&MemoryStat::parse(&second, Some(stat.layout())).unwrap(), &plain);
        stat.parse_into(&second).unwrap();
        prop_assert_eq!(&stat, &plain);
        let printed: String = plain.iter().map(|(key, value)| format!("{key} {value}\n")).collect();
        prop_assert_eq!(printed, second);
    }

    #[test]
    fn a_hint_never_changes_what_is_refused(first in stat_text(), second in kernel_like()) {
        let stat = MemoryStat::parse(&first, None).unwrap();
        prop_assert_eq!(MemoryStat::parse(&second, Some(stat.layout())), MemoryStat::parse(&second, None));
    }

    #[test]
    fn no_parser_panics(text in prop_oneof![any::<String>(), kernel_like()]) {
        let _ = (scalar::parse_bytes(&text), scalar::parse_count(&text), scalar::parse_flag(&text));
        let _ = (cgroup_v1::parse_limit(&text), cgroup_v1::parse_swappiness(&text), OomControl::parse(&text));
        let _ = (cgroup_v2::parse_limit(&text), MemoryEvents::parse(&text), SwapEvents::parse(&text), CgroupEvents::parse(&text));
        let _ = (MemoryStat::parse(&text, None), Vmstat::parse(&text), Pressure::parse(&text), Meminfo::parse(&text));
        let _ = (swaps::parse(&text), zoneinfo::parse(&text), MmStat::parse(&text), zram::parse_comp_algorithm(&text));
        let _ = (zswap::parse_enabled(&text), zswap::parse_percent(&text), zswap::parse_name(&text));
        let _ = (ProcessStatus::parse(&text), ProcessStat::parse(&text));
        if let Ok(cgroups) = process::parse_cgroups(&text) {
            let _ = process::memory_path(&cgroups, CgroupVersion::V1);
        }
        if let Ok(entries) = mountinfo::parse(&text) {
            let _ = Hierarchy::find(&entries, Some(&text));
        }
    }

    #[test]
    fn identify_never_panics_and_ignores_a_last_slash(path in prop_oneof![any::<String>(), cgroup_like()]) {
        let with_slash = format!("{path}/");
        if !path.is_empty() {
            prop_assert_eq!(identify(&path), identify(&with_slash));
        }
        let _ = unit_unescape(&path);
    }

    #[test]
    fn what_is_plain_below_a_container_belongs_to_it(path in cgroup_like()) {
        if let Identity::Container(container) = identify(&path) {
            let below = format!("{path}/plain");
            let identity = identify(&below);
            prop_assert!(
                identity == Identity::BelowContainer(container) || path.ends_with("/lxc"),
                "{}: {:?}", below, identity
            );
        }
    }
}
