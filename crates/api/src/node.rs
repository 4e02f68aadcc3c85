//! `highwater/node/v1`: what `node check` prints.

use crate::host;
use crate::object::Object;
use model::lint::LintSeverity;
use model::node::{
    BlockDevice, Daemon, DeviceContent, DockerEngine, Encryption, Filesystem, KernelFeatures, KubeletFound,
    Node, SwapAreaInUse, SwapBacking,
};
use model::node_check::{KubeletInForce, MigrationState, MigrationStep, NodeCheck, NodeFinding, Told};
use model::outcome::eviction::{EvictionLine, FirstToAct};
use model::outcome::node::Origin;
use model::reading::Reading;
use serde_json::{Map, Value};

/// Why a file system has no size here.
const NOT_ASKED: &str = "not asked: a container's mount, or a recording without sizes";

/// The document of `node check`.
#[must_use]
pub fn check(node: &Node, check: &NodeCheck) -> Value {
    let list = |daemons: &[Daemon]| daemons.iter().map(daemon).collect::<Value>();
    let memory = node.host.memory_total().get();
    Object::new()
        .known("schema", "highwater/node/v1")
        .known("host", host::host(&node.host))
        .known("page_bytes", node.page.0)
        .reading("controllers", node.controllers.clone())
        .known("settings", settings(node))
        .reading(
            "swap_areas",
            node.swap_areas.as_ref().map(|areas| areas.iter().map(area).collect::<Value>()),
        )
        .reading(
            "filesystems",
            node.filesystems.as_ref().map(|all| all.iter().map(filesystem).collect::<Value>()),
        )
        .reading(
            "block_devices",
            node.block_devices.as_ref().map(|all| all.iter().map(device).collect::<Value>()),
        )
        .reading_or(
            "kubelet",
            node.kubelet.as_ref().map(|found| kubelet(found, check.kubelet.as_ref(), memory)),
            "there is no kubelet here",
        )
        .known("runtimes", list(&node.runtimes))
        .known("killers", list(&node.killers))
        .reading_or("systemd_version", node.systemd.clone(), "process 1 is not systemd")
        .known("features", features(&node.features))
        .reading_or("docker", node.docker.as_ref().map(docker), "no Docker engine was found")
        .reading_or(
            "eviction",
            check.eviction.as_ref().map(eviction).into(),
            "there is no kubelet, no threshold or no /proc/zoneinfo",
        )
        .known("migration", check.migration.iter().map(step).collect::<Value>())
        .known("findings", check.findings.iter().map(finding).collect::<Value>())
        .known("next_command", check.next.clone())
        .known("missing", host::missing(&node.missing))
        .finish()
}

fn settings(node: &Node) -> Value {
    let with =
        |object: Object, (name, value): (&String, &Reading<String>)| object.reading(name, value.clone());
    node.settings.iter().fold(Object::new(), with).finish()
}

fn area(area: &SwapAreaInUse) -> Value {
    let object = Object::new()
        .known("path", area.swap.path.as_str())
        .known("size_bytes", area.swap.size.0)
        .known("used_bytes", area.swap.used.0)
        .known("priority", area.swap.priority)
        .known("deleted", area.swap.deleted);
    let object = match &area.backing {
        SwapBacking::File { mount_point, filesystem } => object
            .known("backing", "file")
            .known("mount_point", mount_point.as_str())
            .known("filesystem", filesystem.as_str()),
        SwapBacking::Device { name } => object.known("backing", "device").known("device", name.as_str()),
        SwapBacking::Zram { name } => object.known("backing", "zram").known("device", name.as_str()),
    };
    let encrypted = area.encryption.clone().map(|encryption| encryption == Encryption::Encrypted);
    object
        .reading("encrypted", encrypted)
        .reading("mode", area.mode.clone().map(|mode| format!("{mode:04o}")))
        .reading_or(
            "switched_on_seconds",
            area.switched_on.clone().map(|since_boot| since_boot.as_secs_f64()),
            "the kernel's log does not reach back to it, or may not be read",
        )
        .finish()
}

fn filesystem(one: &Filesystem) -> Value {
    Object::new()
        .known("mount_point", one.mount_point.as_str())
        .known("kind", one.kind.as_str())
        .known("source", one.source.as_str())
        .reading_or("size_bytes", one.size.clone().map(|size| size.0), NOT_ASKED)
        .reading_or("available_bytes", one.available.clone().map(|available| available.0), NOT_ASKED)
        .finish()
}

fn device(device: &BlockDevice) -> Value {
    let content = device.content.as_ref().map(|content| match content {
        DeviceContent::Blank => "blank",
        DeviceContent::Swap => "swap",
        DeviceContent::Known(name) => name.as_str(),
        DeviceContent::Unknown => "unknown",
    });
    Object::new()
        .known("name", device.name.as_str())
        .bytes("size_bytes", &device.size)
        .reading("rotational", device.is_rotational.clone())
        .reading("takes_discard", device.takes_discard.clone())
        .known("disk", device.disk.clone())
        .known("made_of", device.made_of.clone())
        .known("holders", device.holders.clone())
        .reading_or("content", content, "it could not be opened, or waits for a medium")
        .finish()
}

fn daemon(daemon: &Daemon) -> Value {
    let limit = match &daemon.swap_max {
        Reading::Value(Some(bytes)) => Reading::Value(kernel::limit::Limit::At(*bytes)),
        Reading::Value(None) => Reading::Value(kernel::limit::Limit::Unlimited),
        Reading::Absent => Reading::Absent,
        Reading::Failed(why) => Reading::failed(why.to_string()),
    };
    Object::new()
        .known("name", daemon.name.as_str())
        .known("pid", daemon.pid)
        .reading("cgroup", daemon.cgroup.clone())
        .limit("swap_limit", &limit)
        .bytes("swapped_bytes", &daemon.swapped)
        .reading("started_seconds", daemon.started.clone().map(|started| started.as_secs_f64()))
        .finish()
}

fn kubelet(
    found: &KubeletFound,
    settings: Option<&KubeletInForce>,
    memory: Option<kernel::bytes::Bytes>,
) -> Value {
    let files = found.config.iter().map(|file| Value::from(file.path.as_str())).collect::<Value>();
    let object = Object::new()
        .reading_or("process", found.process.as_ref().map(daemon), "it does not run")
        .reading_or("version", found.version.clone(), "the machine does not tell it")
        .known("config_files", files)
        .known("configz_read", matches!(found.configz, Reading::Value(_)));
    let Some(settings) = settings else { return object.finish() };
    let eviction = settings.known(&settings.eviction).map(|threshold| {
        threshold
            .and_then(|threshold| threshold.bytes(memory))
            .map_or(Value::Null, |bytes| Value::from(bytes.0))
    });
    let behavior = settings.known(&settings.behavior).map(|behavior| Value::from(behavior.as_str()));
    let driver = settings.known(&settings.cgroup_driver).map(|driver| Value::from(driver.as_str()));
    let fail = settings.known(&settings.fail_swap_on).map(|fail| Value::from(*fail));
    object
        .known("fail_swap_on", told(&settings.fail_swap_on, fail))
        .known("swap_behavior", told(&settings.behavior, behavior))
        .known("eviction_memory_available_bytes", told(&settings.eviction, eviction))
        .known("cgroup_driver", told(&settings.cgroup_driver, driver))
        .finish()
}

fn told<T>(setting: &Told<T>, value: Option<Value>) -> Value {
    let (by, line) = match &setting.origin {
        Origin::Flag(flag) | Origin::ImpliedBy(flag) => ((*flag).to_owned(), Value::Null),
        Origin::File { name, line } => (name.clone(), Value::from(*line)),
        Origin::Default => ("default".to_owned(), Value::Null),
    };
    Object::new()
        .reading_or("value", value.into(), "not all of the kubelet's configuration could be read")
        .known("told_by", by)
        .known("line", line)
        .finish()
}

fn features(features: &KernelFeatures) -> Value {
    Object::new()
        .reading("tmpfs_noswap", features.tmpfs_noswap.clone())
        .reading("memory_reclaim", features.memory_reclaim.clone())
        .reading("memory_peak", features.memory_peak.clone())
        .reading("swap_limit", features.swap_limit.clone())
        .reading("pressure", features.pressure.clone())
        .reading("zram", features.zram.clone())
        .reading("zswap", features.zswap.clone())
        .finish()
}

fn docker(docker: &DockerEngine) -> Value {
    Object::new()
        .known("version", docker.version.as_str())
        .known("cgroup_driver", docker.cgroup_driver.as_str())
        .reading("cgroup_version", docker.cgroup_version.clone())
        .known("storage_driver", docker.storage_driver.as_str())
        .known("data_root", docker.data_root.as_str())
        .reading("swap_limit", docker.swap_limit.clone())
        .finish()
}

fn eviction(line: &EvictionLine) -> Value {
    let first = match line.first {
        FirstToAct::Kernel => "kernel",
        FirstToAct::Race => "race",
        FirstToAct::Kubelet => "kubelet",
    };
    Object::new()
        .known("threshold_bytes", line.eviction.0)
        .known("kswapd_wakes_bytes", line.kswapd_wakes.0)
        .known("kswapd_sleeps_bytes", line.kswapd_sleeps.0)
        .known("first", first)
        .finish()
}

fn step(step: &MigrationStep) -> Value {
    let state = match step.state {
        MigrationState::Done => "done",
        MigrationState::Open => "open",
        MigrationState::Unknown => "unknown",
    };
    Object::new()
        .known("what", step.what.as_str())
        .known("state", state)
        .known("how", step.how.as_str())
        .known("seen", step.seen.as_str())
        .finish()
}

fn finding(finding: &NodeFinding) -> Value {
    let severity = match finding.severity {
        LintSeverity::Error => "error",
        LintSeverity::Warning => "warning",
        LintSeverity::Info => "info",
    };
    let mut object = Map::new();
    object.insert("check".to_owned(), Value::from(finding.check));
    object.insert("severity".to_owned(), Value::from(severity));
    object.insert("message".to_owned(), Value::from(finding.message.as_str()));
    object.insert("fix".to_owned(), Value::from(finding.fix.clone()));
    object.insert("command".to_owned(), Value::from(finding.command.clone()));
    object.insert("evidence".to_owned(), Value::from(finding.evidence.clone()));
    Value::Object(object)
}
