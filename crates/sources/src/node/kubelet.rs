//! The kubelet: its process, its flags, and the files it is configured by, in the order in which it merges them.

use crate::host_root::HostRoot;
use crate::node::configz::configz;
use crate::node::daemons::{KUBELETS, Processes};
use crate::node::files::{text_file, unlisted};
use model::node::{Daemon, KubeletFound, TextFile};
use model::reading::Reading;

/// Where kubeadm writes it.
const CONFIG_DEFAULT: &str = "/var/lib/kubelet/config.yaml";

/// k3s and RKE2 hand the kubelet a folder of drop-ins and no file.
const RANCHER_FOLDERS: [&str; 2] =
    ["/var/lib/rancher/k3s/agent/etc/kubelet.conf.d", "/var/lib/rancher/rke2/agent/etc/kubelet.conf.d"];

/// The kubelet's read-only port, off by default.
const READ_ONLY_PORT: u16 = 10255;

/// Files whose words are flags of a kubelet that does not run: environment files of kubeadm's and the distributions' units.
const ENVIRONMENT: [&str; 4] = [
    "/var/lib/kubelet/kubeadm-flags.env",
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/var/snap/microk8s/current/args/kubelet",
];

/// Finds it. Without a process and without a unit there is none.
#[must_use]
pub fn kubelet(root: &HostRoot, processes: &Processes<'_>, files: &[TextFile]) -> Reading<KubeletFound> {
    let process = processes.daemons(&KUBELETS).into_iter().next();
    let is_unit = |file: &&TextFile| file.path.contains("/kubelet.service");
    if process.is_none() && !files.iter().any(|file| is_unit(&file)) {
        return Reading::Absent;
    }
    let flags = match &process {
        Some(process) => flags_of_process(root, process, files),
        None => Reading::Value(flags_of_units(files)),
    };
    let words = flags.value().map(Vec::as_slice).unwrap_or_default();
    let config = config(root, words);
    let port = flag(words, "read-only-port").and_then(|port| port.parse().ok()).unwrap_or(READ_ONLY_PORT);
    let can_ask = process.is_some() && root.is_own() && port > 0;
    Reading::Value(KubeletFound {
        config,
        configz: if can_ask { configz(port) } else { Reading::Absent },
        version: version(root),
        flags,
        process: process.into(),
    })
}

/// The value of a flag, `--name=value` or `--name value`; of several the last one counts.
#[must_use]
pub fn flag<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let mut found = None;
    for (index, word) in words.iter().enumerate() {
        let Some(rest) = word.strip_prefix("--").and_then(|rest| rest.strip_prefix(name)) else { continue };
        if let Some(value) = rest.strip_prefix('=') {
            found = Some(value);
        } else if rest.is_empty() {
            found = words
                .get(index + 1)
                .map(String::as_str)
                .filter(|next| !next.starts_with("--"))
                .or(Some("true"));
        }
    }
    found
}

fn flags_of_process(root: &HostRoot, process: &Daemon, files: &[TextFile]) -> Reading<Vec<String>> {
    let words = root.text(&format!("/proc/{}/cmdline", process.pid)).map(|text| {
        text.split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<String>>()
    });
    match process.name.as_str() {
        "kubelet" => words.map(|words| words.into_iter().skip(1).collect()),
        "kubelite" => Reading::Value(flags_of_units(files)),
        // k3s runs the kubelet inside itself: `--kubelet-arg=fail-swap-on=false`.
        _ => words.map(|words| {
            let handed = |(index, word): (usize, &String)| match word.strip_prefix("--kubelet-arg") {
                Some("") => words.get(index + 1).map(|next| format!("--{next}")),
                Some(rest) => rest.strip_prefix('=').map(|rest| format!("--{rest}")),
                None => None,
            };
            // k3s sets it itself (pkg/daemons/agent/agent_linux.go).
            let own = std::iter::once("--fail-swap-on=false".to_owned());
            own.chain(words.iter().enumerate().filter_map(handed)).collect()
        }),
    }
}

/// Every word that looks like a flag in the kubelet's unit, its drop-ins and their environment files.
fn flags_of_units(files: &[TextFile]) -> Vec<String> {
    let mut words = Vec::new();
    let concerned = files
        .iter()
        .filter(|file| file.path.contains("/kubelet.service") || ENVIRONMENT.contains(&file.path.as_str()));
    for file in concerned {
        let Some(text) = file.text.value() else { continue };
        for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with(['#', ';'])) {
            let split = line.split(|character: char| character.is_whitespace() || "\"'".contains(character));
            let mut is_flag = false;
            for word in split.filter(|word| !word.is_empty()) {
                let word = word.find("--").map_or(word, |at| word.get(at..).unwrap_or(word));
                if word.starts_with("--") || is_flag {
                    words.push(word.to_owned());
                }
                is_flag = word.starts_with("--") && !word.contains('=');
            }
        }
    }
    words
}

/// The file of `--config`, then the drop-ins of `--config-dir` in lexical order (KEP-3983): what comes later wins.
fn config(root: &HostRoot, flags: &[String]) -> Vec<TextFile> {
    let mut config = Vec::new();
    match flag(flags, "config") {
        Some(path) => config.push(text_file(root, path)),
        // Behind a closed folder it may be there.
        None if !matches!(root.path(CONFIG_DEFAULT).try_exists(), Ok(false)) => {
            config.push(text_file(root, CONFIG_DEFAULT));
        }
        None => {}
    }
    match flag(flags, "config-dir") {
        Some(folder) => drop_ins(root, folder.trim_end_matches('/'), &mut config),
        None => RANCHER_FOLDERS.iter().for_each(|folder| drop_ins(root, folder, &mut config)),
    }
    config
}

/// The kubelet walks the folder as Go's `filepath.Walk` does: by name, a folder before what follows it.
fn drop_ins(root: &HostRoot, folder: &str, found: &mut Vec<TextFile>) {
    if let Some(closed) = unlisted(root, folder) {
        found.push(closed);
    }
    for name in root.names(folder) {
        let path = format!("{folder}/{name}");
        if root.path(&path).is_dir() {
            drop_ins(root, &path, found);
        } else if name.ends_with(".conf") {
            found.push(text_file(root, &path));
        }
    }
}

/// Debian's package database; others' are no text.
fn version(root: &HostRoot) -> Reading<String> {
    root.text("/var/lib/dpkg/status").and_then(|text| {
        let package = text.split("\n\n").find(|package| package.starts_with("Package: kubelet\n"));
        let version =
            package.and_then(|package| package.lines().find_map(|line| line.strip_prefix("Version: ")));
        version.map(|version| version.split('-').next().unwrap_or(version).to_owned()).into()
    })
}

#[cfg(test)]
mod tests {
    use super::{TextFile, flag, flags_of_units};
    use model::reading::Reading;

    #[test]
    fn the_last_of_two_flags_counts() {
        let words: Vec<String> =
            ["--config=/a", "--v", "2", "--config", "/b", "--fail-swap-on"].map(str::to_owned).to_vec();
        assert_eq!(flag(&words, "config"), Some("/b"));
        assert_eq!(flag(&words, "v"), Some("2"));
        assert_eq!(flag(&words, "fail-swap-on"), Some("true"));
        assert_eq!(flag(&words, "config-dir"), None);
    }

    #[test]
    fn flags_of_a_unit_are_found_in_every_spelling() {
        let file = |path: &str, text: &str| TextFile {
            path: path.to_owned(),
            text: Reading::Value(text.to_owned()),
            mode: 0o644,
        };
        let files = [
            file(
                "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
                "[Service]\n# --config=/not\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n\
                 ExecStart=\nExecStart=/usr/bin/kubelet --config-dir /etc/kubelet.d $KUBELET_EXTRA_ARGS\n",
            ),
            file("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--fail-swap-on=false\n"),
            file("/etc/systemd/system/other.service", "ExecStart=/bin/x --config=/other\n"),
        ];
        let words = flags_of_units(&files);
        assert_eq!(flag(&words, "config"), Some("/var/lib/kubelet/config.yaml"));
        assert_eq!(flag(&words, "config-dir"), Some("/etc/kubelet.d"));
        assert_eq!(flag(&words, "fail-swap-on"), Some("false"));
    }
}
