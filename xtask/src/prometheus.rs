//! A Prometheus of our own: Debian's program, filled with an imagined cluster, on loopback, with folders of its own.

pub mod cluster;
pub mod proxy;
pub mod server;

use crate::packages::find_program;
use crate::prepare::PROMETHEUS;
use crate::subprocess::output;
use crate::vm::cache;
use anyhow::Context;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A mirror may be slow.
const DOWNLOAD_SECONDS_MAX: Duration = Duration::from_secs(600);

/// Making blocks of two million samples takes half a minute on a slow machine.
const BLOCKS_SECONDS_MAX: Duration = Duration::from_secs(600);

/// The two programs.
pub struct Programs {
    /// The server.
    pub prometheus: PathBuf,
    /// The tool that makes blocks.
    pub promtool: PathBuf,
}

/// Those of the machine, or of Debian's package unpacked beside the build: installing it would start a service.
pub fn programs() -> anyhow::Result<Programs> {
    let [prometheus, promtool] = PROMETHEUS.map(|need| find_program(need.program));
    if let (Some(prometheus), Some(promtool)) = (prometheus, promtool) {
        return Ok(Programs { prometheus: prometheus.into(), promtool: promtool.into() });
    }
    let folder = cache::entry(&cache::root()?, "prometheus", "debian", unpack)?;
    let of = |name: &str| folder.join("usr/bin").join(name);
    Ok(Programs { prometheus: of("prometheus"), promtool: of("promtool") })
}

fn unpack(folder: &Path) -> anyhow::Result<()> {
    let packages = folder.with_extension("packages");
    cache::remove(&packages)?;
    fs::create_dir_all(&packages)?;
    run(
        Command::new("apt-get").args(["-q", "download", "prometheus"]).current_dir(&packages),
        DOWNLOAD_SECONDS_MAX,
    )?;
    let package = fs::read_dir(&packages)?.next().context("apt-get download left no prometheus")??.path();
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder), DOWNLOAD_SECONDS_MAX)?;
    cache::remove(&packages)
}

/// The imagined cluster as blocks of Prometheus' storage; made once.
pub fn blocks(programs: &Programs) -> anyhow::Result<PathBuf> {
    let key = cache::key([cluster::VERSION.as_bytes()]);
    cache::entry(&cache::root()?, "prometheus-blocks", &key, |folder| {
        let text = folder.with_extension("openmetrics");
        let mut file = BufWriter::new(fs::File::create(&text).with_context(|| text.display().to_string())?);
        cluster::write(&mut file)?;
        file.flush()?;
        let mut promtool = Command::new(&programs.promtool);
        promtool.args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=360h"]);
        run(promtool.arg(&text).arg(folder), BLOCKS_SECONDS_MAX)?;
        cache::remove(&text)
    })
}

fn run(command: &mut Command, at_most: Duration) -> anyhow::Result<()> {
    let what = format!("{command:?}");
    let outcome = output(command, at_most)?;
    anyhow::ensure!(outcome.code == Some(0), "{what}: {}{}", outcome.stdout, outcome.stderr);
    Ok(())
}
