//! Scenario: nested control groups with limits at several levels, swap, throttling and a kill, without any container runtime.

use super::checks::Checks;
use super::own_cgroup::{Holder, OwnCgroup, Tree};
use super::product::Product;
use crate::subprocess::Outcome;
use anyhow::Context;
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

/// What the kernel charges and frees around a process that does nothing.
const TOLERANCE: u64 = 2 * MIB;

/// Makes the groups, fills them, and compares.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    swap_in_a_throw_away_machine()?;
    let tree = Tree::plant()?;
    let has_swap = tree.swap_total()? > 0;
    let outer = tree.group("outer")?;
    let inner = outer.child("inner")?;
    let sibling = outer.child("sibling")?;
    outer.limit(96 * MIB, 32 * MIB)?;
    inner.limit(128 * MIB, 64 * MIB)?;
    let _inner_holder = Holder::start(&inner, 24)?;
    let _sibling_holder = Holder::start(&sibling, 16)?;
    check_levels(product, &tree, [&outer, &inner], checks)?;
    check_free(product, &inner, checks)?;
    check_kill(product, &tree, checks)?;
    if has_swap {
        check_swap(product, &tree, checks)?;
    }
    if tree.is_v2() {
        check_throttling(product, &tree, checks)?;
    }
    check_hidden_trouble(product, checks)
}

/// A machine with the `need` of `cargo xtask vm` is a throw-away one, so it may get swap; any other machine's is left alone.
fn swap_in_a_throw_away_machine() -> anyhow::Result<()> {
    let script = "command -v need >/dev/null || exit 0; need zram num_devices=1 && \
        echo 256M >/sys/block/zram0/disksize && mkswap /dev/zram0 && swapon /dev/zram0";
    let mut shell = std::process::Command::new("/bin/sh");
    let outcome = crate::subprocess::output(shell.args(["-c", script]), std::time::Duration::from_secs(30))?;
    anyhow::ensure!(outcome.code == Some(0), "swap on zram: {}{}", outcome.stdout, outcome.stderr);
    Ok(())
}

/// A limit above the group binds, and a sibling eats from it.
fn check_levels(
    product: &Product,
    tree: &Tree,
    [outer, inner]: [&OwnCgroup; 2],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let before = (inner.usage()?, outer.usage()?);
    let found = listed(product, inner)?;
    let after = (inner.usage()?, outer.usage()?);
    let memory = &found["memory"];
    checks.equal("inner: its own limit", &memory["limit_bytes"], &json!(128 * MIB));
    checks.equal("inner: the limit in force", &memory["effective_limit_bytes"], &json!(96 * MIB));
    checks.equal("inner: who imposes it", &memory["effective_limit_cgroup"], &json!(outer.path()));
    checks.between("inner: used", &memory["usage_bytes"], [before.0, after.0], TOLERANCE);
    let least = json!(memory["unreclaimable_bytes"].as_u64().is_some_and(|bytes| bytes >= 24 * MIB));
    checks.equal("inner: what it holds cannot be freed", &least, &json!(true));
    // Both members hold anonymous memory, so what the outer limit leaves is nearly the limit minus its use.
    let left = [before.1, after.1].map(|usage| (96 * MIB).saturating_sub(usage));
    checks.between(
        "inner: the sibling counts in what is left",
        &memory["headroom_without_swap_bytes"],
        left,
        2 * TOLERANCE,
    );
    let swap = &found["swap"];
    let in_force = (32 * MIB).min(tree.swap_total()?);
    checks.equal("inner: its own swap limit", &swap["limit_bytes"], &json!(64 * MIB));
    checks.equal("inner: the swap limit in force", &swap["effective_limit_bytes"], &json!(in_force));
    let shown = product.run(&["show", inner.path()])?;
    checks.check("show: names the level that binds", shown.stdout.contains(outer.path()), &shown.stdout);
    let by_process = product.run(&["show", &inner.first_process()?, "--format", "json"])?;
    let document: Value = serde_json::from_str(&by_process.stdout).context("show by process")?;
    checks.equal(
        "show: finds the group of a process",
        &document["container"]["cgroup"],
        &json!(inner.path()),
    );
    Ok(())
}

/// What a process inside is told.
fn check_free(product: &Product, inner: &OwnCgroup, checks: &mut Checks) -> anyhow::Result<()> {
    let document: Value = serde_json::from_str(&inside(product, inner, "free --format json")?.stdout)?;
    checks.equal("free: the limit of the process", &document["memory_limit_bytes"], &json!(96 * MIB));
    checks.equal("free: its group", &document["cgroup"], &json!(inner.path()));
    let size = inside(product, inner, "free --cache-size 50%")?;
    let size: u64 = size.stdout.trim().parse().context("free --cache-size")?;
    checks.check("free: a cache size within what is left", size > 0 && size <= 48 * MIB, size);
    checks.equal(
        "free: more than is there is refused",
        &json!(inside(product, inner, "free --require 1Gi")?.code),
        &json!(1),
    );
    checks.equal(
        "free: what is there is granted",
        &json!(inside(product, inner, "free --require 1Mi")?.code),
        &json!(0),
    );
    Ok(())
}

fn check_kill(product: &Product, tree: &Tree, checks: &mut Checks) -> anyhow::Result<()> {
    let group = tree.group("killed")?;
    group.limit(20 * MIB, 0)?;
    let before = listed(product, &group)?;
    checks.equal("killed: nobody yet", &before["events"]["oom_kill"], &json!(0));
    let survived = Holder::start(&group, 64).is_ok();
    checks.check("killed: the process was killed", !survived, "it holds 64 MiB below a limit of 20 MiB");
    let after = listed(product, &group)?;
    checks.equal("killed: one kill is counted", &after["events"]["oom_kill"], &json!(group.oom_kills()?));
    checks.check(
        "killed: the finding is there",
        rules(&after).contains(&"oom-killed".to_owned()),
        &after["findings"],
    );
    let checked = product.run(&["ls", "--all", "--check"])?;
    checks.equal("killed: --check ends with 1", &json!(checked.code), &json!(1));
    Ok(())
}

fn check_swap(product: &Product, tree: &Tree, checks: &mut Checks) -> anyhow::Result<()> {
    let group = tree.group("swapped")?;
    group.limit(24 * MIB, 64 * MIB)?;
    let _holder = Holder::start(&group, 40)?;
    let before = group.swap_usage()?;
    let found = listed(product, &group)?;
    let readings = [before, group.swap_usage()?];
    checks.check("swapped: there is swap to see", before > 8 * MIB, before);
    checks.between("swapped: used", &found["swap"]["usage_bytes"], readings, TOLERANCE);
    checks.equal("swapped: its limit", &found["swap"]["limit_bytes"], &json!(64 * MIB));
    let demand = found["memory"]["demand_bytes"].as_u64().unwrap_or(0);
    checks.check("swapped: demand counts what is swapped out", demand >= 36 * MIB, demand);
    let host = &product.json(&["ls", "--all", "--format", "json"])?["host"];
    checks.equal("swapped: the machine's swap", &host["swap_total_bytes"], &json!(tree.swap_total()?));
    Ok(())
}

fn check_throttling(product: &Product, tree: &Tree, checks: &mut Checks) -> anyhow::Result<()> {
    let group = tree.group("throttled")?;
    group.limit(64 * MIB, 0)?;
    let _holder = Holder::start(&group, 24)?;
    group.write("memory.high", &(16 * MIB).to_string())?;
    let found = listed(product, &group)?;
    checks.equal("throttled: memory.high", &found["memory"]["high_bytes"], &json!(16 * MIB));
    checks.check(
        "throttled: the finding is there",
        rules(&found).contains(&"throttled".to_owned()),
        &found["findings"],
    );
    checks.check(
        "throttled: pressure is told",
        found["pressure"]["some"]["total_seconds"].is_number(),
        &found["pressure"],
    );
    Ok(())
}

/// Nothing that is wrong with a machine may end in a panic or a wrong number.
fn check_hidden_trouble(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let empty = tempfile_dir()?;
    let outcome = product.run(&["ls", "--root", &empty])?;
    std::fs::remove_dir_all(&empty)?;
    checks.equal("an empty root: no failure", &json!(outcome.code), &json!(0));
    checks.check(
        "an empty root: says what is missing",
        outcome.stdout.contains("Not shown"),
        &outcome.stdout,
    );
    let unknown = product.run(&["show", "no-such-thing"])?;
    checks.equal("an unknown name: wrong usage", &json!(unknown.code), &json!(2));
    Ok(())
}

fn tempfile_dir() -> anyhow::Result<String> {
    let folder = std::env::temp_dir().join(format!("highwater-empty-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder.display().to_string())
}

/// The product's object for one group.
fn listed(product: &Product, group: &OwnCgroup) -> anyhow::Result<Value> {
    let document = product.json(&["ls", "--all", "--format", "json"])?;
    let groups = document["cgroups"].as_array().context("no `cgroups` in the document")?;
    let found = groups.iter().find(|found| found["cgroup"] == json!(group.path()));
    found.cloned().with_context(|| format!("{} is not listed", group.path()))
}

fn rules(found: &Value) -> Vec<String> {
    let findings = found["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    findings.iter().filter_map(|finding| finding["rule"].as_str()).map(str::to_owned).collect()
}

/// Runs the product as a process of the group.
fn inside(product: &Product, group: &OwnCgroup, arguments: &str) -> anyhow::Result<Outcome> {
    let script = format!(
        "echo $$ >{}/cgroup.procs && exec {} {arguments}",
        group.folder().display(),
        product.path().display()
    );
    crate::subprocess::output(
        std::process::Command::new("/bin/sh").args(["-c", &script]),
        std::time::Duration::from_secs(30),
    )
}
