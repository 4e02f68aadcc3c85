//! What stands in for AL2023: a nodeadm that mounts the fast disk late, and a kubelet that writes down what it sees.
//!
//! `nodeadm-run.service` of awslabs/amazon-eks-ami (templates/al2023/runtime) runs after cloud-init and starts the kubelet.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The mount point of the instance store on EKS.
pub const DISKS: &str = "/mnt/k8s-disks/0";

/// What the kubelet saw is written here.
const SAW: &str = "/run/saw";

const NODEADM: &str = r#"#!/bin/sh
set -eu
# `need` of the machine is on no unit's path.
PATH=$PATH:/run/vm/bin
sleep 1
if [ -e /run/stand-in/disk ]; then
    disk=$(cat /run/stand-in/disk)
    if [ -z "$(blkid -o value -s TYPE "$disk")" ]; then
        if command -v mkfs.xfs >/dev/null; then need xfs; mkfs.xfs -q "$disk"; else mkfs.ext4 -q "$disk"; fi
    fi
    unit='/etc/systemd/system/mnt-k8s\x2ddisks-0.mount'
    printf '[Mount]\nWhat=%s\nWhere=/mnt/k8s-disks/0\nOptions=defaults,noatime\n[Install]\nWantedBy=multi-user.target\n' "$disk" >"$unit"
    systemctl daemon-reload
    systemctl enable --now 'mnt-k8s\x2ddisks-0.mount'
fi
systemctl start kubelet.service
"#;

const KUBELET: &str = r#"#!/bin/sh
rm -rf /run/saw
mkdir -p /run/saw
cat /proc/swaps >/run/saw/swaps
sysctl -n vm.swappiness >/run/saw/swappiness
sysctl -n vm.min_free_kbytes >/run/saw/min_free_kbytes
cat /sys/fs/cgroup/runtime.slice/memory.swap.max >/run/saw/swap_max
cat /proc/self/cgroup >/run/saw/cgroup
"#;

/// Writes the units.
pub fn install() -> anyhow::Result<()> {
    for folder in ["/run/stand-in", "/etc/systemd/system"] {
        std::fs::create_dir_all(folder).context(folder)?;
    }
    let unit = |head: &str, script: &str, more: &str| {
        format!(
            "[Unit]\nDescription={head}\n[Service]\nType=oneshot\n{more}ExecStart=/bin/sh /run/stand-in/{script}\n"
        )
    };
    for (path, text) in [
        ("/run/stand-in/nodeadm", NODEADM.to_owned()),
        ("/run/stand-in/kubelet", KUBELET.to_owned()),
        ("/etc/systemd/system/nodeadm-run.service", unit("Stand-in of nodeadm", "nodeadm", "")),
        (
            "/etc/systemd/system/kubelet.service",
            unit("Stand-in of the kubelet", "kubelet", "RemainAfterExit=yes\nSlice=runtime.slice\n"),
        ),
    ] {
        std::fs::write(path, text).context(path)?;
    }
    done("systemctl daemon-reload")
}

/// Boots as far as nodeadm goes: with this fast disk, or with none.
pub fn boot(disk: Option<&str>) -> anyhow::Result<()> {
    match disk {
        Some(disk) => std::fs::write("/run/stand-in/disk", disk)?,
        None => done("rm -f /run/stand-in/disk")?,
    }
    let _ = std::fs::remove_dir_all(SAW);
    done("systemctl stop kubelet.service && systemctl start nodeadm-run.service")
}

/// What the kubelet saw in a file when it started.
pub fn saw(file: &str) -> anyhow::Result<String> {
    let path = Path::new(SAW).join(file);
    Ok(std::fs::read_to_string(&path).with_context(|| path.display().to_string())?.trim_end().to_owned())
}

/// Runs a script that must succeed.
pub fn done(script: &str) -> anyhow::Result<()> {
    let outcome = tried(script)?;
    ensure!(outcome.code == Some(0), "{script}: {}{}", outcome.stdout, outcome.stderr);
    Ok(())
}

/// Runs a script.
pub fn tried(script: &str) -> anyhow::Result<crate::subprocess::Outcome> {
    crate::subprocess::output(Command::new("/bin/sh").args(["-c", script]), Duration::from_secs(120))
}

/// What a script prints.
pub fn printed(script: &str) -> anyhow::Result<String> {
    Ok(tried(script)?.stdout.trim_end().to_owned())
}
