//! The kubelet's configuration as it is in force: its file, then its drop-ins in the order of names, then its flags.
//!
//! Written in Kubernetes' page "Set Kubelet Parameters Via A Configuration File": drop-ins end in `.conf`, a later one wins, a flag wins
//! over all of them.

use crate::node::look::Look;
use kernel::bytes::Bytes;
use model::document::kind::DocumentKind;
use model::document::lines::Lines;
use model::document::node::Node;
use model::document::{Content, UnreadSeverity};
use model::manifest::ManifestFile;
use model::node::KubeletFound;
use model::quantity::kubernetes::milli;
use model::reading::Reading;

/// k3s and RKE2 hand the kubelet a folder without a flag that could be seen.
const RANCHER_FOLDERS: [&str; 2] =
    ["/var/lib/rancher/k3s/agent/etc/kubelet.conf.d", "/var/lib/rancher/rke2/agent/etc/kubelet.conf.d"];

/// The configuration in force.
pub struct KubeletConfig {
    /// The files that were read, the main file first.
    pub files: Vec<ConfigFile>,
    /// What could not be read, with its place.
    pub broken: Vec<String>,
    flags: Vec<String>,
}

/// One of its files.
pub struct ConfigFile {
    pub path: String,
    pub mode: u32,
    pub manifest: ManifestFile,
}

impl KubeletConfig {
    pub fn read(look: &Look<'_>, kubelet: &KubeletFound) -> Self {
        let flags = kubelet.flags.value().cloned().unwrap_or_default();
        let mut config = Self { files: Vec::new(), broken: Vec::new(), flags };
        let mut paths: Vec<String> = kubelet.config.iter().map(|file| file.path.clone()).collect();
        if let Some(path) = config.flag("--config").filter(|path| !paths.contains(path)) {
            paths.insert(0, path);
        }
        for path in paths {
            match look.path(&path) {
                Reading::Value(model::path_found::PathFound::Text(content)) => {
                    let manifest = manifest::read(&path, content.text.as_bytes());
                    config.broken.extend(broken(&path, &manifest));
                    config.files.push(ConfigFile { path, mode: content.mode, manifest });
                }
                Reading::Value(_) | Reading::Failed(_) => {
                    let why = look.text(&path);
                    let Reading::Failed(why) = why else { continue };
                    config.broken.push(format!("{path}: cannot be read: {why}"));
                }
                Reading::Absent => {}
            }
        }
        config
    }

    /// The folder whose drop-ins the kubelet merges.
    pub fn folder(&self) -> Option<String> {
        let is_read = |folder: &&&str| self.files.iter().any(|file| file.path.starts_with(**folder));
        let rancher = || RANCHER_FOLDERS.iter().find(is_read).map(|folder| (*folder).to_owned());
        self.flag("--config-dir").or_else(rancher)
    }

    /// The value of a flag, the last one given: `--name=value` or `--name value`.
    pub fn flag(&self, name: &str) -> Option<String> {
        let mut found = None;
        let mut words = self.flags.iter().peekable();
        while let Some(word) = words.next() {
            if word == name {
                let value = words.peek().filter(|next| !next.starts_with("--"));
                found = Some(value.map_or_else(|| "true".to_owned(), |value| (*value).clone()));
            } else if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                found = Some(value.to_owned());
            }
        }
        found
    }

    /// The file that holds the value in force, and the value, without one file that does not count.
    pub fn value(&self, path: &[&str], without: &str) -> Option<(&ConfigFile, &Node)> {
        self.files
            .iter()
            .rev()
            .filter(|file| file.path != without)
            .find_map(|file| Some((file, file.root()?.at(path)?)))
    }

    /// A threshold of `evictionHard` as it is written, or the default where the kubelet has one.
    pub fn eviction_hard(&self, signal: &str) -> Option<String> {
        if let Some(flag) = self.flag("--eviction-hard") {
            return of_flag(&flag, signal);
        }
        let is_configured =
            self.value(&["evictionHard"], "").is_some_and(|(_, node)| !node.entries().is_empty());
        match self.value(&["evictionHard", signal], "") {
            Some((_, node)) => node.text().map(str::to_owned),
            // Whoever names one threshold loses the defaults of all others.
            None if is_configured => None,
            None => default(signal).map(str::to_owned),
        }
    }

    /// A threshold of `evictionSoft` as it is written.
    pub fn eviction_soft(&self, signal: &str) -> Option<String> {
        if let Some(flag) = self.flag("--eviction-soft") {
            return of_flag(&flag, signal);
        }
        self.value(&["evictionSoft", signal], "")?.1.text().map(str::to_owned)
    }
}

impl ConfigFile {
    /// The document's tree.
    pub fn root(&self) -> Option<&Node> {
        self.manifest.documents.iter().find_map(|document| match (&document.kind, &document.content) {
            (DocumentKind::KubeletConfiguration, Content::Tree(root)) => Some(root),
            (_, Content::Tree(_) | Content::Commands(_) | Content::Settings(_)) => None,
        })
    }
}

/// The kubelet's own thresholds on Linux, which hold while `evictionHard` is empty (pkg/kubelet/apis/config/v1beta1/defaults_linux.go).
pub const DEFAULTS: [(&str, &str); 5] = [
    ("memory.available", "100Mi"),
    ("nodefs.available", "10%"),
    ("nodefs.inodesFree", "5%"),
    ("imagefs.available", "15%"),
    ("imagefs.inodesFree", "5%"),
];

fn default(signal: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|(name, _)| *name == signal).map(|(_, value)| *value)
}

/// `memory.available<100Mi,nodefs.available<10%`.
fn of_flag(flag: &str, signal: &str) -> Option<String> {
    flag.split(',').find_map(|part| Some(part.trim().strip_prefix(signal)?.strip_prefix('<')?.to_owned()))
}

/// A threshold in bytes: an amount, or a share of the whole.
pub fn threshold(text: &str, whole: Bytes) -> Option<Bytes> {
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim().parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a size below 2^53 bytes; a negative share is none"
        )]
        return Some(Bytes((whole.0 as f64 * percent / 100.0) as u64));
    }
    u64::try_from(milli(text)? / 1000).ok().map(Bytes)
}

/// What of a file could not be read, each with its place; a file without a document is broken too, unless it is empty.
fn broken(path: &str, manifest: &ManifestFile) -> Vec<String> {
    let lines = Lines::of(&manifest.text);
    let unread = manifest
        .unread
        .iter()
        .filter(|unread| unread.severity == UnreadSeverity::Broken || manifest.documents.is_empty());
    unread
        .map(|unread| {
            let place = lines.position(unread.span.start);
            format!("{path}:{}:{}: {}", place.line, place.column, unread.why)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{of_flag, threshold};
    use kernel::bytes::Bytes;

    #[test]
    fn thresholds_are_amounts_or_shares() {
        let whole = Bytes(1000);
        assert_eq!(threshold("10%", whole), Some(Bytes(100)));
        assert_eq!(threshold("1Ki", whole), Some(Bytes(1024)));
        assert_eq!(threshold("much", whole), None);
    }

    #[test]
    fn a_flag_names_thresholds_by_their_signal() {
        let flag = "memory.available<100Mi,nodefs.available<5%";
        assert_eq!(of_flag(flag, "nodefs.available").as_deref(), Some("5%"));
        assert_eq!(of_flag(flag, "imagefs.available"), None);
    }
}
