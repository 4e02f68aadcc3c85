//! What the victim's container, its processes and the levels above are called.

use crate::names;
use kernel::cgroup_path::unit_unescape;
use kernel::oom_report::report::OomKind;
use model::incident::Incident;
use model::incident::cause::Consumer;

/// A longer path is told by its last component: a line of the story has room for that.
const PATH_CHARS_MAX: usize = 60;

/// What to call the place of an incident.
pub(super) fn place(incident: &Incident) -> String {
    let place = &incident.place;
    if let Some(container) = &place.container {
        if let Some(named) = &container.pod_container {
            return named.to_string();
        }
        let name = container.name.value().cloned();
        return name.unwrap_or_else(|| format!("container {}", names::short_id(&container.id.0)));
    }
    if let Some(unit) = &place.unit {
        return unit_unescape(unit);
    }
    match place.path.value() {
        Some(path) => path.clone(),
        None if incident.level.scope.is_of_machine() => "the machine".to_owned(),
        None => unnamed(incident),
    }
}

/// What to call the place of an incident of which no line names the victim's cgroup.
fn unnamed(incident: &Incident) -> String {
    if let Some(pod) = &incident.place.pod {
        return incident
            .place
            .pod_name
            .as_ref()
            .map_or_else(|| format!("pod {}", pod.uid), ToString::to_string);
    }
    match incident.level.path.value() {
        Some(level) => path(level),
        None if matches!(incident.kind, OomKind::Unknown | OomKind::NothingToKill) => {
            "place unknown".to_owned()
        }
        None => "a cgroup nobody named".to_owned(),
    }
}

/// Everything else that tells whose it was.
pub(super) fn about(incident: &Incident) -> Vec<String> {
    let place = &incident.place;
    let mut words: Vec<String> = Vec::new();
    words.extend(place.host.as_ref().map(|host| format!("host {host}")));
    if let Some(container) = &place.container {
        words.extend(names::runtime(container.runtime).map(str::to_owned));
        words.extend(container.image.value().map(|image| format!("image {image}")));
        words.push(format!("id {}", names::short_id(&container.id.0)));
    }
    match (&place.pod_name, &place.pod) {
        (Some(name), _) => words.push(format!("pod {name}")),
        (None, Some(pod)) => words.push(format!("pod {}", pod.uid)),
        (None, None) => {}
    }
    words
}

/// The container's name in a sentence.
pub(super) fn subject(incident: &Incident) -> &'static str {
    if incident.place.container.is_some() {
        "the container"
    } else if incident.place.unit.is_some() {
        "the unit"
    } else if incident.place.pod.is_some() {
        "the pod"
    } else {
        "the cgroup"
    }
}

/// A path that is the place of a container: long ids cut, as runtimes show them.
pub(super) fn path(path: &str) -> String {
    let shortened = path.split('/').map(|component| {
        let digits = component.trim_end_matches(".scope");
        let hex = digits.rsplit('-').next().unwrap_or(digits);
        let is_id = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id {
            return component.to_owned();
        }
        let prefix = digits.strip_suffix(hex).unwrap_or_default();
        let end = if component.ends_with(".scope") { ".scope" } else { "" };
        format!("{prefix}{}…{end}", names::short_id(hex))
    });
    let whole = shortened.collect::<Vec<_>>().join("/");
    if whole.len() <= PATH_CHARS_MAX {
        return whole;
    }
    whole.rsplit_once('/').map_or_else(|| whole.clone(), |(_, last)| format!("…/{last}"))
}

/// Whether the process that died is not the one that held the memory: it had less than half of what the consumer had.
pub(super) fn is_innocent(incident: &Incident) -> bool {
    let consumed = match &incident.consumer {
        Consumer::Process { bytes, .. }
        | Consumer::Tmpfs { bytes }
        | Consumer::PageCache { bytes }
        | Consumer::Kernel { bytes }
        | Consumer::Neighbour { bytes, .. } => *bytes,
        Consumer::Victim { .. } | Consumer::ManyProcesses { .. } | Consumer::Unknown(_) => return false,
    };
    let held = incident.chosen().and_then(|victim| victim.anon_rss);
    held.is_none_or(|held| held.saturating_add(held) < consumed)
}
