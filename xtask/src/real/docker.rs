//! Scenario: Docker containers with different limits; what the product prints is what the kernel's files say.

use super::cgroup_files::{Ceiling, ContainerCgroup, Version};
use super::checks::Checks;
use super::docker_daemon::{Daemon, Docker};
use super::product::Product;
use anyhow::Context;
use serde_json::{Value, json};

const IMAGE: &str = "highwater-busybox";

/// Holds 8 MiB in shared memory, which is neither cache that can be dropped nor gone when `dd` ends.
const HOLD: [&str; 5] = [
    IMAGE,
    "/bin/busybox",
    "sh",
    "-c",
    "/bin/busybox dd if=/dev/zero of=/dev/shm/held bs=1M count=8 2>/dev/null; echo ready; exec /bin/busybox sleep 3600",
];

/// What the kernel counts between two readings of a container that does nothing.
const TOLERANCE: u64 = 2 << 20;

/// What a container was started with, and what that means.
struct Case {
    name: &'static str,
    options: &'static [&'static str],
    memory: Ceiling,
}

const MEMORY_64M: Ceiling = Ceiling::At(64 << 20);

const CASES: [Case; 4] = [
    Case { name: "noswap", options: &["-m", "64m", "--memory-swap", "64m"], memory: MEMORY_64M },
    Case { name: "someswap", options: &["-m", "64m", "--memory-swap", "96m"], memory: MEMORY_64M },
    Case { name: "defaultswap", options: &["-m", "128m"], memory: Ceiling::At(128 << 20) },
    Case { name: "nolimit", options: &[], memory: Ceiling::Unlimited },
];

/// Starts the containers and compares; on systemd's control groups also provokes drift.
pub fn run(product: &Product, daemon: Daemon, checks: &mut Checks) -> anyhow::Result<()> {
    let mut docker = Docker::start(daemon)?;
    docker.import_busybox(IMAGE)?;
    let mut started = Vec::new();
    for case in &CASES {
        let id = docker.run_container(&full_name(case.name), case.options, &HOLD)?;
        started.push((case, id));
    }
    let mut before = Vec::new();
    for (case, id) in &started {
        docker.wait_for_word(&full_name(case.name), "ready")?;
        before.push(Readings::take(&ContainerCgroup::find(id)?)?);
    }
    let document = product.json(&["ls", "--format", "json", "--docker-host", docker.host()])?;
    checks.equal("schema", &document["schema"], &json!("highwater/containers/v1"));
    for ((case, id), before) in started.iter().zip(before) {
        check_container(&document, case, id, before, checks)?;
    }
    check_commands(product, &docker, checks)?;
    let driver = docker.command(&["info", "--format", "{{.CgroupDriver}} {{.CgroupVersion}}"])?;
    if driver == "systemd 2" {
        check_drift(product, &mut docker, checks)?;
    }
    Ok(())
}

/// What moves by itself, read at one moment.
#[derive(Clone, Copy)]
struct Readings {
    memory: u64,
    swap: u64,
    peak: u64,
}

impl Readings {
    fn take(cgroup: &ContainerCgroup) -> anyhow::Result<Self> {
        let swap = cgroup.swap_usage()?.unwrap_or(0);
        Ok(Self { memory: cgroup.memory_usage()?, swap, peak: cgroup.memory_peak()?.unwrap_or(0) })
    }
}

/// Names that no container of somebody else has.
fn full_name(short: &str) -> String {
    format!("highwater-real-{short}-{}", std::process::id())
}

fn check_container(
    document: &Value,
    case: &Case,
    id: &str,
    before: Readings,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let short = case.name;
    let cgroup = ContainerCgroup::find(id)?;
    let after = Readings::take(&cgroup)?;
    let container = named(document, &full_name(short));
    checks.check(
        &format!("{short}: listed by its name without a slash"),
        container.is_some(),
        names(document),
    );
    let Some(container) = container else { return Ok(()) };
    checks.equal(&format!("{short}: id"), &container["id"], &json!(id));
    checks.equal(&format!("{short}: runtime"), &container["runtime"], &json!("docker"));
    let image = container["image"].as_str().unwrap_or_default();
    checks.check(&format!("{short}: image"), image.contains(IMAGE), image);
    let version = if cgroup.version() == Version::V1 { 1 } else { 2 };
    checks.equal(&format!("{short}: cgroup_version"), &container["cgroup_version"], &json!(version));
    checks.equal(&format!("{short}: cgroup"), &container["cgroup"], &json!(cgroup.path()));
    checks.equal(&format!("{short}: events.oom_kill"), &container["events"]["oom_kill"], &json!(0));
    check_memory(case, &cgroup, &container["memory"], [before, after], checks)?;
    check_swap(short, &cgroup, container, [before.swap, after.swap], checks)
}

fn check_memory(
    case: &Case,
    cgroup: &ContainerCgroup,
    memory: &Value,
    [before, after]: [Readings; 2],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let short = case.name;
    let limit = cgroup.memory_limit()?;
    let name = format!("{short}: Docker set the memory limit that was asked for");
    checks.check(&name, limit == case.memory, format!("{limit:?}"));
    check_limit(&format!("{short}: memory"), memory, limit, checks);
    let usage = &memory["usage_bytes"];
    checks.between(&format!("{short}: memory.usage_bytes"), usage, [before.memory, after.memory], TOLERANCE);
    let held = usage.as_u64().unwrap_or(0) >= 8 << 20;
    checks.check(&format!("{short}: the 8 MiB that it holds are counted"), held, usage);
    let working_set = memory["working_set_bytes"].as_u64();
    let bounded = working_set.is_some_and(|bytes| Some(bytes) <= usage.as_u64());
    checks.check(&format!("{short}: the working set is at most the usage"), bounded, memory);
    if cgroup.memory_peak()?.is_some() {
        let peak = &memory["peak_bytes"];
        checks.between(&format!("{short}: memory.peak_bytes"), peak, [before.peak, after.peak], TOLERANCE);
    }
    Ok(())
}

fn check_swap(
    short: &str,
    cgroup: &ContainerCgroup,
    container: &Value,
    usage: [u64; 2],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let swap = &container["swap"];
    match cgroup.swap_limit()? {
        Some(limit) => {
            check_limit(&format!("{short}: swap"), swap, limit, checks);
            checks.between(&format!("{short}: swap.usage_bytes"), &swap["usage_bytes"], usage, TOLERANCE);
        }
        None => {
            checks.equal(
                &format!("{short}: swap.limit_bytes is unknown"),
                &swap["limit_bytes"],
                &Value::Null,
            );
            let told = swap["unknown"]["limit_bytes"].is_string();
            checks.check(&format!("{short}: and it is said why"), told, swap);
        }
    }
    if let Some(limit) = cgroup.combined_limit()? {
        check_limit(&format!("{short}: memory_and_swap"), &container["memory_and_swap"], limit, checks);
    }
    Ok(())
}

fn check_limit(name: &str, object: &Value, limit: Ceiling, checks: &mut Checks) {
    checks.equal(&format!("{name}.limit_bytes"), &object["limit_bytes"], &limit.json());
    let told = object["limit_unlimited"].as_bool().unwrap_or(false);
    let is_unlimited = limit == Ceiling::Unlimited;
    let detail = format!("expected {is_unlimited}, found {}", object["limit_unlimited"]);
    checks.check(&format!("{name}.limit_unlimited"), told == is_unlimited, detail);
}

fn check_commands(product: &Product, docker: &Docker, checks: &mut Checks) -> anyhow::Result<()> {
    let host = ["--docker-host", docker.host()];
    let code = |arguments: &[&str]| product.run(arguments).map(|outcome| outcome.code);
    let mut expect = |name: &str, arguments: &[&str], expected: i32| -> anyhow::Result<()> {
        let found = code(arguments)?;
        checks.check(
            name,
            found == Some(expected),
            format!("expected exit code {expected}, found {found:?}"),
        );
        Ok(())
    };
    let name = full_name("noswap");
    expect("ls ends with 0", &[&["ls"], &host[..]].concat(), 0)?;
    // Only our own: somebody else's container on this machine may be in trouble.
    let unlimited = full_name("nolimit");
    let check = [&["ls", "--check", &name, &unlimited], &host[..]].concat();
    expect("ls --check without findings ends with 0", &check, 0)?;
    expect("a wrong flag ends with 2", &["ls", "--no-such-flag"], 2)?;
    expect("an unknown name ends with 2", &[&["show", "highwater-real-nobody"], &host[..]].concat(), 2)?;
    expect("show ends with 0", &[&["show", &name], &host[..]].concat(), 0)?;
    let shown = product.run(&[&["show", &name], &host[..]].concat())?.stdout;
    let spellings = ["64 MiB", "64.0 MiB", "64MiB", "64Mi", "64M"];
    let told = spellings.iter().any(|spelling| shown.contains(spelling));
    checks.check("show tells the limit of 64 MiB", told, &shown);
    Ok(())
}

/// On systemd's control groups an unrelated `docker update` can take "no swap" away: Docker sets the file, systemd
/// does not know of it, and writes its own value with the next change of the scope.
fn check_drift(product: &Product, docker: &mut Docker, checks: &mut Checks) -> anyhow::Result<()> {
    let name = full_name("drift");
    let id = docker.run_container(&name, &["-m", "64m", "--memory-swap", "64m"], &HOLD)?;
    docker.wait_for_word(&name, "ready")?;
    let list = ["ls", "--format", "json", "--docker-host", docker.host()];
    let drift = |document: &Value| named(document, &name).map(|container| container["drift"].clone());
    let before = drift(&product.json(&list)?).context("the container is not listed")?;
    let entries: Vec<&Value> = before.as_array().into_iter().flatten().collect();
    let is_latent = |entry: &&&Value| word(&entry["state"]) == "latent" && word(&entry["systemd"]) == "max";
    checks.check(
        "drift: latent before, systemd holds max",
        entries.iter().any(|entry| is_latent(&entry)),
        &before,
    );
    docker.command(&["update", "--cpus", "0.5", &name])?;
    let kernel = ContainerCgroup::find(&id)?.swap_limit()?.context("memory.swap.max is absent")?;
    let told = drift(&product.json(&list)?).context("the container is not listed")?;
    checks.equal("drift: the update lost the limit", &kernel.json(), &Ceiling::Unlimited.json());
    let entries: Vec<&Value> = told.as_array().into_iter().flatten().collect();
    let found =
        entries.iter().find(|entry| word(&entry["declared"]) == "0" && word(&entry["kernel"]) == "max");
    checks.check("drift: declared 0, kernel max", found.is_some(), &told);
    let path = found.map(|entry| word(&entry["path"])).unwrap_or_default();
    checks.check("drift: it names the file", path.ends_with("memory.swap.max") && path.contains(&id), &path);
    let code = product.run(&["ls", "--check", "--docker-host", docker.host()])?.code;
    checks.check("drift: ls --check ends with 1", code == Some(1), format!("{code:?}"));
    check_remedy(product, docker, &name, &list, checks)
}

/// The command that `show` prints mends the drift for good: it also survives the update that lost the limit.
fn check_remedy(
    product: &Product,
    docker: &Docker,
    name: &str,
    list: &[&str],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let shown = product.run(&["show", name, "--docker-host", docker.host()])?.stdout;
    let command = shown.lines().find_map(|line| line.strip_prefix("Next: systemctl set-property"));
    let Some(command) = command else {
        checks.check("drift: show prints the remedy", false, shown);
        return Ok(());
    };
    let script = format!("systemctl set-property{command}");
    let mut shell = std::process::Command::new("/bin/sh");
    let outcome = crate::subprocess::output(shell.args(["-c", &script]), std::time::Duration::from_secs(30))?;
    checks.check("drift: the remedy runs", outcome.code == Some(0), &outcome.stderr);
    docker.command(&["update", "--cpus", "0.6", name])?;
    let document = product.json(list)?;
    let told = named(&document, name).map(|container| container["drift"].clone()).context("not listed")?;
    checks.equal("drift: mended for good", &told, &json!([]));
    Ok(())
}

/// A value as a word, whether the document has it as a number or as text.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn named<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["containers"].as_array()?.iter().find(|container| container["name"] == name)
}

fn names(document: &Value) -> String {
    let containers = document["containers"].as_array().into_iter().flatten();
    containers.map(|container| word(&container["name"])).collect::<Vec<_>>().join(" ")
}
