//! `highwater advise`: memory limits and swap from histories.

mod compose;
mod compose_today;
mod gather;

use crate::cli::history::{self, HistoryArgs};
use crate::cli::output;
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use gather::Gathered;
use kernel::bytes::Bytes;
use model::policy::{Environment, WorkloadClass};
use model::recommendation::{Advice, AdvisedWorkload};
use std::path::PathBuf;
use view::advice::docker::{self, Direction};
use view::text::Line;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater advise --csv memory.csv --unit MiB                    a table: limit, swap, request
  highwater advise --csv memory.csv --unit MiB --explain web      why, with a chart
  highwater advise --csv memory.csv --as docker | sh              set it; --undo goes back
  highwater advise --csv memory.csv --compose compose.yaml --as compose > highwater.override.yaml
  highwater advise --csv memory.csv --limits-today limits.csv     with what is set now
  highwater advise --prometheus http://127.0.0.1:9090 --namespace shop --as kubectl
  highwater advise --csv memory.csv --as kustomize --node-memory 16Gi --node-swap 8Gi

Classes come from the policy (highwater policy show): api, database and cache get no swap in production.
Exit code: 0 advised, 2 a file or a part of it could not be read.";

/// Flags of `advise`.
#[derive(Args)]
pub struct AdviseArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// These workloads alone
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    workload: Vec<String>,
    /// The class of all workloads, instead of the policy's rules
    #[arg(long, value_enum, value_name = "CLASS")]
    class: Option<Class>,
    /// The environment of all workloads, instead of the policy's rules
    #[arg(long, value_enum, value_name = "ENVIRONMENT")]
    environment: Option<Where>,
    /// A policy file instead of the built-in policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The Compose file of these services: what is set now, heap settings, and the services that an override may name
    #[arg(long, value_name = "FILE")]
    compose: Option<PathBuf>,
    /// How to print
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t)]
    form: Form,
    /// With --as docker, compose, kubectl, kustomize or vpa: how to go back
    #[arg(long)]
    undo: bool,
    /// With --as kustomize: the name of the container in the pods
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// The memory of the Kubernetes nodes: with their swap, requests and limits are such that LimitedSwap gives the swap
    #[arg(long, value_name = "AMOUNT", requires = "node_swap", value_parser = crate::cli::explain::node_flags::node_memory)]
    node_memory: Option<Bytes>,
    /// The swap of the Kubernetes nodes
    #[arg(long, value_name = "AMOUNT", requires = "node_memory", value_parser = crate::cli::explain::node_flags::node_swap)]
    node_swap: Option<Bytes>,
    /// Explain one workload, with a chart
    #[arg(long, value_name = "WORKLOAD", conflicts_with_all = ["form", "undo"])]
    explain: Option<String>,
}

impl AdviseArgs {
    /// The workloads whose histories are needed; none is all.
    fn wanted(&self) -> &[String] {
        if self.workload.is_empty() { self.explain.as_slice() } else { &self.workload }
    }

    /// The flags beside the history on which advice rests, each behind a blank.
    fn words(&self) -> String {
        let workloads = self.workload.iter().map(|name| format!(" --workload {}", docker::quoted(name)));
        let mut words: String = workloads.collect();
        let mut say = |flag: &str, value: String| {
            words.push_str(&format!(" {flag} {}", docker::quoted(&value)));
        };
        for (flag, file) in [("--policy", &self.policy), ("--compose", &self.compose)] {
            if let Some(file) = file {
                say(flag, file.display().to_string());
            }
        }
        if let Some(class) = self.class.and_then(|class| class.to_possible_value()) {
            say("--class", class.get_name().to_owned());
        }
        if let Some(environment) = self.environment.and_then(|environment| environment.to_possible_value()) {
            say("--environment", environment.get_name().to_owned());
        }
        for (flag, amount) in [("--node-memory", self.node_memory), ("--node-swap", self.node_swap)] {
            if let Some(amount) = amount {
                say(flag, written(amount));
            }
        }
        words
    }
}

/// An amount as a flag takes it, in the largest unit of which it is a whole number.
fn written(amount: Bytes) -> String {
    let units = [(30, "Gi"), (20, "Mi"), (10, "Ki")];
    let unit = units.into_iter().find(|(bits, _)| amount.0 > 0 && amount.0.trailing_zeros() >= *bits);
    unit.map_or_else(|| amount.0.to_string(), |(bits, unit)| format!("{}{unit}", amount.0 >> bits))
}

/// How advice is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    #[default]
    Table,
    /// For scripts.
    Json,
    /// `docker update` lines.
    Docker,
    /// An override file.
    Compose,
    /// `kubectl set resources` lines.
    Kubectl,
    /// Strategic-merge patches.
    Kustomize,
    /// VerticalPodAutoscaler objects.
    Vpa,
}

/// A class, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Class {
    Api,
    Web,
    Database,
    Cache,
    Batch,
    Development,
}

/// An environment, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Where {
    Production,
    Staging,
    Development,
}

impl Class {
    const fn class(self) -> WorkloadClass {
        match self {
            Self::Api => WorkloadClass::Api,
            Self::Web => WorkloadClass::Web,
            Self::Database => WorkloadClass::Database,
            Self::Cache => WorkloadClass::Cache,
            Self::Batch => WorkloadClass::Batch,
            Self::Development => WorkloadClass::Development,
        }
    }
}

impl Where {
    const fn environment(self) -> Environment {
        match self {
            Self::Production => Environment::Production,
            Self::Staging => Environment::Staging,
            Self::Development => Environment::Development,
        }
    }
}

/// Advises.
///
/// # Errors
/// When a file cannot be worked with, a workload is not there, or standard output cannot be written.
pub fn run(args: &AdviseArgs) -> anyhow::Result<Outcome> {
    let policy = crate::cli::policy::policy(args.policy.as_deref())?;
    let compose = args.compose.as_deref().map(compose::read).transpose()?;
    if args.history.is_elsewhere() && matches!(args.form, Form::Docker | Form::Compose) {
        bail!(
            "--as: expected table, json, kubectl, kustomize or vpa with --prometheus: its containers are not this machine's"
        );
    }
    if args.undo && matches!(args.form, Form::Table | Form::Json) {
        bail!("--undo: expected --as docker, compose, kubectl, kustomize or vpa beside it");
    }
    let mut read = args.history.read_of(args.wanted())?;
    if let Some(compose) = &compose {
        history::tell(&compose.remarks);
        read.histories.remarks.extend(compose.remarks.iter().cloned());
    }
    let asked = gather::Asked {
        policy: &policy,
        class: args.class.map(Class::class),
        environment: args.environment.map(Where::environment),
        compose: compose.as_ref(),
    };
    let mut gathered = gather::advised(&read, &asked)?;
    if let (Some(memory), Some(swap)) = (args.node_memory, args.node_swap) {
        for one in &mut gathered {
            if let Advice::Recommended(advised) = &mut one.workload.advice {
                *advised = judge::recommend::limited_swap::on_node(advised.clone(), memory, swap);
            }
        }
    }
    chosen(&mut gathered, &args.workload)?;
    let workloads: Vec<AdvisedWorkload> = gathered.iter().map(|one| one.workload.clone()).collect();
    let nodes = args
        .node_memory
        .zip(args.node_swap)
        .and_then(|(memory, swap)| gather::nodes(&gathered, read.interval_seconds, memory, swap));
    let beside = api::advice::Beside {
        remarks: &read.histories.remarks,
        untold: args.history.untold(&read),
        nodes: nodes.as_ref(),
    };
    print(args, &gathered, &workloads, compose.as_ref(), &beside)?;
    Ok(if history::is_part_refused(&read.histories.remarks) { Outcome::Unreadable } else { Outcome::Fine })
}

/// Keeps the workloads that were named.
fn chosen(gathered: &mut Vec<Gathered>, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        if !gathered.iter().any(|one| one.is_named(name)) {
            bail!("--workload {name}: {}", unknown(gathered));
        }
    }
    gathered.retain(|one| names.is_empty() || names.iter().any(|name| one.is_named(name)));
    Ok(())
}

fn unknown(gathered: &[Gathered]) -> String {
    let known: Vec<&str> = gathered.iter().take(8).map(|one| one.workload.name.as_str()).collect();
    let more = if gathered.len() > known.len() { ", …" } else { "" };
    format!("no such workload; there are {}{more}", known.join(", "))
}

fn print(
    args: &AdviseArgs,
    gathered: &[Gathered],
    workloads: &[AdvisedWorkload],
    compose: Option<&compose::ComposeFile>,
    beside: &api::advice::Beside,
) -> anyhow::Result<()> {
    use view::advice::{because, explain, kubernetes, table};
    if let Some(name) = &args.explain {
        let found = gathered.iter().find(|one| one.is_named(name));
        let one = found.with_context(|| format!("--explain {name}: {}", unknown(gathered)))?;
        let mut lines = explain::explain(&one.workload, one.hottest, output::width());
        let untold = beside.untold.unwrap_or_default();
        lines.extend(view::text::wrapped(untold, output::width().max(20)).into_iter().map(Line::plain));
        output::lines(&lines)?;
        return Ok(());
    }
    let direction = if args.undo { Direction::Undo } else { Direction::Do };
    match args.form {
        Form::Table => {
            let (flags, more) = (args.history.words(), args.words());
            let beside = view::advice::Beside {
                flags: &flags,
                more: &more,
                form: if args.history.is_elsewhere() { "kubectl" } else { "docker" },
                untold: beside.untold,
                nodes: beside.nodes,
            };
            output::lines(&table(workloads, &beside, output::width()))?;
        }
        Form::Json => {
            output::json(&api::advice::advice(workloads, beside, because::because, because::missing))?;
        }
        Form::Docker => output::text(&docker::lines(workloads, direction))?,
        Form::Compose if args.undo => output::text(&compose::undo(compose))?,
        Form::Compose => output::text(&compose::written(workloads, compose))?,
        Form::Kubectl => output::text(&kubernetes::kubectl(workloads, direction))?,
        Form::Kustomize => {
            output::text(&kubernetes::kustomize(workloads, args.container.as_deref(), direction))?;
        }
        Form::Vpa => output::text(&kubernetes::vpa(workloads, direction))?,
    }
    Ok(())
}
