//! The first file system of a machine: busybox, the modules that reach the shares, the scripts, and the C library.

use super::cache;
use super::cpio::{Archive, FileMode};
use super::kernel::KernelFiles;
use super::modules;
use anyhow::Context;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const INIT: &str = include_str!("../../assets/vm/init.sh");
const SERVICE: &str = include_str!("../../assets/vm/highwater-vm.service");
const SCRIPTS: [(&str, &str); 4] = [
    ("need", include_str!("../../assets/vm/need.sh")),
    ("run-command", include_str!("../../assets/vm/run-command.sh")),
    ("host-root", include_str!("../../assets/vm/host-root.sh")),
    ("docker-busybox-image", include_str!("../../assets/vm/docker-busybox-image.sh")),
];
const BUSYBOX: [&str; 2] = ["/usr/bin/busybox", "/bin/busybox"];
const FOLDERS: [&str; 21] = [
    "bin",
    "ctl",
    "dev",
    "etc",
    "host",
    "lib",
    "lib/boot",
    "lib/systemd",
    "lib/vm",
    "lib/x86_64-linux-gnu",
    "lib64",
    "mnt",
    "out",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
];
/// What a Rust program built on this machine is linked to; the loader has its name inside every program.
const LIBRARIES: [&str; 7] = [
    "lib64/ld-linux-x86-64.so.2",
    "lib/x86_64-linux-gnu/libc.so.6",
    "lib/x86_64-linux-gnu/libm.so.6",
    "lib/x86_64-linux-gnu/libgcc_s.so.1",
    "lib/x86_64-linux-gnu/libpthread.so.0",
    "lib/x86_64-linux-gnu/libdl.so.2",
    "lib/x86_64-linux-gnu/librt.so.1",
];

/// The archive's path, made when the scripts, the programs or the kernel inside have changed.
pub fn ensure(root: &Path, kernel: &KernelFiles) -> anyhow::Result<PathBuf> {
    let content = content(kernel)?;
    let bytes = archive(&content);
    cache::entry(root, "initrd", &cache::key([bytes.as_slice()]), |path| {
        fs::write(path, &bytes).with_context(|| path.display().to_string())
    })
}

/// One file of the archive: its name, who may run it, and its content.
type Item = (String, FileMode, Vec<u8>);

fn content(kernel: &KernelFiles) -> anyhow::Result<Vec<Item>> {
    let text = |name: &str, content: &str| (name.to_owned(), FileMode::Text, content.as_bytes().to_vec());
    let mut items = vec![
        ("init".to_owned(), FileMode::Program, INIT.as_bytes().to_vec()),
        ("bin/busybox".to_owned(), FileMode::Program, busybox()?),
        text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"),
        text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        text("lib/systemd/highwater-vm.service", SERVICE),
    ];
    for (name, script) in SCRIPTS {
        items.push((format!("lib/vm/{name}"), FileMode::Program, script.as_bytes().to_vec()));
    }
    for library in LIBRARIES {
        let path = Path::new("/").join(library);
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        items.push((library.to_owned(), FileMode::Program, bytes));
    }
    let order = boot_order(kernel)?;
    for module in &order {
        let path = kernel.modules().join(format!("{module}.ko"));
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        items.push((format!("lib/boot/{module}.ko"), FileMode::Text, bytes));
    }
    items.push(text("lib/boot/order", &(order.join("\n") + "\n")));
    Ok(items)
}

fn busybox() -> anyhow::Result<Vec<u8>> {
    let path = BUSYBOX.into_iter().find(|path| Path::new(path).exists());
    fs::read(path.context("no busybox: is busybox-static installed?")?).context("reading busybox")
}

/// The modules to load at once, each after all that it depends on; those built into this kernel are left out.
fn boot_order(kernel: &KernelFiles) -> anyhow::Result<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for module in modules::BOOT {
        let path = kernel.modules().join(format!("{module}.dep"));
        if !path.exists() {
            continue;
        }
        let names = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        order.extend(
            names.split_whitespace().filter(|name| seen.insert((*name).to_owned())).map(str::to_owned),
        );
    }
    Ok(order)
}

fn archive(items: &[Item]) -> Vec<u8> {
    let mut archive = Archive::default();
    for folder in FOLDERS {
        archive.directory(folder);
    }
    archive.character_device("dev/console", (5, 1));
    archive.character_device("dev/null", (1, 3));
    for (name, mode, content) in items {
        archive.file(name, *mode, content);
    }
    archive.finish()
}
