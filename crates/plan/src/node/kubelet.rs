//! What the kubelet is told: that swap may be on, who may swap, when it evicts.
//!
//! By a drop-in of its own where it reads drop-ins, else in the file that `--config` names; never in a file of a package.
//!
//! Written in KEP-2400 and Kubernetes' API reference of KubeletConfiguration.

use crate::node::draft::{Draft, WantedFile};
use crate::node::kubelet_config::{DEFAULTS, KubeletConfig};
use crate::node::kubelet_edit::{self, Setting};
use crate::node::look::Look;
use crate::node::order::{self, Stage};
use crate::node::systemd_unit::{self, HEADER};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::document::node::Node;
use model::node::KubeletFound;
use model::node_swap::{KubeletWanted, NodeSwap, SwapSize};
use model::outcome::node::SwapBehavior;
use model::plan::Change;
use model::reading::Reading;
use std::fmt::Write as _;

/// Sorts behind what nodeadm and others write.
const DROP_IN: &str = "90-highwater-swap.conf";

/// Adds the steps. After the areas, whose units and changes it must know.
pub fn plan(look: &Look<'_>, wanted: &NodeSwap, draft: &mut Draft) {
    let kubelet = match &look.node().kubelet {
        Reading::Value(kubelet) => kubelet,
        Reading::Absent => {
            if wanted.kubelet.is_some() {
                draft.remark("there is no kubelet here: nothing is told to it");
            }
            return;
        }
        Reading::Failed(why) => {
            return draft
                .refuse(format!("whether a kubelet is here cannot be told: {why}"), "run this as root");
        }
    };
    if let Reading::Failed(why) = &kubelet.flags {
        // A flag wins over every file, and tells which files there are.
        return draft.refuse(format!("the kubelet's command line cannot be read: {why}"), "run this as root");
    }
    let config = KubeletConfig::read(look, kubelet);
    if !config.broken.is_empty() {
        for broken in &config.broken {
            draft.refuse(
                format!("the kubelet's configuration cannot be read: {broken}"),
                "mend it first; it is left as it is",
            );
        }
        return;
    }
    match &wanted.kubelet {
        Some(told) => tell(look, kubelet, &config, told, draft),
        None if !wanted.areas.is_empty() => refuse_if_it_would_exit(&config, draft),
        None => {}
    }
    if look.has_systemd() && !draft.swap_units.is_empty() {
        let unit = unit(kubelet);
        let path = systemd_unit::file_path(&format!("{unit}.d/10-highwater-swap.conf"));
        let text = Some(systemd_unit::kubelet_drop_in(&with_earlier(look, &path, &draft.swap_units)));
        let why = "The kubelet looks at swap once, when it starts: it starts when swap is on.";
        draft.file(look, Stage::Units, WantedFile { name: "kubelet-order", why, path: &path, text });
    }
    restart(look, kubelet, wanted.kubelet.as_ref(), draft);
}

/// Units of an earlier wish, for which the kubelet waits already: while they are there, it still does.
fn with_earlier(look: &Look<'_>, drop_in: &str, units: &[String]) -> Vec<String> {
    let text = look.text(drop_in).value().cloned().unwrap_or_default();
    let earlier = text.lines().find_map(|line| line.strip_prefix("Wants=")).unwrap_or_default();
    let is_there = |unit: &&str| look.text(&systemd_unit::file_path(unit)).value().is_some();
    let mut all: Vec<String> = earlier
        .split_whitespace()
        .filter(|unit| !units.iter().any(|own| own == unit))
        .filter(is_there)
        .map(str::to_owned)
        .collect();
    all.extend_from_slice(units);
    all
}

/// A kubelet that was not told exits as soon as it starts with swap on.
fn refuse_if_it_would_exit(config: &KubeletConfig, draft: &mut Draft) {
    if fails_on_swap(config) {
        draft.refuse(
            "a kubelet is here, and with swap on it exits when it starts: failSwapOn is true",
            "say what it shall do: `--swap-behavior LimitedSwap` lets Burstable pods swap, `--swap-behavior NoSwap` only the node's own services",
        );
    }
}

fn fails_on_swap(config: &KubeletConfig) -> bool {
    let flag = config.flag("--fail-swap-on").map(|value| value != "false");
    let file = || config.value(&["failSwapOn"], "").and_then(|(_, node)| node.bool());
    flag.or_else(file).unwrap_or(true)
}

fn tell(
    look: &Look<'_>,
    kubelet: &KubeletFound,
    config: &KubeletConfig,
    told: &KubeletWanted,
    draft: &mut Draft,
) {
    refuse_impossible(look, config, told, draft);
    let settings = settings(look, config, told);
    let drop_in = drop_in(config);
    let own = drop_in.as_deref().unwrap_or_default();
    let is_told = settings.iter().all(|setting| {
        let found = config.value(&setting.keys, own);
        found.is_some_and(|(_, node)| is_value(node, &setting.value))
            || (setting.is_default() && found.is_none())
    });
    let Some(drop_in) = drop_in else {
        if !is_told {
            edit(kubelet, config, &settings, draft);
        }
        return;
    };
    let has_own = config.files.iter().any(|file| file.path == drop_in);
    if is_told && !has_own {
        return;
    }
    refuse_overruled(config, &drop_in, &settings, draft);
    let why = "The kubelet merges this file last; the files of others stay as they are.";
    let text = Some(drop_in_text(&settings));
    draft.file(look, Stage::KubeletConfig, WantedFile { name: "kubelet-config", why, path: &drop_in, text });
}

/// Where a drop-in of ours lies, when the kubelet reads drop-ins.
fn drop_in(config: &KubeletConfig) -> Option<String> {
    Some(format!("{}/{DROP_IN}", config.folder()?.trim_end_matches('/')))
}

impl Setting {
    /// Whether it says what holds anyway.
    fn is_default(&self) -> bool {
        self.keys == ["memorySwap", "swapBehavior"] && self.value == "NoSwap"
    }
}

/// Thresholds of an earlier wish in our own drop-in stay, when this one says nothing of them.
fn earlier_eviction(config: &KubeletConfig, told: &KubeletWanted) -> Vec<Setting> {
    let own = drop_in(config);
    let file = config.files.iter().find(|file| Some(&file.path) == own.as_ref());
    let Some(earlier) =
        file.and_then(|file| file.root()?.get("evictionHard")).filter(|_| told.eviction.is_none())
    else {
        return Vec::new();
    };
    let kept = DEFAULTS.iter().filter_map(|(signal, _)| {
        let value = earlier.get(signal)?.text()?.to_owned();
        Some(Setting { keys: vec!["evictionHard", signal], value })
    });
    kept.collect()
}

/// What the kubelet shall be told, by keys.
fn settings(look: &Look<'_>, config: &KubeletConfig, told: &KubeletWanted) -> Vec<Setting> {
    let setting =
        |keys: &[&'static str], value: &str| Setting { keys: keys.to_vec(), value: value.to_owned() };
    let mut settings = Vec::new();
    if config.flag("--fail-swap-on").as_deref() != Some("false") {
        settings.push(setting(&["failSwapOn"], "false"));
    }
    settings.push(setting(&["memorySwap", "swapBehavior"], told.behavior.name()));
    if let Some(eviction) = told.eviction {
        let drop_in = drop_in(config);
        let others = config.value(&["evictionHard"], drop_in.as_deref().unwrap_or_default());
        settings.push(setting(&["evictionHard", "memory.available"], &amount(eviction)));
        if others.is_none_or(|(_, node)| node.entries().is_empty()) {
            // Whoever names one threshold loses the defaults of all others, so they are named too.
            for (signal, value) in DEFAULTS.iter().filter(|(signal, _)| *signal != "memory.available") {
                settings.push(setting(&["evictionHard", signal], value));
            }
        }
    }
    settings.extend(earlier_eviction(config, told));
    if is_old(look) {
        settings.push(setting(&["featureGates", "NodeSwap"], "true"));
    }
    settings
}

/// Whether the kubelet needs the feature gate `NodeSwap`, which is on from 1.30 and fixed from 1.34.
fn is_old(look: &Look<'_>) -> bool {
    look.kubernetes().is_some_and(|version| version.0 < 30)
}

fn amount(bytes: Bytes) -> String {
    SwapSize::Fixed(bytes).to_string()
}

/// Whether a node holds the value; amounts are compared as amounts.
fn is_value(node: &Node, value: &str) -> bool {
    let same_amount = |text: &str| {
        let (one, other) =
            (model::quantity::kubernetes::milli(text), model::quantity::kubernetes::milli(value));
        one.is_some() && one == other
    };
    node.text().is_some_and(|text| text == value || same_amount(text))
}

fn drop_in_text(settings: &[Setting]) -> String {
    let mut text = format!("{HEADER}apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n");
    let mut outer = "";
    for setting in settings {
        match setting.keys.as_slice() {
            [first, second] => {
                if *first != outer {
                    let _ = writeln!(text, "{first}:");
                    outer = first;
                }
                let _ = writeln!(text, "  {second}: {}", setting.value);
            }
            keys => {
                let _ = writeln!(text, "{}: {}", keys.join("."), setting.value);
            }
        }
    }
    text
}

/// Without a folder of drop-ins: the file that `--config` names.
fn edit(kubelet: &KubeletFound, config: &KubeletConfig, settings: &[Setting], draft: &mut Draft) {
    let Some(file) = config.files.first() else {
        return draft.refuse(
            "the kubelet reads no configuration file that could be changed",
            "give it one with `--config=FILE`, or a folder of drop-ins with `--config-dir=DIR`",
        );
    };
    if is_packaged(&file.path) {
        return draft.refuse(
            format!("the kubelet's configuration {} is a file of a package: an update would write over it", file.path),
            "give the kubelet a file below /etc with `--config=FILE`, or a folder of drop-ins with `--config-dir=DIR`",
        );
    }
    let Some(text) = kubelet_edit::with(&file.manifest, settings) else {
        return draft.refuse(
            format!("{} is not laid out so that it can be changed safely", file.path),
            format!(
                "write yourself: {}",
                settings
                    .iter()
                    .map(|one| format!("{}: {}", one.keys.join("."), one.value))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        );
    };
    let content = |text: &str| model::plan::FileContent { text: text.to_owned(), mode: file.mode };
    let change = Change::File {
        path: file.path.clone(),
        now: Some(content(&file.manifest.text)),
        wanted: Some(content(&text)),
    };
    if file.manifest.text != text {
        let why = "The kubelet has no folder of drop-ins; every other line of its file stays as it is.";
        draft.step(Stage::KubeletConfig, "kubelet-config", why, change);
    }
    let flags = kubelet.flags.value().map_or(&[][..], Vec::as_slice);
    if file.path == "/var/lib/kubelet/config.yaml"
        && flags.iter().any(|flag| flag.contains("bootstrap-kubeconfig"))
    {
        draft.remark(
            "`kubeadm upgrade node` writes /var/lib/kubelet/config.yaml again from the ConfigMap kubelet-config in kube-system: set the same there",
        );
    }
}

fn is_packaged(path: &str) -> bool {
    ["/usr/", "/lib/"].iter().any(|folder| path.starts_with(folder)) && !path.starts_with("/usr/local/")
}

/// A flag, or a drop-in that is merged later, wins over what would be written.
fn refuse_overruled(config: &KubeletConfig, own: &str, settings: &[Setting], draft: &mut Draft) {
    for setting in settings {
        let Some((file, node)) = config.value(&setting.keys, own) else { continue };
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let is_drop_in = config.files.first().is_none_or(|main| main.path != file.path);
        if is_drop_in && name(&file.path) > name(own) && !is_value(node, &setting.value) {
            draft.refuse(
                format!("{} sets {} and is merged after {own}: it wins", file.path, setting.keys.join(".")),
                format!("take it out of {}", file.path),
            );
        }
    }
}

fn refuse_impossible(look: &Look<'_>, config: &KubeletConfig, told: &KubeletWanted, draft: &mut Draft) {
    if config.flag("--fail-swap-on").is_some_and(|value| value != "false") {
        draft.refuse(
            "the kubelet is started with --fail-swap-on=true, and a flag wins over its configuration",
            "take the flag out of its unit or environment file",
        );
    }
    if let (Some(_), Some(flag)) = (told.eviction, config.flag("--eviction-hard")) {
        draft.refuse(
            format!(
                "the kubelet is started with --eviction-hard={flag}, and a flag wins over its configuration"
            ),
            "take the flag out of its unit or environment file, or leave --eviction out",
        );
    }
    match told.behavior {
        SwapBehavior::NoSwap if is_old(look) => draft.refuse(
            "a kubelet before 1.30 knows no NoSwap: it is the same as leaving the feature gate NodeSwap off",
            "take a newer kubelet, or leave --swap-behavior out",
        ),
        SwapBehavior::NoSwap | SwapBehavior::UnlimitedSwap => {}
        SwapBehavior::LimitedSwap => {
            if look.node().host.cgroup_version.get() == Some(CgroupVersion::V1) {
                draft.refuse(
                    "LimitedSwap works on cgroup v2 alone, and this machine has v1",
                    "boot with `systemd.unified_cgroup_hierarchy=1`, or say `--swap-behavior NoSwap`",
                );
            }
            if look.node().features.swap_limit.get() == Some(false) {
                draft.refuse(
                    "this kernel has no memory.swap.max: the kubelet would limit nothing, and every pod could swap without limit",
                    "boot with `swapaccount=1`, or take a kernel with swap accounting",
                );
            }
        }
    }
}

/// The kubelet starts again when its files or swap changed, or when it runs with something else than its files say.
fn restart(look: &Look<'_>, kubelet: &KubeletFound, told: Option<&KubeletWanted>, draft: &mut Draft) {
    let why = if draft.any(|stage, _| stage == Stage::KubeletConfig) {
        "The kubelet reads its configuration once, when it starts."
    } else if draft.any(|_, change| matches!(change, Change::Swap { wanted: Some(_), .. })) {
        "The kubelet looks at the size of swap once, when it starts."
    } else if is_older_than_swap(look, kubelet, draft) {
        "Swap was switched on after the kubelet started, which looks at its size once."
    } else if runs_otherwise(kubelet, told) {
        "The kubelet runs with another configuration than its files say: it was not started again since."
    } else {
        return;
    };
    match (&kubelet.process, look.has_systemd()) {
        (Reading::Value(_), true) => order::restart_kubelet(draft, &unit(kubelet), why),
        (Reading::Value(_), false) => {
            draft.remark("start the kubelet again when the plan is done: without systemd nothing here can");
        }
        (Reading::Absent | Reading::Failed(_), _) => {}
    }
}

/// Whether `/configz` tells something else than was wished, whatever the files say.
fn runs_otherwise(kubelet: &KubeletFound, told: Option<&KubeletWanted>) -> bool {
    let (Some(told), Reading::Value(configz)) = (told, &kubelet.configz) else { return false };
    let Ok(Some(tree)) = manifest::tree(configz) else { return false };
    let Some(root) = tree.get("kubeletconfig") else { return false };
    let fails = root.get("failSwapOn").and_then(Node::bool) == Some(true);
    let found = root.at(&["memorySwap", "swapBehavior"]).and_then(Node::text).filter(|text| !text.is_empty());
    let eviction = root.at(&["evictionHard", "memory.available"]);
    let evicts = told.eviction.zip(eviction).is_some_and(|(wanted, node)| !is_value(node, &amount(wanted)));
    fails || found.unwrap_or("NoSwap") != told.behavior.name() || evicts
}

/// Whether the kubelet started before a wanted area was switched on.
fn is_older_than_swap(look: &Look<'_>, kubelet: &KubeletFound, draft: &Draft) -> bool {
    let Some(started) = kubelet.process.value().and_then(|process| process.started.get()) else {
        return false;
    };
    let mut switched_on = draft.places.iter().filter_map(|place| look.active(place)?.switched_on.get());
    switched_on.any(|switched_on| switched_on > started)
}

/// The kubelet's unit: the service in whose cgroup it runs.
fn unit(kubelet: &KubeletFound) -> String {
    let cgroup = kubelet.process.value().and_then(|process| process.cgroup.value());
    let unit = cgroup.and_then(|cgroup| cgroup.split('/').rfind(|part| part.ends_with(".service")));
    unit.unwrap_or("kubelet.service").to_owned()
}
