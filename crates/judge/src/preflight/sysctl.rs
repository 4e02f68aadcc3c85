//! Which value of a kernel setting the next boot brings.
//!
//! Written in sysctl.d(5): files are sorted by name whatever their folder, /etc before /run before /usr for the same name, the last value
//! of a key wins. systemd-sysctl does not read `/etc/sysctl.conf`, unless a link in /etc/sysctl.d leads to it; other boots read it last
//! (`sysctl --system` of procps).

use model::node::Node;
use model::reading::Reading;
use std::collections::BTreeMap;

/// Folders, the strongest first.
const FOLDERS: [&str; 5] =
    ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

/// A value that a file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persisted {
    /// The file.
    pub path: String,
    /// The value.
    pub value: String,
}

/// The value of `name` (`vm.swappiness`) after a boot; nothing when no file sets it.
#[must_use]
pub fn persisted(node: &Node, name: &str) -> Option<Persisted> {
    let mut files: BTreeMap<&str, (usize, &str, &str)> = BTreeMap::new();
    for file in &node.files {
        let Some((folder, base)) = file.path.rsplit_once('/') else { continue };
        let rank = FOLDERS.iter().position(|known| *known == folder);
        let (Some(rank), Some(text)) = (rank, file.text.value()) else { continue };
        let entry = files.entry(base).or_insert((rank, &file.path, text));
        if rank < entry.0 {
            *entry = (rank, &file.path, text);
        }
    }
    let is_read = |path: &str| path == "/etc/sysctl.conf" && node.systemd == Reading::Absent;
    let last = node.files.iter().find(|file| is_read(&file.path));
    let last = last.and_then(|file| Some((0, file.path.as_str(), file.text.value()?.as_str())));
    let in_order = files.into_values().chain(last);
    in_order
        .filter_map(|(_, path, text)| Some(Persisted { path: path.to_owned(), value: value_in(text, name)? }))
        .next_back()
}

fn value_in(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let mut found = pairs.filter(|(key, _)| key.trim().trim_start_matches('-').replace('/', ".") == name);
    found.next_back().map(|(_, value)| value.trim().to_owned())
}
