//! A kernel to boot: its bare ELF image and the modules to load, taken out of a Debian package.

use super::bzimage::{self, Packing};
use super::modules::{self, ModuleInfo};
use super::tool::{filter, output_of};
use super::{Kernel, apt, cache};
use anyhow::Context;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Raise this when the layout of a kernel's folder changes.
const LAYOUT: &[u8] = b"2";

/// A kernel's folder in the cache.
pub struct KernelFiles {
    folder: PathBuf,
}

impl KernelFiles {
    /// The ELF image, which QEMU enters by PVH: no decompressor has to run under emulation.
    pub fn vmlinux(&self) -> PathBuf {
        self.folder.join("vmlinux")
    }

    /// `NAME.ko`, `NAME.dep` (load order), `aliases`, `builtin`, and the `modules.*` files of the package.
    pub fn modules(&self) -> PathBuf {
        self.folder.join("modules")
    }

    /// What `uname -r` will say.
    pub fn release(&self) -> anyhow::Result<String> {
        let path = self.folder.join("release");
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// A name for this kernel in the keys of what is made from it.
    pub fn key(&self) -> Vec<u8> {
        self.folder.file_name().unwrap_or_default().as_encoded_bytes().to_vec()
    }
}

/// The kernel's folder, made (and its package fetched) when it is not in the cache.
pub fn ensure(root: &Path, kernel: &Kernel) -> anyhow::Result<KernelFiles> {
    let (family, package) = match kernel {
        Kernel::Debian5_10 => ("kernel-5.10", fetched(root, "bullseye")?),
        Kernel::Debian6_1 => ("kernel-6.1", fetched(root, "bookworm")?),
        // Debian 13's generic kernel also runs under Debian 12's user space; no backports needed.
        Kernel::Debian6_12 => ("kernel-6.12", fetched(root, "trixie")?),
        Kernel::Package(path) => ("kernel-package", path.clone()),
    };
    let name = fs::canonicalize(&package).with_context(|| package.display().to_string())?;
    let key = cache::key([LAYOUT, name.as_os_str().as_encoded_bytes(), modules::LIST.as_bytes()]);
    let folder = cache::entry(root, family, &key, |folder| unpack(&package, folder))?;
    Ok(KernelFiles { folder })
}

fn fetched(root: &Path, suite: &str) -> anyhow::Result<PathBuf> {
    let folder = cache::entry(root, &format!("package-{suite}"), "1", |folder| {
        eprintln!("vm: fetching the kernel of Debian {suite}");
        fs::create_dir_all(folder)?;
        apt::download_kernel(suite, folder).map(drop)
    })?;
    files_below(&folder)?
        .into_iter()
        .find(|path| path.extension() == Some(OsStr::new("deb")))
        .with_context(|| format!("{}: no package inside", folder.display()))
}

fn unpack(package: &Path, folder: &Path) -> anyhow::Result<()> {
    eprintln!("vm: unpacking {}", package.display());
    let tree = folder.join("tree");
    fs::create_dir_all(&tree)?;
    output_of(Command::new("dpkg-deb").arg("-x").arg(package).arg(&tree))?;
    let files = files_below(&tree)?;
    let image = files
        .iter()
        .find(|path| file_name(path).starts_with("vmlinuz-"))
        .context("the package holds no vmlinuz: is it a linux-image package?")?;
    let release = file_name(image).trim_start_matches("vmlinuz-").to_owned();
    fs::write(folder.join("vmlinux"), unpacked_kernel(&fs::read(image)?)?)?;
    fs::write(folder.join("release"), &release)?;
    for file in &files {
        if file_name(file).starts_with("config-") {
            fs::copy(file, folder.join("config"))?;
        }
    }
    write_modules(&files, &folder.join("modules"))?;
    cache::remove(&tree)
}

fn unpacked_kernel(image: &[u8]) -> anyhow::Result<Vec<u8>> {
    let payload = bzimage::payload(image)?;
    let program = match payload.packing {
        Packing::Xz => "xz",
        Packing::Zstd => "zstd",
        Packing::Gzip => "gzip",
    };
    let kernel = filter(Command::new(program).arg("-dcq"), payload.bytes)?;
    anyhow::ensure!(kernel.starts_with(b"\x7fELF"), "the kernel inside the boot image is no ELF file");
    Ok(kernel)
}

fn write_modules(files: &[PathBuf], folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let paths: BTreeMap<String, &Path> =
        files.iter().filter_map(|path| Some((module_name(path)?, path.as_path()))).collect();
    for path in files.iter().filter(|path| file_name(path).starts_with("modules.")) {
        fs::copy(path, folder.join(file_name(path)))?;
    }
    let mut known: BTreeMap<String, ModuleInfo> = BTreeMap::new();
    let mut wanted: Vec<String> = modules::wanted().map(str::to_owned).collect();
    while let Some(name) = wanted.pop() {
        let (Some(path), false) = (paths.get(&name), known.contains_key(&name)) else { continue };
        let module = unpacked_module(path)?;
        let module = modules::without_signature(&module);
        fs::write(folder.join(format!("{name}.ko")), module)?;
        let info = modules::info(module);
        wanted.extend(info.depends.iter().cloned());
        known.insert(name, info);
    }
    write_module_tables(&known, folder)
}

/// Writes what `need` reads: the load order of each module, the aliases, and the names built into the kernel.
fn write_module_tables(known: &BTreeMap<String, ModuleInfo>, folder: &Path) -> anyhow::Result<()> {
    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    let mut aliases = String::new();
    for (name, info) in known {
        for alias in &info.aliases {
            aliases.push_str(&format!("{alias} {name}\n"));
            owner.entry(alias).or_insert(name);
        }
    }
    let mut depends: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, info) in known {
        let soft = info
            .soft_depends
            .iter()
            .map(|soft| owner.get(soft.as_str()).map_or(soft.clone(), |name| (*name).to_owned()));
        depends.insert(name.clone(), info.depends.iter().cloned().chain(soft).collect());
    }
    for name in known.keys() {
        let order = modules::load_order(name, &depends).join(" ");
        fs::write(folder.join(format!("{name}.dep")), format!("{order}\n"))?;
    }
    fs::write(folder.join("aliases"), aliases)?;
    let builtin = fs::read_to_string(folder.join("modules.builtin")).unwrap_or_default();
    let builtin: Vec<String> = builtin.lines().filter_map(|line| module_name(Path::new(line))).collect();
    fs::write(folder.join("builtin"), builtin.join("\n") + "\n")?;
    Ok(())
}

fn unpacked_module(path: &Path) -> anyhow::Result<Vec<u8>> {
    let program = match path.extension().and_then(OsStr::to_str) {
        Some("xz") => "xz",
        Some("zst") => "zstd",
        Some("gz") => "gzip",
        _ => return fs::read(path).with_context(|| path.display().to_string()),
    };
    output_of(Command::new(program).arg("-dcq").arg(path))
}

/// The module's name when the path is one's: `kernel/fs/ext4/ext4.ko.xz` is `ext4`.
fn module_name(path: &Path) -> Option<String> {
    let (stem, packing) = file_name(path).split_once(".ko")?;
    ["", ".xz", ".zst", ".gz"].contains(&packing).then(|| modules::name_of(stem))
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::module_name;
    use std::path::Path;

    #[test]
    fn a_module_is_known_by_its_file_name_whatever_packs_it() {
        assert_eq!(module_name(Path::new("kernel/fs/ext4/ext4.ko.xz")).as_deref(), Some("ext4"));
        assert_eq!(module_name(Path::new("crypto/lzo-rle.ko")).as_deref(), Some("lzo_rle"));
        assert_eq!(module_name(Path::new("modules.order")), None);
        assert_eq!(module_name(Path::new("x.ko.sig")), None);
    }
}
