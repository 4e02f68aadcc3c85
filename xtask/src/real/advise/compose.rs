//! The Compose override before a real Compose: accepted, merged, brought up, read back, undone.

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

    let version = shell(docker, "docker compose version || docker-compose version")?;
    println!("      {}", version.stdout.lines().next().unwrap_or_default());
    let is_plugin = shell(docker, "docker compose version")?.code == Some(0);
    let program = if is_plugin { "docker compose" } else { "docker-compose" };
    let name = format!("highwater-advise-{}", std::process::id());
    let command = format!("cd {} && {program} --project-name {name}", folder.path().display());
    let project = Project { docker, command };
    let both = "-f compose.yaml -f highwater.override.yaml";
    let config = project.run(both, "config")?;
    checks.check("compose: the merged file is accepted", config.code == Some(0), &config.stderr);
    let kept = config.stdout.matches("sleep").count() == SERVICES.len();
    checks.check("compose: it keeps the file's services", kept, &config.stdout);

    let start = SERVICES.map(|(_, _, [memory, together])| [memory << 20, together << 20]);
    let advised = SERVICES.map(|(name, ..)| {
        let one = workload(&document, name);
        ["memory_limit_bytes", "memory_and_swap_limit_bytes"].map(|key| one[key].as_u64().unwrap_or(0))
    });
    checks.check(
        "compose: advice for each service",
        advised.iter().all(|[memory, _]| *memory > 0),
        &document,
    );
    for (what, files, expected) in [
        ("as the file says", "-f compose.yaml", start),
        ("as advised", both, advised),
        ("as the file says again", "-f compose.yaml", start),
    ] {
        let up = project.run(files, "up --detach --timeout 0")?;
        checks.check(&format!("compose up {what}"), up.code == Some(0), &up.stderr);
        for ((service, ..), expected) in SERVICES.iter().zip(expected) {
            check_service(&project, service, what, expected, checks)?;
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
