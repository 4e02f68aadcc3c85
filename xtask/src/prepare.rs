//! `cargo xtask prepare`: downloads and builds what the suites of `cargo xtask test` need besides Rust.

use crate::packages::{self, Need};
use crate::prometheus;
use crate::real::advise::composes::composes;
use crate::vm::{Cgroup, Kernel, Machine};
use std::process::ExitCode;

/// What the Docker scenario starts.
pub const DOCKER: [Need; 3] = [
    Need { program: "dockerd", package: "docker.io" },
    // From Debian 13 on the command is a package of its own.
    Need { program: "docker", package: "docker-cli" },
    Need { program: "busybox", package: "busybox-static" },
];

/// What takes advice besides Docker: Compose and kubectl, whose packages are small and start nothing.
pub const ADVICE: [Need; 2] = [
    Need { program: "docker-compose", package: "docker-compose" },
    Need { program: "kubectl", package: "kubernetes-client" },
];

/// What looks at rendered artefacts.
pub const RENDER: [Need; 3] = [
    Need { program: "shellcheck", package: "shellcheck" },
    Need { program: "cloud-init", package: "cloud-init" },
    Need { program: "systemd-analyze", package: "systemd" },
];

/// What makes the file systems on which swap files are tried, in a machine that sees this one's programs.
pub const FILE_SYSTEMS: [Need; 2] = [
    Need { program: "mkfs.xfs", package: "xfsprogs" },
    Need { program: "mkfs.btrfs", package: "btrfs-progs" },
];

/// What a Prometheus of our own needs; where it is not installed its package is unpacked beside the build.
pub const PROMETHEUS: [Need; 2] = [
    Need { program: "prometheus", package: "prometheus" },
    Need { program: "promtool", package: "prometheus" },
];

/// Whom the scenario of alerts tells.
pub const ALERTS: [Need; 1] =
    [Need { program: "prometheus-alertmanager", package: "prometheus-alertmanager" }];

/// What makes the agent's certificates.
pub const CERTIFICATES: [Need; 1] = [Need { program: "openssl", package: "openssl" }];

/// libFuzzer is C++ and is compiled with the targets.
pub const FUZZ: [Need; 1] = [Need { program: "c++", package: "g++" }];

/// Docker alone first: on Debian 12 and Ubuntu it brings the command too, and there is no package `docker-cli`.
pub fn install_docker() -> anyhow::Result<()> {
    packages::ensure(&[DOCKER[0], DOCKER[2]])?;
    packages::ensure(&DOCKER)
}

/// Docker comes first: it is not to be brought by another package.
pub fn install_advice() -> anyhow::Result<()> {
    install_docker()?;
    packages::ensure(&ADVICE)
}

/// cloud-init is wanted for its schema alone: it must not run at the next boot of a machine that had none.
pub fn install_render() -> anyhow::Result<()> {
    if packages::find_program("cloud-init").is_none() && packages::is_root() {
        std::fs::create_dir_all("/etc/cloud")?;
        std::fs::write("/etc/cloud/cloud-init.disabled", "")?;
    }
    packages::ensure(&RENDER)
}

/// Installs the packages, then makes the machines, the slowest last.
pub fn run() -> anyhow::Result<ExitCode> {
    crate::subprocess::note_interrupts()?;
    packages::ensure(&FUZZ)?;
    install_advice()?;
    composes()?;
    install_render()?;
    packages::ensure(&FILE_SYSTEMS)?;
    packages::ensure(&CERTIFICATES)?;
    prometheus::blocks(&prometheus::programs()?)?;
    if cfg!(target_arch = "x86_64") {
        v1_machine().prepare()?;
        Machine::debian13().prepare()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn v1_machine() -> Machine {
    Machine { kernel: Kernel::Debian6_1, cgroup: Cgroup::V1, ..Machine::micro() }
}
