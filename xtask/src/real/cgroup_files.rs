//! What the kernel's own files say of a container, read without the product's code.

use anyhow::Context;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// cgroup v1 rounds "no limit" down to a page of the largest signed number.
const V1_UNLIMITED_MIN: u64 = i64::MAX as u64 / 65_536 * 65_536;

/// The memory control group of a container.
pub struct ContainerCgroup {
    folder: PathBuf,
    version: Version,
}

/// Which memory controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `memory.limit_in_bytes`.
    V1,
    /// `memory.max`.
    V2,
}

/// A ceiling in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// This many bytes.
    At(u64),
    /// None.
    Unlimited,
}

impl Ceiling {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if text == "max" {
            return Ok(Self::Unlimited);
        }
        let bytes: u64 = text.parse().with_context(|| format!("expected bytes or `max`, found `{text}`"))?;
        Ok(if bytes >= V1_UNLIMITED_MIN { Self::Unlimited } else { Self::At(bytes) })
    }

    /// As the product's JSON writes it.
    pub fn json(self) -> Value {
        match self {
            Self::At(bytes) => json!(bytes),
            Self::Unlimited => Value::Null,
        }
    }
}

impl ContainerCgroup {
    /// Finds the folder whose name holds the container's identifier, where the memory controller is.
    pub fn find(id: &str) -> anyhow::Result<Self> {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let is_v1 = v1.join("memory.limit_in_bytes").exists() || v1.join("memory.usage_in_bytes").exists();
        let (top, version) =
            if is_v1 { (v1, Version::V1) } else { (Path::new("/sys/fs/cgroup"), Version::V2) };
        let folder =
            find_below(top, id).with_context(|| format!("no folder of {id} below {}", top.display()))?;
        Ok(Self { folder, version })
    }

    /// Which memory controller it is under.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its path inside the hierarchy.
    pub fn path(&self) -> String {
        let top = match self.version {
            Version::V1 => "/sys/fs/cgroup/memory",
            Version::V2 => "/sys/fs/cgroup",
        };
        self.folder.to_string_lossy().replacen(top, "", 1)
    }

    /// The ceiling on memory.
    pub fn memory_limit(&self) -> anyhow::Result<Ceiling> {
        self.ceiling(self.named("memory.limit_in_bytes", "memory.max"))
    }

    /// The memory in use.
    pub fn memory_usage(&self) -> anyhow::Result<u64> {
        self.bytes(self.named("memory.usage_in_bytes", "memory.current"))
    }

    /// The most memory that was in use; the file is younger than cgroup v2.
    pub fn memory_peak(&self) -> anyhow::Result<Option<u64>> {
        let name = self.named("memory.max_usage_in_bytes", "memory.peak");
        self.folder.join(name).exists().then(|| self.bytes(name)).transpose()
    }

    /// The ceiling on swap alone; nothing when the kernel does not account for swap.
    pub fn swap_limit(&self) -> anyhow::Result<Option<Ceiling>> {
        if !self.counts_swap() {
            return Ok(None);
        }
        let ceiling = match self.version {
            Version::V2 => self.ceiling("memory.swap.max")?,
            Version::V1 => match (self.ceiling("memory.memsw.limit_in_bytes")?, self.memory_limit()?) {
                (Ceiling::At(both), Ceiling::At(memory)) => Ceiling::At(both.saturating_sub(memory)),
                (Ceiling::Unlimited, _) | (_, Ceiling::Unlimited) => Ceiling::Unlimited,
            },
        };
        Ok(Some(ceiling))
    }

    /// The swap in use; nothing when the kernel does not account for swap.
    pub fn swap_usage(&self) -> anyhow::Result<Option<u64>> {
        if !self.counts_swap() {
            return Ok(None);
        }
        match self.version {
            Version::V2 => self.bytes("memory.swap.current").map(Some),
            Version::V1 => {
                let both = self.bytes("memory.memsw.usage_in_bytes")?;
                Ok(Some(both.saturating_sub(self.memory_usage()?)))
            }
        }
    }

    /// The ceiling on memory and swap together, which only cgroup v1 has.
    pub fn combined_limit(&self) -> anyhow::Result<Option<Ceiling>> {
        let has = self.version == Version::V1 && self.counts_swap();
        has.then(|| self.ceiling("memory.memsw.limit_in_bytes")).transpose()
    }

    fn counts_swap(&self) -> bool {
        self.folder.join(self.named("memory.memsw.limit_in_bytes", "memory.swap.max")).exists()
    }

    fn named(&self, v1: &'static str, v2: &'static str) -> &'static str {
        match self.version {
            Version::V1 => v1,
            Version::V2 => v2,
        }
    }

    fn ceiling(&self, name: &str) -> anyhow::Result<Ceiling> {
        Ceiling::parse(&self.text(name)?).with_context(|| name.to_owned())
    }

    fn bytes(&self, name: &str) -> anyhow::Result<u64> {
        self.text(name)?.trim().parse().with_context(|| name.to_owned())
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }
}

fn find_below(folder: &Path, id: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        let path = entry.path();
        if entry.file_name().to_string_lossy().contains(id) {
            return Some(path);
        }
        if let Some(found) = find_below(&path, id) {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Ceiling;

    #[test]
    fn unlimited_is_told_in_two_ways() {
        assert_eq!(Ceiling::parse("max\n").unwrap(), Ceiling::Unlimited);
        assert_eq!(Ceiling::parse("9223372036854771712\n").unwrap(), Ceiling::Unlimited);
        assert_eq!(Ceiling::parse("67108864\n").unwrap(), Ceiling::At(64 << 20));
        assert!(Ceiling::parse("-1").is_err());
    }
}
