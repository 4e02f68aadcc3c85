//! What a text is before it is read: a stream of YAML or JSON, user data, a script, a unit.

use crate::mime;
use crate::recognise::file_name;

/// How a text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// YAML or JSON.
    Stream,
    /// User data of several parts.
    Mime,
    /// cloud-init's YAML of commands and files.
    CloudConfig,
    /// Commands.
    Shell,
    /// Sections of settings.
    Unit,
    /// Settings without sections: variables, or those of sysctl.
    Environment,
}

const UNIT_ENDINGS: [&str; 13] = [
    ".service",
    ".slice",
    ".scope",
    ".swap",
    ".mount",
    ".automount",
    ".socket",
    ".timer",
    ".target",
    ".path",
    ".container",
    ".pod",
    ".volume",
];

/// Sections that a unit, a drop-in of systemd's programs, or one of Podman's begins with.
const SECTIONS: [&str; 20] = [
    "unit",
    "service",
    "slice",
    "scope",
    "swap",
    "mount",
    "automount",
    "socket",
    "timer",
    "path",
    "install",
    "container",
    "pod",
    "kube",
    "manager",
    "oom",
    "journal",
    "zram",
    "volume",
    "network",
];

/// Programs that a script without a first line of its own begins with.
const PROGRAMS: [&str; 34] = [
    "docker",
    "podman",
    "nerdctl",
    "swapon",
    "swapoff",
    "mkswap",
    "fallocate",
    "dd",
    "sysctl",
    "kubeadm",
    "kubectl",
    "systemctl",
    "echo",
    "cat",
    "sed",
    "set",
    "export",
    "apt",
    "apt-get",
    "yum",
    "dnf",
    "modprobe",
    "mount",
    "helm",
    "tee",
    "if",
    "for",
    "while",
    "mkdir",
    "chmod",
    "cp",
    "printf",
    "curl",
    "zramctl",
];

/// The form of a text, by its name and how it begins.
pub(crate) fn form(name: &str, text: &str) -> Form {
    let file = file_name(name);
    let path = name.replace('\\', "/");
    let text = text.trim_start_matches('\u{feff}');
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        .unwrap_or("");
    let folder = |part: &str| path.contains(part);
    if mime::is_archive(text) {
        Form::Mime
    } else if text.starts_with("#cloud-config") {
        Form::CloudConfig
    } else if text.starts_with("#!") || [".sh", ".bash"].iter().any(|end| file.ends_with(end)) {
        Form::Shell
    } else if UNIT_ENDINGS.iter().any(|end| file.ends_with(end)) || is_section(first) {
        Form::Unit
    } else if file.ends_with(".env") || folder("etc/default/") || folder("etc/sysconfig/") || is_sysctl(first)
    {
        Form::Environment
    } else if begins_with_program(first) {
        Form::Shell
    } else {
        Form::Stream
    }
}

fn is_section(line: &str) -> bool {
    line.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        SECTIONS.contains(&name.trim_end_matches(|symbol: char| symbol.is_ascii_digit()))
    })
}

/// `vm.swappiness = 10`
fn is_sysctl(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| {
        let key = key.trim().trim_start_matches('-');
        ["vm.", "vm/", "kernel.", "net.", "fs."].iter().any(|start| key.starts_with(start))
            && !key.contains([' ', ':', '"'])
    })
}

fn begins_with_program(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let assigns = |word: &&str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let first = words.find(|word| *word != "sudo" && *word != "$" && !assigns(word));
    first.is_some_and(|word| PROGRAMS.contains(&word.rsplit('/').next().unwrap_or(word)))
}

#[cfg(test)]
mod tests {
    use super::{Form, form};

    #[test]
    fn texts_are_told_by_name_and_beginning() {
        for (name, text, expected) in [
            ("-", "a: 1\n", Form::Stream),
            ("-", "[1, 2]\n", Form::Stream),
            ("-", "MIME-Version: 1.0\n", Form::Mime),
            ("-", "#cloud-config\nruncmd: []\n", Form::CloudConfig),
            ("x", "#!/bin/sh\n", Form::Shell),
            ("x.sh", "a: 1", Form::Shell),
            ("-", "# run\nsudo docker run -m 1g x\n", Form::Shell),
            ("-", "docker: {image: x}\n", Form::Stream),
            ("10-kubeadm.conf", "# Note\n[Service]\n", Form::Unit),
            ("a.swap", "", Form::Unit),
            ("zram.conf", "[zram0]\n", Form::Unit),
            ("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=x\n", Form::Environment),
            ("99-swap.conf", "vm.swappiness = 10\n", Form::Environment),
            ("00-swap.conf", "kind: KubeletConfiguration\n", Form::Stream),
        ] {
            assert_eq!(form(name, text), expected, "{name}: {text}");
        }
    }
}
