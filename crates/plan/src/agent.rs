//! The plan that puts the agent on a machine: its unit, its user, its folders, and what differs on this machine.
//!
//! `deploy/` holds the files; what one machine needs besides stands in a drop-in, so that the unit is everywhere the same
//! (systemd.unit(5): drop-ins).

use model::plan::{Change, FileContent, Plan, Refusal, Step, UnitAction};

const UNIT: &str = "highwater-agent.service";
const USER_UNIT: &str = "highwater-agent-user.service";
const UNITS: &str = "/etc/systemd/system";
const USUAL_BINARY: &str = "/usr/bin/highwater";
const MODE: u32 = 0o644;

/// Where the drop-in lies.
pub const DROP_IN: &str = "/etc/systemd/system/highwater-agent.service.d/10-host.conf";

/// The link by which systemd starts the agent with the machine.
pub const LINK: &str = "/etc/systemd/system/multi-user.target.wants/highwater-agent.service";

/// The files that are the same on every machine: name of the step, path, text, why.
const FILES: [(&str, &str, &str, &str); 4] = [
    (
        "agent-user",
        "/etc/sysusers.d/highwater.conf",
        include_str!("../../../deploy/highwater.sysusers.conf"),
        "a user of its own, and the group that may ask it",
    ),
    (
        "agent-folders",
        "/etc/tmpfiles.d/highwater.conf",
        include_str!("../../../deploy/highwater.tmpfiles.conf"),
        "the folder of its configuration, and the one above its state",
    ),
    (
        "agent-user-unit",
        "/etc/systemd/system/highwater-agent-user.service",
        include_str!("../../../deploy/highwater-agent-user.service"),
        "makes both before the agent starts",
    ),
    (
        "agent-unit",
        "/etc/systemd/system/highwater-agent.service",
        include_str!("../../../deploy/highwater-agent.service"),
        "the agent, with no more rights than it needs",
    ),
];

/// What decides how the agent is installed here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentHost {
    /// Where this program lies.
    pub binary: String,
    /// Whether there is a group `docker`, whose members may ask Docker.
    pub has_docker_group: bool,
    /// Whether the memory controller is on cgroup v1, whose notifications are registered by writing.
    pub is_cgroup_v1: bool,
    /// The files that are there already, of those that [`paths`] names.
    pub files: Vec<(String, FileContent)>,
    /// Where the link points that starts the agent, where there is one.
    pub link: Option<String>,
}

/// Every file that an installation may make.
pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, path, _, _)| *path).chain([DROP_IN])
}

/// The steps to an agent that runs and comes back with the machine.
#[must_use]
pub fn plan(host: &AgentHost) -> Plan {
    let mut steps: Vec<Step> = Vec::new();
    for (name, path, text, why) in FILES {
        steps.extend(file(host, name, path, Some(text.to_owned()), why));
    }
    let drop_in = drop_in(host);
    steps.extend(file(host, "agent-on-this-machine", DROP_IN, drop_in, "what this machine needs besides"));
    let wanted = format!("{UNITS}/{UNIT}");
    if host.link.as_deref() != Some(&wanted) {
        let change = Change::Link { path: LINK.to_owned(), now: host.link.clone(), wanted: Some(wanted) };
        steps.push(step("agent-with-the-machine", "it starts with the machine", change));
    }
    if !steps.is_empty() {
        steps.push(step("agent-reload", "systemd reads its units again", Change::Reload));
    }
    let start = Change::Unit { unit: UNIT.to_owned(), action: UnitAction::Start };
    steps.push(step("agent-start", "it watches from now on", start));
    Plan { steps, refusals: refusals(host), remarks: remarks(host) }
}

fn step(name: &str, why: &str, change: Change) -> Step {
    Step { name: name.to_owned(), why: why.to_owned(), change }
}

/// Nothing when the file is as wanted.
fn file(host: &AgentHost, name: &str, path: &str, wanted: Option<String>, why: &str) -> Option<Step> {
    let now = host.files.iter().find(|(found, _)| found == path).map(|(_, content)| content.clone());
    let wanted = wanted.map(|text| FileContent { text, mode: MODE });
    (now != wanted).then(|| step(name, why, Change::File { path: path.to_owned(), now, wanted }))
}

/// What differs from the unit in `deploy/`; nothing where nothing does.
fn drop_in(host: &AgentHost) -> Option<String> {
    let mut lines = Vec::new();
    if host.binary != USUAL_BINARY {
        lines.push("ExecStart=".to_owned());
        lines.push(format!("ExecStart={} agent", quoted(&host.binary)));
    }
    if host.has_docker_group {
        lines.push("# Docker tells names and declared limits to this group.".to_owned());
        lines.push("SupplementaryGroups=docker".to_owned());
    }
    if host.is_cgroup_v1 {
        lines.push("# cgroup v1 notifies whoever writes to cgroup.event_control.".to_owned());
        lines.push("ProtectControlGroups=no".to_owned());
    }
    let head =
        "# Written by `highwater agent install`; `highwater agent uninstall` takes it back.\n[Service]\n";
    (!lines.is_empty()).then(|| format!("{head}{}\n", lines.join("\n")))
}

/// A path in `ExecStart=`: `%` and `$` mean something there (systemd.service(5), "Command lines").
fn quoted(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if escaped == path && !path.contains([' ', '\'']) { escaped } else { format!("\"{escaped}\"") }
}

fn refusals(host: &AgentHost) -> Vec<Refusal> {
    let hidden = ["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"];
    let is_hidden = hidden.iter().any(|folder| host.binary.starts_with(folder));
    let hidden = is_hidden.then(|| Refusal {
        why: format!("the unit does not see {}: ProtectHome= and PrivateTmp= hide it", host.binary),
        remedy: format!("install -m 755 {} /usr/local/bin/highwater, and run that", host.binary),
    });
    hidden.into_iter().collect()
}

fn remarks(host: &AgentHost) -> Vec<String> {
    let docker =
        "the group docker may do all that root may: the agent is in it for names and declared limits alone";
    let mut remarks: Vec<String> = host.has_docker_group.then(|| docker.to_owned()).into_iter().collect();
    remarks.push(format!(
        "who shall ask the agent without root: usermod --append --groups highwater USER; {USER_UNIT} makes the group"
    ));
    remarks
}

#[cfg(test)]
mod tests {
    use super::{AgentHost, DROP_IN, LINK, plan};
    use model::plan::{Change, FileContent, Plan};

    fn host() -> AgentHost {
        AgentHost { binary: "/usr/bin/highwater".to_owned(), ..AgentHost::default() }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.steps.iter().map(|step| step.name.as_str()).collect()
    }

    /// The machine after a plan was done.
    fn after(host: &AgentHost, plan: &Plan) -> AgentHost {
        let mut after = host.clone();
        for step in &plan.steps {
            match &step.change {
                Change::File { path, wanted, .. } => {
                    after.files.retain(|(found, _)| found != path);
                    after.files.extend(wanted.clone().map(|content| (path.clone(), content)));
                }
                Change::Link { wanted, .. } => after.link.clone_from(wanted),
                _ => {}
            }
        }
        after
    }

    fn drop_in(host: &AgentHost) -> Option<String> {
        let plan = plan(host);
        plan.steps.iter().find_map(|step| match &step.change {
            Change::File { path, wanted: Some(FileContent { text, .. }), .. } if path == DROP_IN => {
                Some(text.clone())
            }
            _ => None,
        })
    }

    #[test]
    fn a_bare_machine_gets_all_and_the_same_machine_nothing_more() {
        let first = plan(&host());
        assert_eq!(
            names(&first),
            [
                "agent-user",
                "agent-folders",
                "agent-user-unit",
                "agent-unit",
                "agent-with-the-machine",
                "agent-reload",
                "agent-start"
            ]
        );
        assert!(
            first.steps.iter().any(|step| matches!(&step.change, Change::Link { path, .. } if path == LINK))
        );
        assert_eq!(names(&plan(&after(&host(), &first))), ["agent-start"]);
    }

    #[test]
    fn what_this_machine_needs_stands_in_a_drop_in() {
        assert_eq!(drop_in(&host()), None);
        let special = AgentHost {
            binary: "/opt/high water/100%/highwater".to_owned(),
            has_docker_group: true,
            is_cgroup_v1: true,
            ..host()
        };
        let text = drop_in(&special).unwrap();
        assert!(text.contains("ExecStart=\nExecStart=\"/opt/high water/100%%/highwater\" agent\n"), "{text}");
        assert!(text.contains("SupplementaryGroups=docker\n"), "{text}");
        assert!(text.contains("ProtectControlGroups=no\n"), "{text}");
        // A drop-in that is no longer needed goes.
        let before = AgentHost { files: after(&special, &plan(&special)).files, ..host() };
        let change = plan(&before).steps.into_iter().map(|step| step.change);
        let is_removal = |change: &Change| matches!(change, Change::File { path, now: Some(_), wanted: None } if path == DROP_IN);
        assert_eq!(change.filter(is_removal).count(), 1);
    }

    #[test]
    fn a_binary_that_the_unit_would_not_see_is_refused() {
        let hidden = AgentHost { binary: "/home/ada/highwater".to_owned(), ..host() };
        assert_eq!(plan(&hidden).refusals.len(), 1);
        assert!(plan(&host()).refusals.is_empty());
    }
}
