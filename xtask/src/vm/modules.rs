//! Kernel modules: which the machines carry, what they say of themselves, and the order to load them in.

use std::collections::{BTreeMap, BTreeSet};

/// Modules that the init script always loads, before it can see any share.
pub const BOOT: [&str; 5] = ["virtio_pci", "virtio_console", "9p", "9pnet_virtio", "virtio_blk"];

/// The modules that `need` can load, as the asset lists them.
pub const LIST: &str = include_str!("../../assets/vm/modules.txt");

/// Every module that a machine carries, before those they depend on are added.
pub fn wanted() -> impl Iterator<Item = &'static str> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    BOOT.into_iter().chain(lines.flat_map(str::split_whitespace))
}

/// What the `.modinfo` section of a module says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ModuleInfo {
    /// Modules that must be loaded before.
    pub depends: Vec<String>,
    /// Modules or aliases that should be loaded before, if there are any.
    pub soft_depends: Vec<String>,
    /// Other names, without those that hold a wildcard.
    pub aliases: Vec<String>,
}

/// Reads the lines of the `.modinfo` section out of a whole module.
pub fn info(module: &[u8]) -> ModuleInfo {
    let mut info = ModuleInfo::default();
    for line in module.split(|byte| *byte == 0) {
        let Some((key, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once('=')) else {
            continue;
        };
        match key {
            "depends" => info.depends.extend(value.split(',').filter(|name| !name.is_empty()).map(name_of)),
            "softdep" => {
                if let Some(before) = value.strip_prefix("pre:") {
                    let before = before.split(" post:").next().unwrap_or_default();
                    info.soft_depends.extend(before.split_whitespace().map(str::to_owned));
                }
            }
            "alias" if !value.contains('*') => info.aliases.push(value.to_owned()),
            _ => {}
        }
    }
    info
}

/// The kernel's own spelling of a module's file name.
pub fn name_of(file_stem: &str) -> String {
    file_stem.replace('-', "_")
}

/// A module without its signature: checking one is slow work for an emulated processor.
///
/// The layout is the kernel's (scripts/sign-file.c): module, signature, 12 bytes that end with its length, mark.
pub fn without_signature(module: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"~Module signature appended~\n";
    let unsigned = module.strip_suffix(MARK).and_then(|signed| {
        let length = signed.last_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))?;
        let end = signed.len().checked_sub(12 + usize::try_from(length).ok()?)?;
        signed.get(..end)
    });
    unsigned.unwrap_or(module)
}

/// The modules to load for one, itself last, each after all that it depends on.
///
/// Names without an entry (built into the kernel) are left out.
pub fn load_order(name: &str, depends: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut order = Vec::new();
    visit(name, depends, &mut BTreeSet::new(), &mut order);
    order
}

fn visit(
    name: &str,
    depends: &BTreeMap<String, Vec<String>>,
    seen: &mut BTreeSet<String>,
    order: &mut Vec<String>,
) {
    let Some(before) = depends.get(name) else { return };
    if !seen.insert(name.to_owned()) {
        return;
    }
    for other in before {
        visit(other, depends, seen, order);
    }
    order.push(name.to_owned());
}

#[cfg(test)]
mod tests {
    use super::{ModuleInfo, info, load_order, without_signature};
    use std::collections::BTreeMap;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn modinfo_lines_are_read_wherever_they_stand() {
        let module = b"\x7fELF\x01\0license=GPL\0softdep=pre: crc32c post: x\0alias=fs-ext4\0alias=pci:v*\0depends=jbd2,nls-base\0\xff=\0";
        let expected = ModuleInfo {
            depends: owned(&["jbd2", "nls_base"]),
            soft_depends: owned(&["crc32c"]),
            aliases: owned(&["fs-ext4"]),
        };
        assert_eq!(info(module), expected);
    }

    #[test]
    fn a_module_comes_after_its_dependencies_and_each_only_once() {
        let depends = BTreeMap::from([
            ("ext4".to_owned(), owned(&["jbd2", "mbcache", "crc16"])),
            ("jbd2".to_owned(), owned(&["crc16", "built_in"])),
            ("mbcache".to_owned(), vec![]),
            ("crc16".to_owned(), vec![]),
        ]);
        assert_eq!(load_order("ext4", &depends), owned(&["crc16", "jbd2", "mbcache", "ext4"]));
        assert!(load_order("built_in", &depends).is_empty());
    }

    #[test]
    fn a_circle_of_dependencies_ends() {
        let depends = BTreeMap::from([("a".to_owned(), owned(&["b"])), ("b".to_owned(), owned(&["a"]))]);
        assert_eq!(load_order("a", &depends), owned(&["b", "a"]));
    }

    #[test]
    fn a_signature_is_cut_off_and_an_unsigned_module_stays() {
        let mut signed = b"module".to_vec();
        signed.extend_from_slice(b"SIGNATURE\0\0\0\0\0\0\0\0\0\0\0\x09~Module signature appended~\n");
        assert_eq!(without_signature(&signed), b"module");
        assert_eq!(without_signature(b"module"), b"module");
        assert_eq!(without_signature(b"x~Module signature appended~\n"), b"x~Module signature appended~\n");
    }
}
