//! The way from cgroup v1 to v2, with what of it is done.
//!
//! Written in the Kubernetes page "About cgroup v2" (kernel 5.8, containerd 1.4, CRI-O 1.20, versions of Java), Docker's page on cgroup v2
//! (20.10), systemd(1) (`systemd.unified_cgroup_hierarchy`) and runc's docs/cgroup-v2.md.

use super::Subject;
use kernel::hierarchy::CgroupVersion;
use model::node_check::{MigrationState, MigrationStep};
use model::reading::Reading;

/// The steps; none on v2.
#[must_use]
pub fn steps(subject: &Subject<'_>) -> Vec<MigrationStep> {
    if subject.node.host.cgroup_version.get() != Some(CgroupVersion::V1) {
        return Vec::new();
    }
    let mut steps = vec![kernel(subject), command_line(subject)];
    if subject.kubelet.is_some() {
        steps.push(kubelet(subject));
    }
    steps.extend(containerd(subject));
    steps.extend(docker(subject));
    steps.push(workloads());
    steps
}

fn step(what: &str, how: &str, state: MigrationState, seen: impl Into<String>) -> MigrationStep {
    MigrationStep { what: what.to_owned(), how: how.to_owned(), state, seen: seen.into() }
}

const fn done_if(done: bool) -> MigrationState {
    if done { MigrationState::Done } else { MigrationState::Open }
}

fn kernel(subject: &Subject<'_>) -> MigrationStep {
    let release = subject.node.host.kernel_release.value().map(String::as_str).unwrap_or_default();
    let mut numbers = release.split(|character: char| !character.is_ascii_digit()).map(str::parse::<u32>);
    let version = numbers.next().and_then(Result::ok).zip(numbers.next().and_then(Result::ok));
    let state = version.map_or(MigrationState::Unknown, |version| done_if(version >= (5, 8)));
    step("Linux 5.8 or later", "install a newer kernel", state, format!("kernel {release}"))
}

fn command_line(subject: &Subject<'_>) -> MigrationStep {
    const ARGUMENTS: &str = "systemd.unified_cgroup_hierarchy=1";
    let line = subject.node.command_line.value().map(String::as_str).unwrap_or_default();
    let against = [
        "systemd.unified_cgroup_hierarchy=0",
        "systemd.unified_cgroup_hierarchy=false",
        "systemd.legacy_systemd_cgroup_controller",
        "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
    ];
    let found: Vec<&str> =
        line.split_whitespace().filter(|word| against.iter().any(|known| word.starts_with(known))).collect();
    let how = match (&subject.node.systemd, found.is_empty()) {
        (Reading::Absent, _) => {
            "mount cgroup2 alone on /sys/fs/cgroup at boot (`mount -t cgroup2 none /sys/fs/cgroup`): process 1 is not systemd".to_owned()
        }
        (Reading::Value(_) | Reading::Failed(_), true) => format!(
            "add `{ARGUMENTS}` to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub (or `grubby --update-kernel=ALL \
             --args={ARGUMENTS}`), drain the node and boot"
        ),
        (Reading::Value(_) | Reading::Failed(_), false) => format!("take `{}` off the kernel's command line, drain the node and boot", found.join(" ")),
    };
    // The rest of the line is nobody's business.
    let concerns =
        |word: &&str| ["systemd.", "cgroup", "swapaccount"].iter().any(|start| word.starts_with(start));
    let words: Vec<&str> = line.split_whitespace().filter(concerns).collect();
    let seen = match (line.is_empty(), words.is_empty()) {
        (true, _) => "/proc/cmdline is not known".to_owned(),
        (false, true) => "/proc/cmdline says nothing of cgroups".to_owned(),
        (false, false) => format!("/proc/cmdline: {}", words.join(" ")),
    };
    step("the machine boots into cgroup v2", &how, MigrationState::Open, seen)
}

fn kubelet(subject: &Subject<'_>) -> MigrationStep {
    let driver = subject.kubelet.and_then(|kubelet| kubelet.known(&kubelet.cgroup_driver));
    let state = driver.map_or(MigrationState::Unknown, |driver| done_if(driver == "systemd"));
    let driver = driver.map_or("not known", String::as_str);
    step(
        "the kubelet's cgroupDriver is systemd",
        "write `cgroupDriver: systemd`; it must be the runtime's driver too",
        state,
        format!("cgroupDriver: {driver}"),
    )
}

fn containerd(subject: &Subject<'_>) -> Option<MigrationStep> {
    let runs = subject.node.runtimes.iter().any(|runtime| runtime.name == "containerd");
    if !runs || subject.kubelet.is_none() {
        return None;
    }
    let file = subject.node.files.iter().find(|file| file.path == "/etc/containerd/config.toml");
    let text = file.and_then(|file| file.text.value());
    let is_set = |text: &String| {
        text.lines().any(|line| line.split_whitespace().collect::<String>().starts_with("SystemdCgroup=true"))
    };
    let seen = text.map_or("/etc/containerd/config.toml is not there", |text| {
        if is_set(text) {
            "SystemdCgroup = true"
        } else {
            "SystemdCgroup is not true in /etc/containerd/config.toml"
        }
    });
    let state = done_if(text.is_some_and(is_set));
    Some(step(
        "containerd's runc uses systemd",
        "write `SystemdCgroup = true` under the options of runc in /etc/containerd/config.toml",
        state,
        seen,
    ))
}

fn docker(subject: &Subject<'_>) -> Option<MigrationStep> {
    let docker = subject.node.docker.value();
    let told = subject.node.files.iter().find(|file| file.path == "/etc/docker/daemon.json");
    let text = told.and_then(|file| file.text.value());
    let runs = subject.node.runtimes.iter().any(|runtime| runtime.name == "dockerd");
    if docker.is_none() && !runs {
        return None;
    }
    let version = docker.map(|docker| docker.version.as_str()).unwrap_or_default();
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    let asks_cgroupfs = text.is_some_and(|text| text.contains("native.cgroupdriver=cgroupfs"));
    let (state, seen) = match (major, asks_cgroupfs) {
        (_, true) => (MigrationState::Open, "/etc/docker/daemon.json asks for cgroupfs".to_owned()),
        (Some(major), false) => (done_if(major >= 20), format!("Docker {version}")),
        (None, false) => (MigrationState::Unknown, "Docker's version is not known".to_owned()),
    };
    let how = "use Docker 20.10 or later and take `native.cgroupdriver=cgroupfs` out of /etc/docker/daemon.json: on v2 it is systemd by default";
    Some(step("Docker can use cgroup v2", how, state, seen))
}

fn workloads() -> MigrationStep {
    step(
        "programs that read their own limits know v2",
        "use Java 8u372, 11.0.16, 15 or later; Node.js 20.3; .NET 5; Go programs with automaxprocs 1.5 or Go 1.25; cAdvisor 0.43",
        MigrationState::Unknown,
        "what runs in containers was not looked into",
    )
}
