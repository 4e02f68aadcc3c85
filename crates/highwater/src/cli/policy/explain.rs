//! `highwater policy explain`: one container, running or declared, under a policy.

use crate::cli::explain::node_flags;
use crate::cli::output::{self, Format};
use crate::cli::{Global, observe, show};
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::Args;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::Assessment;
use model::cgroup::{Cgroup, Swap};
use model::declared::Declared;
use model::manifest::ManifestFile;
use model::policy::{HeldMemory, PolicyFacts, PolicySubject, PolicyVerdict};
use model::reading::Reading;
use model::snapshot::Snapshot;
use model::workload::{ContainerSpec, Workload};
use sources::collect::Scope;
use sources::host_root::HostRoot;
use std::path::PathBuf;
use view::names;

/// Flags of `policy explain`.
#[derive(Args)]
pub struct ExplainArgs {
    /// A container's name or id, a unit, a process id or a cgroup's path; with --file a workload's or container's name
    name: String,
    /// A manifest that declares it, instead of this machine; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A policy file instead of the built-in policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// With --file: the node's memory
    #[arg(long, value_name = "AMOUNT", requires = "file", value_parser = node_flags::node_memory)]
    node_memory: Option<Bytes>,
    /// With --file: the node's swap
    #[arg(long, value_name = "AMOUNT", requires = "file", value_parser = node_flags::node_swap)]
    node_swap: Option<Bytes>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Explains.
///
/// # Errors
/// When nothing or more than one thing is meant, or the policy cannot be read.
pub fn run(global: &Global, args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let policy = super::policy(args.policy.as_deref())?;
    let subjects = match &args.file {
        Some(_) => declared(args)?,
        None => vec![running(global, args)?],
    };
    let mut lines = Vec::new();
    let mut documents = Vec::new();
    for Explained { name, subject, facts, held } in subjects {
        let assignment = judge::policy::assign(&policy, &subject);
        let treatment = policy.treatment(assignment.class, assignment.environment);
        let wanted = judge::policy::wanted(treatment, &facts);
        let verdict = PolicyVerdict { name, subject, facts, assignment, wanted, held };
        let sentences = view::policy::sentences(&policy, &verdict);
        documents.push(api::policy::explanation::explanation(&policy, &verdict, &sentences));
        lines.extend(view::policy::verdict(&policy, &verdict, output::width()));
    }
    match args.format {
        Format::Text => output::lines(&lines)?,
        Format::Json => {
            output::json(&serde_json::json!({
                "schema": "highwater/policy-explanations/v1",
                "containers": documents,
            }))?;
        }
    }
    Ok(Outcome::Fine)
}

/// A container before the policy has spoken.
struct Explained {
    name: String,
    subject: PolicySubject,
    facts: PolicyFacts,
    held: Option<HeldMemory>,
}

fn running(global: &Global, args: &ExplainArgs) -> anyhow::Result<Explained> {
    let snapshot = observe::look(global, Scope::Everything, None)?;
    let index = show::find(&snapshot, &HostRoot::new(&global.root), &args.name)?;
    let (Some(cgroup), Some(assessment)) = (snapshot.cgroup(index), judge::assess::assess(&snapshot, index))
    else {
        bail!("{}: no such cgroup any more", args.name);
    };
    Ok(Explained {
        name: names::cgroup(cgroup),
        subject: subject_of(cgroup),
        facts: facts_of(&snapshot, cgroup),
        held: Some(held(cgroup, &assessment)),
    })
}

/// What a running container tells a policy of itself.
#[must_use]
pub fn subject_of(cgroup: &Cgroup) -> PolicySubject {
    let mut subject = PolicySubject { names: vec![names::cgroup(cgroup)], ..PolicySubject::default() };
    let Some(container) = &cgroup.container else { return subject };
    subject.image = container.image.value().cloned();
    subject.names.extend(container.name.value().cloned());
    if let Some(compose) = &container.compose {
        subject.namespace = Some(compose.project.clone());
        subject.names.push(compose.service.clone());
        let label = |key: &str, value: &str| (format!("com.docker.compose.{key}"), value.to_owned());
        subject.labels = vec![label("project", &compose.project), label("service", &compose.service)];
    }
    if let Some(pod) = &container.pod_container {
        subject.namespace = Some(pod.pod.namespace.clone());
        subject.names.push(pod.pod.name.clone());
        subject.names.extend(pod.container.clone());
    }
    subject.names.dedup();
    subject
}

fn facts_of(snapshot: &Snapshot, cgroup: &Cgroup) -> PolicyFacts {
    let declared = cgroup.container.as_ref().and_then(|container| container.declared.as_ref().get());
    let limit = match cgroup.memory.limit.get() {
        Some(Limit::At(bytes)) => Some(bytes),
        Some(Limit::Unlimited) | None => None,
    };
    PolicyFacts {
        limit,
        request: declared.and_then(|declared: &Declared| declared.reservation),
        node_memory: snapshot.host.memory_total().get(),
        node_swap: snapshot.host.swap_total().get(),
    }
}

fn held(cgroup: &Cgroup, assessment: &Assessment) -> HeldMemory {
    let swappiness = match &cgroup.swap {
        Swap::V1(swap) => swap.swappiness.clone(),
        Swap::V2(_) => Reading::Absent,
    };
    HeldMemory {
        cgroup: cgroup.version(),
        swap: assessment.own_swap_limit.clone().map(|limit| limit.0),
        high: cgroup.memory.high.clone(),
        low: cgroup.memory.low.clone(),
        min: cgroup.memory.min.clone(),
        swappiness,
    }
}

/// The containers of a manifest that have the name, or are of a workload that has it.
fn declared(args: &ExplainArgs) -> anyhow::Result<Vec<Explained>> {
    let path = args.file.clone().unwrap_or_default();
    let bytes = super::text(&path)?.into_bytes();
    let file = manifest::read(&path.to_string_lossy(), &bytes);
    let found: Vec<Explained> = file
        .workloads
        .iter()
        .flat_map(|workload| workload.pod.containers.iter().map(move |container| (workload, container)))
        .filter(|(workload, container)| is_meant(workload, container, &args.name))
        .map(|(workload, container)| explained(args, workload, container))
        .collect();
    if found.is_empty() {
        bail!(
            "{}: expected the name of a workload or container in it, found `{}`{}",
            path.display(),
            args.name,
            there(&file)
        );
    }
    Ok(found)
}

fn there(file: &ManifestFile) -> String {
    let names: Vec<&str> = file.workloads.iter().filter_map(name_of).take(10).collect();
    if names.is_empty() {
        "; it declares no workload".to_owned()
    } else {
        format!("; it has {}", names.join(", "))
    }
}

fn name_of(workload: &Workload) -> Option<&str> {
    workload.name.as_ref().map(|name| name.value.as_str())
}

fn is_meant(workload: &Workload, container: &ContainerSpec, name: &str) -> bool {
    let workload = name_of(workload).unwrap_or_default();
    let container = container.name.value.as_str();
    workload == name || container == name || name.split_once('/') == Some((workload, container))
}

fn explained(args: &ExplainArgs, workload: &Workload, container: &ContainerSpec) -> Explained {
    let name = name_of(workload).unwrap_or("(no name)");
    let labels = workload.labels.iter().map(|(key, value)| (key.value.clone(), value.value.clone()));
    let amount = |amount: &Option<model::document::Spanned<model::workload::Amount>>| {
        amount.as_ref().and_then(|amount| amount.value.bytes())
    };
    Explained {
        name: format!("{name}/{}", container.name.value),
        subject: PolicySubject {
            labels: labels.collect(),
            namespace: workload.namespace.as_ref().map(|namespace| namespace.value.clone()),
            image: container.image.as_ref().map(|image| image.value.clone()),
            names: vec![name.to_owned(), container.name.value.clone()],
        },
        facts: PolicyFacts {
            limit: amount(&container.resources.limits.memory),
            request: amount(&container.resources.requests.memory),
            node_memory: args.node_memory,
            node_swap: args.node_swap,
        },
        held: None,
    }
}
