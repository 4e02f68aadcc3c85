//! `highwater node render`: the swap that is wanted, as an artefact of somebody else's tool.

use super::wanted::WantedFlags;
use crate::cli::explain::node_flags::{amount, version};
use crate::cli::output;
use crate::exit_code::Outcome;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use judge::node_setup::KUBERNETES_DEFAULT;
use kernel::bytes::Bytes;
use model::lint::KubernetesVersion;
use plan::render::{Checked, RenderNode, Target, render};
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node render --for karpenter --swap 30Gi --instance-store --node-memory 16Gi > class.yaml
  highwater node render --for eks-nodeadm --swap 50% --swap-behavior LimitedSwap > user-data.txt
  highwater node render --for shell --swap 8Gi > swap.sh && sudo sh swap.sh apply
  highwater node render --for cloud-init --zram 50%:zstd workers.yaml

For a tool that sets up a kubelet, --swap-behavior LimitedSwap and --reclaim above-eviction are assumed unless said otherwise.
The artefact alone is printed on standard output. What the target cannot express, what was assumed and what is left to do
is told on standard error; 3 is the exit status when the target can express nothing of what is wanted.";

/// Flags of `node render`.
#[derive(Args)]
pub struct RenderArgs {
    /// Whose tool
    #[arg(long = "for", value_name = "TARGET", value_parser = targets())]
    target: Target,
    #[command(flatten)]
    wanted: WantedFlags,
    /// The nodes' memory, where all have the same: for fields that cannot be computed at boot
    #[arg(long, value_name = "AMOUNT", value_parser = amount, help_heading = "The node")]
    node_memory: Option<Bytes>,
    /// The kubelet's version, from 1.22 to 1.37; 1.34 when not given
    #[arg(long, value_name = "VERSION", value_parser = version, help_heading = "The node")]
    kubernetes_version: Option<KubernetesVersion>,
}

fn targets() -> impl TypedValueParser<Value = Target> {
    let words = Target::ALL.map(|target| {
        let checked = match target.checked() {
            Checked::By(what) => format!("checked by {what}"),
            Checked::Compared(types) => format!("compared with {types}, unverified by a tool"),
        };
        PossibleValue::new(target.name()).help(format!("{}; {checked}", target.summary()))
    });
    PossibleValuesParser::new(words)
        .try_map(|word| Target::ALL.into_iter().find(|target| target.name() == word).ok_or("no target"))
}

/// Renders.
///
/// # Errors
/// When it is not clear what is wanted, or standard output cannot be written.
pub fn run(args: &RenderArgs) -> anyhow::Result<Outcome> {
    let (wanted, assumed) = if args.target.tells_kubelet() {
        args.wanted.wanted_for_pods()?
    } else {
        (args.wanted.wanted()?, Vec::new())
    };
    let kubernetes = args.kubernetes_version.unwrap_or(KUBERNETES_DEFAULT);
    let mut rendered = render(args.target, &wanted, RenderNode { memory: args.node_memory, kubernetes });
    if rendered.text.is_some() {
        rendered.remarks.extend(assumed.into_iter().map(str::to_owned));
    }
    if args.kubernetes_version.is_none() {
        let assumed =
            format!("Kubernetes 1.{} is assumed: --kubernetes-version tells another.", kubernetes.0);
        rendered.remarks.push(assumed);
    }
    let remarks = rendered
        .remarks
        .iter()
        .map(|remark| Line::of(Tone::Strong, format!("{}: ", args.target.name())).and(Tone::Plain, remark));
    output::remarks(&remarks.collect::<Vec<_>>())?;
    let Some(text) = rendered.text else { return Ok(Outcome::NotDone) };
    output::text(&text)?;
    Ok(Outcome::Fine)
}
