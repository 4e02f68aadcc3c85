//! Kernel settings that a file sets: by `sysctl -w`, and by lines for /etc/sysctl.d.

use crate::lint::Subject;
use crate::lint::node::script;
use model::document::kind::DocumentKind;
use model::document::{Content, Span};

/// A kernel setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSetting {
    /// Its name with dots.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it outlives a reboot: it is written to a file that is read at boot.
    pub persists: bool,
}

/// The kernel settings of a file, in its order.
#[must_use]
pub fn values(subject: &Subject<'_>) -> Vec<KernelSetting> {
    let mut values = Vec::new();
    for document in &subject.file.documents {
        match &document.content {
            Content::Settings(settings) => values.extend(settings.iter().filter_map(|setting| {
                let span = setting.key.span.to(setting.value.span);
                one(&setting.key.value, &setting.value.value, span, true)
            })),
            Content::Tree(root) => {
                let path: &[&str] = match document.kind {
                    DocumentKind::TalosMachine => &["machine", "sysctls"],
                    DocumentKind::GkeNodeSystem => &["linuxConfig", "sysctl"],
                    DocumentKind::Kubernetes { .. }
                    | DocumentKind::Compose
                    | DocumentKind::KubeletConfiguration
                    | DocumentKind::Kubeadm { .. }
                    | DocumentKind::NodeConfig
                    | DocumentKind::Ec2NodeClass
                    | DocumentKind::DockerDaemon
                    | DocumentKind::MemoryPolicy
                    | DocumentKind::SystemdUnit
                    | DocumentKind::MimeUserData
                    | DocumentKind::Shell => continue,
                };
                let entries = root.entries_at(path).iter();
                values.extend(
                    entries.filter_map(|entry| one(entry.name(), entry.value.text()?, entry.span(), true)),
                );
            }
            Content::Commands(_) => {}
        }
    }
    for script in script::scripts(subject) {
        for call in script.calls_of("sysctl") {
            for word in call.operands() {
                let Some((name, value)) = word.value.split_once('=') else { continue };
                values.extend(one(name, value, word.span, false));
            }
        }
        for write in script.writes() {
            let Some(text) = write.value else { continue };
            let path = write.path.value.as_str();
            if let Some(name) = path.strip_prefix("/proc/sys/") {
                values.extend(one(&name.replace('/', "."), text, write.span, false));
            } else if path.contains("sysctl") {
                for line in text.split(['\n', ';']) {
                    let Some((name, value)) = line.split_once('=') else { continue };
                    values.extend(one(name, value, write.span, true));
                }
            }
        }
    }
    values.sort_by_key(|value| value.span);
    values
}

fn one(name: &str, value: &str, span: Span, persists: bool) -> Option<KernelSetting> {
    let name = name.trim().trim_start_matches('-').replace('/', ".");
    let is_name = ["vm.", "kernel."].iter().any(|start| name.starts_with(start));
    is_name.then(|| KernelSetting {
        name,
        value: value.trim().trim_matches(['"', '\'']).to_owned(),
        span,
        persists,
    })
}
