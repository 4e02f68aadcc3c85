//! Docker's drivers against the machine.
//!
//! Written in moby's daemon/daemon_unix.go (the driver is systemd by default on cgroup v2 with systemd) and the Docker page "Runtime
//! metrics"; two managers of one tree are warned of in systemd's CGROUP_DELEGATION.

use super::Subject;
use model::lint::LintSeverity;
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let node = subject.node;
    let running = node.docker.value();
    let told = node.files.iter().find(|file| file.path == "/etc/docker/daemon.json");
    let told =
        told.and_then(|file| file.text.value()).filter(|text| text.contains("native.cgroupdriver=cgroupfs"));
    let driver = running.map(|docker| docker.cgroup_driver.as_str()).or(told.map(|_| "cgroupfs"));
    let has_systemd = node.systemd != Reading::Absent;
    if driver == Some("cgroupfs") && has_systemd && subject.is_v2() {
        let message = "Docker makes cgroups itself (driver cgroupfs) beside systemd on cgroup v2: two owners of one tree, and systemd may \
                       take limits away.";
        let mut finding = NodeFinding::new("docker-driver-cgroupfs", LintSeverity::Warning, message.to_owned())
            .fix("write `\"exec-opts\": [\"native.cgroupdriver=systemd\"]` in /etc/docker/daemon.json, or remove the option; then start Docker again");
        if let Some(docker) = running {
            finding =
                finding.evidence(format!("Docker {}: CgroupDriver {}", docker.version, docker.cgroup_driver));
        }
        findings.push(finding);
    }
    if let Some(docker) = running.filter(|docker| docker.swap_limit == Reading::Value(false)) {
        let message = format!(
            "Docker {} cannot limit swap here (SwapLimit is false): --memory-swap is dropped with a warning, and containers swap without \
             limit.",
            docker.version
        );
        findings.push(
            NodeFinding::new("docker-cannot-limit-swap", LintSeverity::Warning, message)
                .fix("boot with swapaccount=1 on cgroup v1, or move to cgroup v2"),
        );
    }
}
