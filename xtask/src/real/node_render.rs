//! Scenario: rendered artefacts before the tools of others: shellcheck, systemd-analyze, cloud-init, Python's parsers.

use super::checks::Checks;
use super::node_first_boot::user_data::UserData;
use super::product::Product;
use crate::subprocess::{Outcome, output};
use anyhow::{Context, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Wishes that together need every function of the script and every kind of unit.
const WISHES: [(&str, &[&str]); 4] = [
    ("file", &["--swap=30Gi", "--swap-behavior=LimitedSwap", "--node-memory=16Gi"]),
    (
        "store",
        &[
            "--swap=50%",
            "--instance-store=/mnt/k8s-disks/0",
            "--swap-behavior=LimitedSwap",
            "--eviction=200Mi",
            "--protect-system",
        ],
    ),
    (
        "zram",
        &["--zram=50%:zstd", "--priority=100", "--partition=/dev/sdb", "--zswap=20", "--swappiness=150"],
    ),
    (
        "old",
        &[
            "--swap=4Gi",
            "--swap-behavior=LimitedSwap",
            "--kubernetes-version=1.29",
            "--reclaim=above-eviction",
        ],
    ),
];

/// Renders and asks.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    crate::prepare::install_render()?;
    let folder = std::env::temp_dir().join(format!("highwater-render-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let end = WISHES.iter().try_for_each(|(name, wish)| {
        let of_wish = folder.join(name);
        fs::create_dir_all(&of_wish)?;
        one(product, name, wish, &of_wish, checks)
    });
    fs::remove_dir_all(&folder)?;
    end?;
    check_the_tools(checks)
}

fn one(
    product: &Product,
    name: &str,
    wish: &[&str],
    folder: &Path,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let render = |target| rendered(product, target, wish);
    for target in ["shell", "k3s"] {
        let script = write(folder, &format!("{target}.sh"), &render(target)?)?;
        passes(&format!("{name}: {target}: shellcheck"), shellcheck(&script)?, checks);
    }
    let data = UserData::of_archive(&render("eks-nodeadm")?)?;
    let part = write(folder, "part.sh", data.part("text/x-shellscript")?)?;
    passes(&format!("{name}: eks-nodeadm: shellcheck"), shellcheck(&part)?, checks);
    let config = write(folder, "node-config.yaml", data.part("application/node.eks.aws")?)?;
    passes(&format!("{name}: eks-nodeadm: YAML"), yaml(&config)?, checks);
    let whole = write(folder, "user-data.txt", &render("eks-nodeadm")?)?;
    let types = ran("python3", &["-c", MIME_TYPES, &path(&whole)])?;
    checks.check(
        &format!("{name}: eks-nodeadm: Python reads the same two parts, without a defect"),
        types.stdout.trim() == "text/x-shellscript application/node.eks.aws",
        format!("{}{}", types.stdout, types.stderr),
    );
    check_units(name, &render("systemd")?, folder, checks)?;
    let cloud = write(folder, "cloud.yaml", &render("cloud-init")?)?;
    let schema = ran("cloud-init", &["schema", "--config-file", &path(&cloud)])?;
    passes(&format!("{name}: cloud-init schema"), schema, checks);
    for target in ["karpenter", "kubeadm"] {
        let file = write(folder, &format!("{target}.yaml"), &render(target)?)?;
        passes(&format!("{name}: {target}: YAML"), yaml(&file)?, checks);
    }
    Ok(())
}

/// The files of `--for systemd` below a root of their own, each with its mode, and what systemd says of every unit.
fn check_units(name: &str, text: &str, folder: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let root = folder.join("root");
    let mut units = Vec::new();
    let starts: Vec<&str> = text.split("\n# /").collect();
    for (at, part) in starts.iter().enumerate() {
        let part = if at == 0 { part.trim_start_matches("# /") } else { part };
        let (path, body) = part.split_once('\n').context("a path and a text")?;
        let file = root.join(path);
        fs::create_dir_all(file.parent().context("a folder")?)?;
        fs::write(&file, body)?;
        if let Some(unit) = path.strip_prefix("etc/systemd/system/") {
            units.push(unit.split('/').next().unwrap_or_default().trim_end_matches(".d").to_owned());
        }
    }
    let script = root.join("usr/local/sbin/highwater-swap");
    passes(&format!("{name}: systemd: shellcheck of the script"), shellcheck(&script)?, checks);
    ran("chmod", &["0755", &path(&script)])?;
    // systemd verifies drop-ins with the units that they belong to.
    let kubelet = root.join("etc/systemd/system/kubelet.service");
    fs::write(&kubelet, "[Service]\nExecStart=/usr/local/sbin/highwater-swap check $KUBELET_EXTRA_ARGS\n")?;
    units.sort_unstable();
    units.dedup();
    checks.check(&format!("{name}: systemd: there are units"), !units.is_empty(), text);
    for unit in units {
        let verified = ran(
            "systemd-analyze",
            &["verify", "--recursive-errors=no", "--man=no", &format!("--root={}", path(&root)), &unit],
        )?;
        let is_silent = verified.code == Some(0) && about_ours(&verified.stderr).is_empty();
        checks.check(&format!("{name}: systemd-analyze verify {unit}"), is_silent, &verified.stderr);
    }
    Ok(())
}

/// What systemd says of our files; the root has no units of a distribution, and it says that too.
fn about_ours(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.contains("highwater") || line.contains("kubelet")).collect()
}

/// Each tool finds what is wrong: a check that cannot fail is none.
fn check_the_tools(checks: &mut Checks) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("highwater-wrong-{}", std::process::id()));
    fs::create_dir_all(folder.join("root/etc/systemd/system"))?;
    let script = write(&folder, "wrong.sh", "#!/bin/sh\nrm $1\n")?;
    let cloud = write(&folder, "wrong.yaml", "#cloud-config\nwrite_files:\n  - content: 1\nruncmd: true\n")?;
    let unit = "[Service]\nType=oneshot\nExecStart=swapon highwater\nMemorySwapMax=lots\n";
    write(&folder.join("root/etc/systemd/system"), "highwater-swap.service", unit)?;
    let verify = ran(
        "systemd-analyze",
        &["verify", "--man=no", &format!("--root={}", path(&folder.join("root"))), "highwater-swap.service"],
    )?;
    let found = [
        ("shellcheck", shellcheck(&script)?.code != Some(0)),
        ("cloud-init", ran("cloud-init", &["schema", "--config-file", &path(&cloud)])?.code != Some(0)),
        ("systemd-analyze", !about_ours(&verify.stderr).is_empty()),
    ];
    fs::remove_dir_all(&folder)?;
    for (tool, finds) in found {
        checks.check(&format!("{tool} finds what is wrong"), finds, "it says nothing");
    }
    Ok(())
}

const MIME_TYPES: &str = "import email, sys\n\
    message = email.message_from_binary_file(open(sys.argv[1], 'rb'))\n\
    parts = message.get_payload()\n\
    assert not message.defects and not any(part.defects for part in parts)\n\
    assert not any(part['Content-Transfer-Encoding'] for part in parts)\n\
    print(*[part.get_content_type() for part in parts])";

fn rendered(product: &Product, target: &str, wish: &[&str]) -> anyhow::Result<String> {
    let outcome = product.run(&[&["node", "render", "--for", target], wish].concat())?;
    ensure!(outcome.code == Some(0), "node render --for {target}: {}", outcome.stderr);
    Ok(outcome.stdout)
}

fn shellcheck(script: &Path) -> anyhow::Result<Outcome> {
    // SC2317: which functions are called, shellcheck cannot see through `files FUNCTION`.
    ran("shellcheck", &["-s", "sh", "-e", "SC2317", &path(script)])
}

fn yaml(file: &Path) -> anyhow::Result<Outcome> {
    ran(
        "python3",
        &["-c", "import sys, yaml; assert all(yaml.safe_load_all(open(sys.argv[1])))", &path(file)],
    )
}

fn passes(name: &str, outcome: Outcome, checks: &mut Checks) {
    checks.check(name, outcome.code == Some(0), format!("{}{}", outcome.stdout, outcome.stderr));
}

fn ran(program: &str, arguments: &[&str]) -> anyhow::Result<Outcome> {
    output(Command::new(program).args(arguments), Duration::from_secs(60))
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let file = folder.join(name);
    fs::write(&file, text)?;
    Ok(file)
}

fn path(file: &Path) -> String {
    file.display().to_string()
}
