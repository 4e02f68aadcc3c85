//! `cargo xtask fixture`: records this machine's files as a small tree that the product reads with `--root`.

mod cgroups;
mod engine;
mod machine;
mod tree;

use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;
use tree::Tree;

const EXAMPLES: &str = "\
Examples:
  cargo xtask fixture host-6.18-v1-docker --only /docker --docker /tmp/d/docker.sock --process 4711
  cargo xtask vm --share target/debug --out fixtures/new -- /host/xtask fixture --to /out --hostname node-1

Nothing private is taken: only cgroups that --only names and those above them, of the mounts those of cgroups, proc and
sysfs, of the kernel's command line what concerns memory, and a host name that you give.";

/// What a recording may weigh: it lives in the repository.
const BYTES_MAX: usize = 300_000;

/// The command line of `cargo xtask fixture`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct FixtureArgs {
    /// The folder below fixtures/; a folder that is there is refused
    #[arg(required_unless_present = "to")]
    name: Option<String>,
    /// Another folder than one below fixtures/
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    to: Option<PathBuf>,
    /// Only cgroups at and below this path, and those above it. Everything when not given
    #[arg(long, value_name = "CGROUP")]
    only: Vec<String>,
    /// Leaves out what is below this path
    #[arg(long, value_name = "CGROUP")]
    without: Vec<String>,
    /// The cgroup of this process is recorded; the first one becomes `self`
    #[arg(long, value_name = "PID")]
    process: Vec<u32>,
    /// Asks the container engine at this socket and records its answers
    #[arg(long, value_name = "SOCKET")]
    docker: Option<PathBuf>,
    /// The host name in the recording
    #[arg(long, default_value = "node-1")]
    hostname: String,
}

/// Records.
pub fn run(args: &FixtureArgs) -> anyhow::Result<ExitCode> {
    let folder = match (&args.to, &args.name) {
        (Some(folder), _) => folder.clone(),
        (None, Some(name)) => {
            let folder = crate::repository::root()?.join("fixtures").join(name);
            anyhow::ensure!(!folder.exists(), "{}: there already; remove it first", folder.display());
            folder
        }
        (None, None) => anyhow::bail!("expected a name or --to"),
    };
    let mut tree = Tree::default();
    machine::record(&mut tree, &args.hostname, &args.process)?;
    let chosen = cgroups::Chosen { only: &args.only, without: &args.without };
    let cgroups = cgroups::record(&mut tree, &chosen)?;
    if let Some(socket) = &args.docker {
        engine::record(&mut tree, socket).with_context(|| socket.display().to_string())?;
    }
    let bytes = tree.bytes();
    anyhow::ensure!(
        bytes <= BYTES_MAX,
        "{cgroups} cgroups take {bytes} bytes, more than {BYTES_MAX}; choose fewer with --only and --without"
    );
    tree.write(&folder)?;
    println!("{}: {} files, {bytes} bytes, {cgroups} cgroups", folder.display(), tree.len());
    Ok(ExitCode::SUCCESS)
}
