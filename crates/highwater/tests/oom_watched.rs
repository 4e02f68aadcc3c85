//! What a watch knew of a kill is told as long as its store keeps it, also where the kernel's log still tells of the kill.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use api::incidents::{Told, one};
use judge::oom::{Observed, incidents};
use kernel::bytes::Bytes;
use kernel::cgroup_path::ContainerId;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::oom_report::parse_all;
use model::cgroup::{Cgroup, CgroupId};
use model::incident::observed::{CgroupMoment, CgroupRef, Log};
use model::incident::witness::LogSource;
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use store::record::{IncidentKey, StoredIncident};
use store::store::Store;
use testkit::imagined::{Imagined, declares};
use testkit::oom_text::Text;
use testkit::recorded_machine::MachineCopy;

const WEB: &str = "/docker/1111111111111111111111111111111111111111111111111111111111111111";

const BOOT: BootId = BootId(7);

fn moment(at: u64, usage: Bytes) -> CgroupMoment {
    let value = Reading::Value;
    CgroupMoment {
        cgroup: CgroupRef { path: WEB.to_owned(), id: CgroupId(42) },
        at: Duration::from_secs(at),
        usage: value(usage),
        limit: Reading::Value(Limit::At(Bytes::from_mib(64))),
        anon: value(usage),
        shmem: value(Bytes::ZERO),
        file: value(Bytes::ZERO),
        kernel: value(Bytes::ZERO),
        swap: value(Bytes::ZERO),
        refaults_file: Reading::Absent,
    }
}

/// The container of Docker while it is there.
fn web() -> Vec<Cgroup> {
    let mut machine = Imagined::new(CgroupVersion::V1);
    machine.cgroup(WEB, |cgroup| {
        declares(cgroup, Limit::At(Bytes::from_mib(64)), Limit::At(Bytes::from_mib(64)), None);
        let container = cgroup.container.as_mut().unwrap();
        container.id = ContainerId("1".repeat(64));
        container.image = Reading::Value("nginx:1.29".to_owned());
    });
    machine.snapshot.cgroups
}

/// What an agent writes that saw the container grow from 8 KiB before the kill.
fn document(text: &str) -> Value {
    let logs = [Log {
        source: LogSource::Ring,
        boot: Reading::Value(BOOT),
        booted_at: Reading::Value(Timestamp(1_795_230_000_000)),
        reports: parse_all(text.as_bytes()).reports,
        records_lost: 0,
    }];
    let moments =
        [moment(2_648, Bytes(8_192)), moment(2_653, Bytes::from_mib(30)), moment(2_658, Bytes::from_mib(60))];
    let cgroups = web();
    let observed = Observed {
        logs: &logs,
        boot: Reading::Value(BOOT),
        moments: &moments,
        cgroups: &cgroups,
        ..Observed::default()
    };
    let incident = incidents(&observed).incidents.remove(0);
    let (message, why) = (view::incident::sentence(&incident), view::incident::why(&incident));
    one(&Told { incident: &incident, message: &message, why: &why, next: &[] })
}

/// A machine whose kernel's ring has this text.
fn machine(text: &str) -> MachineCopy {
    let machine = MachineCopy::of("micro-6.12-v2-nested").unwrap();
    machine.write("/proc/sys/kernel/random/boot_id", "8c1db3fc-8c13-4881-b448-1fe6a51541dc\n").unwrap();
    machine.write("/dev/kmsg", text).unwrap();
    machine
}

fn oom(what: &[&str], machine: &MachineCopy, state: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.args(["oom"]).args(what).arg("--root").arg(machine.root()).arg("--state").arg(state);
    let output = command.env("COLUMNS", "100").env("DOCKER_HOST", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(what: &[&str], machine: &MachineCopy, state: &Path) -> Value {
    serde_json::from_str(&oom(&[what, &["--format", "json"]].concat(), machine, state)).unwrap()
}

#[test]
fn what_the_agent_knew_is_told_while_the_log_still_has_the_kill() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let text = Text::hog(WEB).whole();
    let machine = machine(&text);
    let mut store = Store::open(&state).unwrap();
    let alone = json(&["show"], &machine, &state);
    assert_eq!(
        alone.pointer("/incident/cause/kind").unwrap(),
        "limit_too_small",
        "the fixture starts without"
    );
    let id = alone.pointer("/incident/id").unwrap().as_str().unwrap().to_owned();
    let since_boot = Duration::from_micros(2_658_287_000);
    let stored = StoredIncident {
        key: IncidentKey::killed(BOOT, since_boot, 4_711),
        id: id.clone(),
        at_millis: None,
        document: document(&text),
    };
    store.append(&stored).unwrap();
    drop(store);

    let shown = json(&["show", &id], &machine, &state);
    let kept = &stored.document;
    for part in
        ["cause", "contributing", "survival", "swap", "consumer", "advice", "before", "why", "message"]
    {
        let pointer = format!("/incident/{part}");
        assert_eq!(shown.pointer(&pointer), kept.pointer(&pointer), "{part}");
        assert!(kept.pointer(&pointer).is_some(), "{part}");
    }
    assert_eq!(shown.pointer("/incident/cause/kind").unwrap(), "spike");
    assert!(shown.pointer("/incident/survival/growth/bytes_per_second").unwrap().as_f64().unwrap() > 6e6);
    assert_eq!(alone.pointer("/incident/place/container/image"), Some(&Value::Null));
    assert_eq!(shown.pointer("/incident/place/container/image").unwrap(), "nginx:1.29");
    let missing = shown.pointer("/incident/missing").unwrap().to_string();
    assert!(!missing.contains("figures before the kill"), "{missing}");
    let others = |document: &Value| {
        let all = document.pointer("/incident/missing").unwrap().as_array().unwrap().clone();
        all.into_iter()
            .filter(|one| !one["what"].as_str().unwrap().starts_with("the cgroup's"))
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&shown), others(&alone), "who else cannot be heard is said");
    assert!(!others(&alone).is_empty());

    let told = oom(&["show", &id], &machine, &state);
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("from 8 KiB to"), "{told}");
    assert!(words.contains("(likely)") && !words.contains("figures before the kill"), "{told}");

    let listed = oom(&["ls"], &machine, &state);
    assert_eq!(listed.matches(&id).count(), 2, "one line, and the command to run next: {listed}");
    assert!(listed.contains("(spike)") && !listed.contains("kept"), "{listed}");
    let listed = json(&["ls"], &machine, &state);
    let all = listed.pointer("/incidents").unwrap().as_array().unwrap();
    let told: Vec<&Value> = all.iter().filter(|incident| incident["id"] == id.as_str()).collect();
    assert_eq!(told.len(), 1, "once: {told:?}");
    assert_eq!(told[0].get("survival"), kept.pointer("/incident/survival"));
}
