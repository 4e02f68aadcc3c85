//! What the collector says of recorded machines is what their files say.

use crate::{NESTED, cgroup, find, is_well_formed, look};
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, Runtime};
use kernel::hierarchy::{CgroupVersion, Layout};
use kernel::limit::Limit;
use model::cgroup::{Cgroup, Swap};
use model::container::RuntimeRecord;
use model::reading::Reading;
use model::snapshot::Missing;
use sources::collect::join::Witnesses;
use sources::collect::{Collector, Habit, Scope};
use sources::host_root::HostRoot;
use sources::process::cgroup_path;
use std::fs;
use testkit::recorded_machine::{MachineCopy, recorded_machine};

const MACHINES: [(&str, CgroupVersion, Layout); 4] = [
    ("host-6.18-v1-docker", CgroupVersion::V1, Layout::Hybrid),
    ("micro-6.1-hybrid-nested", CgroupVersion::V1, Layout::Hybrid),
    (NESTED, CgroupVersion::V2, Layout::Unified),
    ("debian13-docker26", CgroupVersion::V2, Layout::Unified),
];

/// The number in a recorded file of a cgroup.
fn recorded(machine: &str, file: &str) -> u64 {
    let path = recorded_machine(machine).join("sys/fs/cgroup").join(file);
    fs::read_to_string(&path).unwrap().trim().parse().unwrap()
}

fn bytes(machine: &str, file: &str) -> Reading<Bytes> {
    Reading::Value(Bytes(recorded(machine, file)))
}

/// Every reading of a cgroup that failed.
fn failures(cgroup: &Cgroup) -> Vec<String> {
    let text = format!("{cgroup:?}");
    text.match_indices("Failed(")
        .map(|(at, _)| text.get(at..at + 160).unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn nothing_fails_on_any_recorded_machine() {
    for (machine, version, layout) in MACHINES {
        let snapshot = look(&recorded_machine(machine));
        assert_eq!(snapshot.host.cgroup_version, Reading::Value(version), "{machine}");
        assert_eq!(snapshot.host.layout, Reading::Value(layout), "{machine}");
        assert_eq!(snapshot.missing, [], "{machine}");
        assert!(is_well_formed(&snapshot), "{machine}");
        for cgroup in &snapshot.cgroups {
            assert_eq!(failures(cgroup), [""; 0], "{machine} {}", cgroup.path);
            assert_eq!(cgroup.version(), version);
        }
        assert!(snapshot.host.memory_total().value().is_some(), "{machine}");
        assert!(snapshot.host.memory_available().value().is_some(), "{machine}");
        assert!(snapshot.host.reclaim_line.value().is_some(), "{machine}");
        assert!(snapshot.host.pressure.value().is_some(), "{machine}");
    }
}

#[test]
fn figures_of_v2_are_those_of_the_files() {
    let snapshot = look(&recorded_machine(NESTED));
    let db = cgroup(&snapshot, "/shop.slice/db.service");
    let file = |name: &str| bytes(NESTED, &format!("shop.slice/db.service/{name}"));
    assert_eq!(db.memory.usage, file("memory.current"));
    assert_eq!(db.memory.peak, file("memory.peak"));
    assert_eq!(db.memory.high, file("memory.high").map(Limit::At));
    assert_eq!(db.memory.limit, file("memory.max").map(Limit::At));
    let Swap::V2(swap) = &db.swap else { panic!("v1") };
    assert_eq!(swap.usage, file("memory.swap.current"));
    assert_eq!(swap.limit.get().unwrap().0, Limit::Unlimited);
    assert!(db.events.hierarchical.get().unwrap().high > 0);
    assert!(db.pressure.get().unwrap().full.unwrap().avg10.ratio() > 0.05);
    assert!(db.stat.value().unwrap().get("workingset_refault_anon").unwrap() > 1000);
    let batch = cgroup(&snapshot, "/shop.slice/batch.service");
    assert_eq!(batch.memory.oom_group, Reading::Value(true));
    // With memory.oom.group the kernel counts the victim twice: as the victim and as a member (mm/oom_kill.c).
    assert_eq!(batch.oom_kills(), Reading::Value(2));
    let zram = snapshot.host.zram.first().unwrap();
    assert_eq!((zram.name.as_str(), zram.disksize.clone()), ("zram0", Reading::Value(Bytes::from_mib(160))));
}

#[test]
fn figures_of_v1_are_those_of_the_files() {
    let machine = "micro-6.1-hybrid-nested";
    let snapshot = look(&recorded_machine(machine));
    let db = cgroup(&snapshot, "/shop.slice/db.service");
    let file = |name: &str| bytes(machine, &format!("memory/shop.slice/db.service/{name}"));
    assert_eq!(db.memory.usage, file("memory.usage_in_bytes"));
    assert_eq!(db.memory.limit, file("memory.limit_in_bytes").map(Limit::At));
    let Swap::V1(swap) = &db.swap else { panic!("v2") };
    assert_eq!(swap.combined_usage, file("memory.memsw.usage_in_bytes"));
    assert_eq!(swap.combined_limit.get().unwrap().0, Limit::At(Bytes::from_mib(124)));
    assert!(db.swap_usage().get().unwrap() > Bytes::from_mib(10));
    assert_eq!(cgroup(&snapshot, "/shop.slice/batch.service").oom_kills(), Reading::Value(1));
}

#[test]
fn the_scope_of_containers_leaves_services_out() {
    let root = recorded_machine("debian13-docker26");
    let mut collector = Collector::new(HostRoot::new(&root), Scope::Containers, Habit::Once);
    let snapshot = collector.scan();
    let containers = snapshot.cgroups.iter().filter(|cgroup| cgroup.container.is_some()).count();
    assert_eq!((containers, snapshot.cgroups.len()), (5, 7));
    assert!(find(snapshot, "/system.slice/docker.service").is_none());
    assert!(is_well_formed(snapshot));
}

#[test]
fn containers_keep_their_names_while_their_engine_is_away() {
    let root = recorded_machine("debian13-docker26");
    let mut collector = Collector::new(HostRoot::new(&root), Scope::Containers, Habit::Once);
    let id = collector.scan().cgroups.iter().find_map(|cgroup| {
        let Identity::Container(container) = &cgroup.identity else { return None };
        Some(container.id.0.clone())
    });
    let id = id.unwrap();
    let record = RuntimeRecord {
        id: id.clone(),
        name: Reading::Value("web".to_owned()),
        image: Reading::Absent,
        compose: None,
        declared: Reading::Absent,
        pid: Reading::Absent,
    };
    let records = [(id, (Runtime::Docker, record))].into();
    let away = || {
        let missing = vec![Missing { what: "names".to_owned(), why: "refused".to_owned() }];
        Witnesses { missing, ..Witnesses::default() }
    };
    let named = |collector: &mut Collector| {
        let containers = collector.scan().cgroups.iter().filter_map(|cgroup| cgroup.container.as_ref());
        containers.filter(|container| container.name.value().is_some()).count()
    };
    collector.hear(away());
    assert_eq!((named(&mut collector), collector.snapshot().missing.len()), (0, 1));
    collector.hear(Witnesses { records, ..Witnesses::default() });
    assert_eq!((named(&mut collector), collector.snapshot().missing.len()), (1, 0));
    for _ in 0..2 {
        collector.hear(away());
        assert_eq!((named(&mut collector), collector.snapshot().missing.len()), (1, 1));
    }
    // An engine that answers and does not know it has forgotten it.
    collector.hear(Witnesses::default());
    assert_eq!((named(&mut collector), collector.snapshot().missing.len()), (0, 0));
}

#[test]
fn a_machine_without_containers_shows_everything() {
    let mut collector =
        Collector::new(HostRoot::new(&recorded_machine(NESTED)), Scope::Containers, Habit::Once);
    assert_eq!(collector.scan().cgroups.len(), 8);
}

#[test]
fn a_process_is_found_in_its_cgroup_and_in_those_above() {
    for (machine, start, levels) in
        [("host-6.18-v1-docker", "/docker/", 3), ("debian13-docker26", "/system.slice/docker-", 3)]
    {
        let root = HostRoot::new(&recorded_machine(machine));
        let path = cgroup_path(&root, "self").unwrap().unwrap();
        assert!(path.starts_with(start), "{path}");
        let mut collector = Collector::along(root, &path);
        let snapshot = collector.scan();
        assert_eq!(snapshot.cgroups.len(), levels);
        let own = snapshot.cgroups.last().unwrap();
        assert_eq!(own.path, path);
        assert!(matches!(own.identity, Identity::Container(_)));
        assert!(is_well_formed(snapshot));
    }
}

#[test]
fn a_process_that_is_not_there_is_in_no_cgroup() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let root = HostRoot::new(machine.root());
    assert_eq!(cgroup_path(&root, "99999").unwrap(), None);
    machine.write("/proc/7/cgroup", "garbage").unwrap();
    assert!(cgroup_path(&root, "7").unwrap_err().to_string().contains("/proc/7/cgroup: expected"));
}
