//! What alerts call what they are about, and the labels that tell it to machines.

use kernel::cgroup_path::{Identity, unit_unescape};
use model::cgroup::{Cgroup, CgroupIndex};
use model::container::Container;
use model::incident::Place;
use model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// As many characters of an id as Docker shows.
const ID_CHARS: usize = 12;

/// Everybody who is watched with a name of its own. It outlives a restart where the runtime tells a name.
pub fn names(snapshot: &Snapshot, watched: &[CgroupIndex]) -> Vec<(String, CgroupIndex)> {
    let mut taken = BTreeSet::new();
    let named = watched.iter().filter_map(|index| {
        let cgroup = snapshot.cgroup(*index)?;
        let name = of_cgroup(cgroup);
        // Two engines may know a `web` each.
        let own = if taken.contains(&name) { format!("{name} ({})", cgroup.path) } else { name };
        taken.insert(own.clone());
        Some((own, *index))
    });
    named.collect()
}

/// Where an incident happened.
pub fn of_place(place: &Place, host: &str) -> String {
    match (&place.container, &place.pod_name, &place.unit, place.path.value()) {
        (Some(container), _, _, _) => of_container(container),
        (None, Some(pod), _, _) => pod.to_string(),
        (None, None, Some(unit), _) => unit_unescape(unit),
        (None, None, None, Some(path)) => path.clone(),
        (None, None, None, None) => host.to_owned(),
    }
}

/// The machine's name.
pub fn of_host(snapshot: &Snapshot) -> String {
    snapshot.host.hostname.value().map_or("this machine", String::as_str).to_owned()
}

/// Labels of a cgroup.
pub fn labels(snapshot: &Snapshot, cgroup: &Cgroup) -> BTreeMap<String, String> {
    let mut labels = of_machine(snapshot);
    labels.insert("cgroup".to_owned(), cgroup.path.clone());
    if let Some(container) = &cgroup.container {
        container_labels(&mut labels, container);
    }
    labels
}

/// Labels of where an incident happened.
pub fn place_labels(snapshot: &Snapshot, place: &Place) -> BTreeMap<String, String> {
    let mut labels = of_machine(snapshot);
    if let Some(path) = place.path.value() {
        labels.insert("cgroup".to_owned(), path.clone());
    }
    if let Some(pod) = &place.pod_name {
        labels.insert("namespace".to_owned(), pod.namespace.clone());
        labels.insert("pod".to_owned(), pod.name.clone());
    }
    if let Some(container) = &place.container {
        container_labels(&mut labels, container);
    }
    labels
}

/// Labels of what is about the machine.
pub fn of_machine(snapshot: &Snapshot) -> BTreeMap<String, String> {
    BTreeMap::from([("instance".to_owned(), of_host(snapshot))])
}

fn of_cgroup(cgroup: &Cgroup) -> String {
    if let Some(container) = &cgroup.container {
        return of_container(container);
    }
    match &cgroup.identity {
        Identity::Container(container) => short(&container.id.0).to_owned(),
        Identity::Unit(unit) => unit_unescape(&unit.name),
        Identity::Root
        | Identity::BelowContainer(_)
        | Identity::Monitor(_)
        | Identity::Group { .. }
        | Identity::Pod(_)
        | Identity::KubeQosLevel(_)
        | Identity::KubepodsRoot
        | Identity::BelowUnit(_)
        | Identity::Other => cgroup.path.clone(),
    }
}

fn of_container(container: &Container) -> String {
    if let Some(named) = &container.pod_container {
        return named.to_string();
    }
    container.name.value().cloned().unwrap_or_else(|| short(&container.id.0).to_owned())
}

fn container_labels(labels: &mut BTreeMap<String, String>, container: &Container) {
    let mut label = |key: &str, value: &str| labels.insert(key.to_owned(), value.to_owned());
    label("container_id", &container.id.0);
    if let Some(name) = container.name.value() {
        label("container", name);
    }
    if let Some(image) = container.image.value() {
        label("image", image);
    }
    if let Some(compose) = &container.compose {
        label("project", &compose.project);
        label("service", &compose.service);
    }
    if let Some(named) = &container.pod_container {
        label("namespace", &named.pod.namespace);
        label("pod", &named.pod.name);
        if let Some(container) = &named.container {
            label("container", container);
        }
    }
}

fn short(id: &str) -> &str {
    match id.char_indices().nth(ID_CHARS) {
        Some((end, _)) if id.len() == 64 => id.get(..end).unwrap_or(id),
        _ => id,
    }
}
