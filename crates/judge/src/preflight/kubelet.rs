//! The kubelet's settings in force: its file, then its drop-ins, then its flags; what `/configz` says outweighs them all.
//!
//! Written in kubernetes/cmd/kubelet/app/server.go (`loadConfigFile`, `mergeKubeletConfigurations`, `kubeletConfigFlagPrecedence`),
//! KEP-3983, and the defaults in pkg/kubelet/apis/config/v1beta1/defaults.go.

use super::KubeletSources;
use crate::eviction::EVICTION_DEFAULT;
use kernel::bytes::Bytes;
use model::document::kind::DocumentKind;
use model::document::lines::Lines;
use model::document::node::Node;
use model::document::{Content, Span, UnreadSeverity};
use model::node::KubeletFound;
use model::node_check::{Completeness, EvictionThreshold, KubeletInForce, Told};
use model::outcome::node::Origin;
use model::quantity::kubernetes;

/// How `/configz` is named as an origin.
pub const CONFIGZ: &str = "/configz";

/// Joins them; what nobody tells is the default.
#[must_use]
pub fn in_force(kubelet: &KubeletFound, sources: &KubeletSources<'_>) -> KubeletInForce {
    let mut found = defaults();
    if sources.configz.is_none() {
        found.completeness = completeness(kubelet, sources);
    }
    for file in sources.files {
        let lines = Lines::of(&file.text);
        let origin =
            |span: Span| Origin::File { name: file.name.clone(), line: lines.position(span.start).line };
        for document in &file.documents {
            if let (DocumentKind::KubeletConfiguration, Content::Tree(root)) =
                (&document.kind, &document.content)
            {
                read(root, &mut found, &origin);
            }
        }
    }
    flags(sources.flags, &mut found);
    if let Some(root) = sources.configz.map(|root| root.get("kubeletconfig").unwrap_or(root)) {
        read(root, &mut found, &|_| Origin::File { name: CONFIGZ.to_owned(), line: 1 });
    }
    found
}

fn completeness(kubelet: &KubeletFound, sources: &KubeletSources<'_>) -> Completeness {
    let is_read =
        kubelet.flags.value().is_some() && kubelet.config.iter().all(|file| file.text.value().is_some());
    let mut parts = sources.files.iter().flat_map(|file| &file.unread);
    if is_read && !parts.any(|part| part.severity == UnreadSeverity::Broken) {
        Completeness::Whole
    } else {
        Completeness::Partial
    }
}

fn defaults() -> KubeletInForce {
    let eviction = Some(EvictionThreshold::At(EVICTION_DEFAULT));
    KubeletInForce {
        fail_swap_on: by_default(true),
        behavior: by_default(String::new()),
        eviction: by_default(eviction),
        cgroup_driver: by_default("cgroupfs".to_owned()),
        fail_cgroup_v1: None,
        protect_kernel_defaults: by_default(false),
        completeness: Completeness::Whole,
    }
}

const fn by_default<T>(value: T) -> Told<T> {
    Told { value, origin: Origin::Default }
}

fn read(root: &Node, found: &mut KubeletInForce, origin: &dyn Fn(Span) -> Origin) {
    let bool_at = |path: &[&str]| {
        root.at(path).and_then(|node| Some(Told { value: node.bool()?, origin: origin(node.span) }))
    };
    let text_at = |path: &[&str]| {
        let told = root
            .at(path)
            .and_then(|node| Some(Told { value: node.text()?.to_owned(), origin: origin(node.span) }));
        told.filter(|told: &Told<String>| !told.value.is_empty())
    };
    replace(&mut found.fail_swap_on, bool_at(&["failSwapOn"]));
    replace(&mut found.behavior, text_at(&["memorySwap", "swapBehavior"]));
    replace(&mut found.cgroup_driver, text_at(&["cgroupDriver"]));
    replace(&mut found.protect_kernel_defaults, bool_at(&["protectKernelDefaults"]));
    found.fail_cgroup_v1 = bool_at(&["failCgroupV1"]).or(found.fail_cgroup_v1.take());
    let Some(hard) = root.get("evictionHard").filter(|hard| hard.is_mapping()) else { return };
    match hard.entry("memory.available") {
        Some(entry) => {
            let value = entry.value.text().and_then(threshold);
            found.eviction = Told { value, origin: origin(entry.span()) };
        }
        // Defaults are set only where the whole map is missing (SetDefaults_KubeletConfiguration).
        None if found.eviction.origin == Origin::Default => {
            found.eviction = Told { value: None, origin: origin(hard.span) };
        }
        None => {}
    }
}

fn replace<T>(value: &mut Told<T>, told: Option<Told<T>>) {
    if let Some(told) = told {
        *value = told;
    }
}

/// `100Mi` or `5%`.
fn threshold(text: &str) -> Option<EvictionThreshold> {
    if let Some(share) = text.strip_suffix('%') {
        let share: f64 = share.trim().parse().ok()?;
        return (0.0..=100.0).contains(&share).then_some(EvictionThreshold::Ratio(share / 100.0));
    }
    let milli = kubernetes::milli(text).filter(|milli| *milli > 0)?;
    u64::try_from(milli / 1000).ok().map(|bytes| EvictionThreshold::At(Bytes(bytes)))
}

fn flags(words: &[String], found: &mut KubeletInForce) {
    if let Some(value) = flag(words, "fail-swap-on") {
        found.fail_swap_on = Told { value: value != "false", origin: Origin::Flag("--fail-swap-on") };
    }
    if let Some(value) = flag(words, "cgroup-driver") {
        found.cgroup_driver = Told { value: value.to_owned(), origin: Origin::Flag("--cgroup-driver") };
    }
    if let Some(value) = flag(words, "protect-kernel-defaults") {
        let origin = Origin::Flag("--protect-kernel-defaults");
        found.protect_kernel_defaults = Told { value: value != "false", origin };
    }
    if let Some(value) = flag(words, "eviction-hard") {
        let memory = value.split(',').find_map(|one| one.trim().strip_prefix("memory.available<"));
        let origin = Origin::Flag("--eviction-hard");
        found.eviction = Told { value: memory.and_then(threshold), origin };
    }
}

/// The last value of a flag, `--name=value` or `--name value`; a flag without one is true.
fn flag<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let mut found = None;
    for (index, word) in words.iter().enumerate() {
        let Some(rest) = word.trim_start_matches('-').strip_prefix(name).filter(|_| word.starts_with('-'))
        else {
            continue;
        };
        if let Some(value) = rest.strip_prefix('=') {
            found = Some(value);
        } else if rest.is_empty() {
            let next = words.get(index + 1).map(String::as_str);
            found = next.filter(|next| !next.starts_with('-')).or(Some("true"));
        }
    }
    found
}

/// Who told a setting, in words.
#[must_use]
pub fn who(origin: &Origin) -> String {
    match origin {
        Origin::Flag(flag) => format!("the flag {flag}"),
        Origin::File { name, .. } if name == CONFIGZ => "/configz".to_owned(),
        Origin::File { name, line } => format!("{name}, line {line}"),
        Origin::Default => "the default".to_owned(),
        Origin::ImpliedBy(flag) => format!("{flag} implies it"),
    }
}
