//! The Compose override before a real Compose: accepted, merged, brought up, read back, undone.

use super::composes::composes;
use super::history::Files;
use super::{Folder, shell, workload};
use crate::real::cgroup_files::{Ceiling, ContainerCgroup};
use crate::real::checks::Checks;
use crate::real::docker_daemon::Docker;
use crate::real::product::Product;
use anyhow::Context;
use serde_json::Value;

/// A service, its usual use and its peak in MiB, and its limits in the file, in MiB: memory, and memory with swap.
const SERVICES: [(&str, [u64; 2], [u64; 2]); 3] = [
    ("web", [90, 180], [64, 64]),
    ("worker", [40, 90], [512, 1024]),
    // Without `memswap_limit` Docker gives as much swap as memory.
    ("shop-cache", [120, 200], [48, 96]),
];

/// Takes the containers down whatever happens.
struct Project<'a> {
    docker: &'a Docker,
    command: String,
}

impl Project<'_> {
    fn run(&self, files: &str, what: &str) -> anyhow::Result<crate::subprocess::Outcome> {
        shell(self.docker, &format!("{} {files} {what}", self.command))
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        let _ = self.run("-f compose.yaml", "down --timeout 0");
    }
}

/// Merges the override with the file, brings it up and goes back.
pub fn run(
    product: &Product,
    docker: &Docker,
    folder: &Folder,
    image: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let compose = folder.write("compose.yaml", &file(image))?;
    let files =
        Files::write(folder, &SERVICES.map(|(name, uses, _)| (name.to_owned(), uses)), "name,memory\n")?;
    let more = ["--class", "batch", "--compose", &compose];
    let advice = files.advise(product, &[&more[..], &["--as", "json"]].concat())?;
    let document: Value = serde_json::from_str(&advice.stdout).with_context(|| advice.stderr.clone())?;
    let written = files.advise(product, &[&more[..], &["--as", "compose"]].concat())?.stdout;
    folder.write("highwater.override.yaml", &written)?;
    let linted =
        product.run(&["lint", &folder.path().join("highwater.override.yaml").display().to_string()])?;
    checks.check("compose: lint reads the override", linted.code == Some(0), &linted.stdout);

    let start = SERVICES.map(|(_, _, [memory, together])| [memory << 20, together << 20]);
    let advised = SERVICES.map(|(name, ..)| {
        let one = workload(&document, name);
        ["memory_limit_bytes", "memory_and_swap_limit_bytes"].map(|key| one[key].as_u64().unwrap_or(0))
    });
    let is_advised = advised.iter().all(|[memory, _]| *memory > 0);
    checks.check("compose: advice for each service", is_advised, &document);
    for (number, program) in composes()?.iter().enumerate() {
        let name = format!("highwater-advise-{}-{number}", std::process::id());
        let command = format!("cd {} && {program} --project-name {name}", folder.path().display());
        check_program(&Project { docker, command }, program, start, advised, checks)?;
    }
    Ok(())
}

/// One Compose takes both files, brings them up, and goes back to the first alone.
fn check_program(
    project: &Project,
    program: &str,
    start: [[u64; 2]; SERVICES.len()],
    advised: [[u64; 2]; SERVICES.len()],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let version = project.run("", "version")?.stdout.lines().next().unwrap_or_default().to_owned();
    println!("      {version}");
    let is_plugin = program.ends_with("docker compose");
    let short = if is_plugin { "docker compose" } else { "docker-compose" };
    let both = "-f compose.yaml -f highwater.override.yaml";
    let config = project.run(both, "config")?;
    checks.check(&format!("{short}: the merged file is accepted"), config.code == Some(0), &config.stderr);
    let kept = config.stdout.matches("sleep").count() == SERVICES.len();
    checks.check(&format!("{short}: it keeps the file's services"), kept, &config.stdout);
    for (what, files, expected) in [
        ("as the file says", "-f compose.yaml", start),
        ("as advised", both, advised),
        ("as the file says again", "-f compose.yaml", start),
    ] {
        let up = project.run(files, "up --detach --timeout 0")?;
        checks.check(&format!("{short} up {what}"), up.code == Some(0), &up.stderr);
        for ((service, ..), expected) in SERVICES.iter().zip(expected) {
            check_service(project, service, &format!("{what} ({short})"), expected, checks)?;
        }
    }
    Ok(())
}

/// The kernel has these limits for the service's container.
fn check_service(
    project: &Project,
    service: &str,
    what: &str,
    [memory, together]: [u64; 2],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let id = project.run("-f compose.yaml", &format!("ps --quiet {service}"))?.stdout;
    let cgroup = ContainerCgroup::find(id.trim()).with_context(|| format!("{service} {what}"))?;
    let found = cgroup.memory_limit()?;
    let name = format!("compose: memory of {service} {what}");
    checks.check(&name, found == Ceiling::At(memory), format!("expected {memory}, found {found:?}"));
    if let Some(found) = cgroup.swap_limit()? {
        let swap = together.saturating_sub(memory);
        let name = format!("compose: swap of {service} {what}");
        checks.check(&name, found == Ceiling::At(swap), format!("expected {swap}, found {found:?}"));
    }
    Ok(())
}

/// Three services without a network, one of them limited below `deploy`.
fn file(image: &str) -> String {
    let mut text = "services:\n".to_owned();
    for (name, _, [memory, together]) in SERVICES {
        text.push_str(&format!(
            "  {name}:\n    image: {image}\n    command: [/bin/busybox, sleep, '3600']\n    network_mode: none\n    \
             stop_grace_period: 0s\n"
        ));
        text.push_str(&if together == 2 * memory && name != "worker" {
            format!("    deploy:\n      resources:\n        limits:\n          memory: {memory}M\n")
        } else {
            format!("    mem_limit: {memory}m\n    memswap_limit: {together}m\n")
        });
    }
    text
}
