//! Ten thousand cgroups.

use crate::{cgroup, is_well_formed, look};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use std::fs;
use testkit::recorded_machine::MachineCopy;

#[test]
fn ten_thousand_cgroups_are_each_right() {
    let machine = MachineCopy::of(crate::NESTED).unwrap();
    for slice in 0..100 {
        for service in 0..99 {
            let folder = machine.path(&format!("/sys/fs/cgroup/many-{slice}.slice/{service}.service"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("memory.current"), format!("{}\n", slice * 1000 + service)).unwrap();
        }
        machine
            .write(&format!("/sys/fs/cgroup/many-{slice}.slice/memory.max"), format!("{slice}\n"))
            .unwrap();
    }
    let snapshot = look(machine.root());
    assert_eq!(snapshot.cgroups.len(), 8 + 100 * 100);
    assert!(is_well_formed(&snapshot));
    for slice in 0..100 {
        let limit = &cgroup(&snapshot, &format!("/many-{slice}.slice")).memory.limit;
        assert_eq!(limit, &Reading::Value(Limit::At(Bytes(slice))));
    }
    let services = snapshot
        .cgroups
        .iter()
        .filter(|cgroup| cgroup.path.starts_with("/many-") && cgroup.path.ends_with(".service"));
    let usage: u64 = services.filter_map(|cgroup| cgroup.memory.usage.get()).map(|bytes| bytes.0).sum();
    assert_eq!(
        usage,
        (0..100).map(|slice| (0..99).map(|service| slice * 1000 + service).sum::<u64>()).sum::<u64>()
    );
}
