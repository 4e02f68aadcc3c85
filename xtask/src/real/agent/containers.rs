//! Scenario: the agent beside real containers. What it remembers, counts and tells is compared with the kernel and with Docker.

use super::running::{Home, Metrics, PATIENCE, RunningAgent, free_port};
use super::workloads::{
    CACHE_LIMIT_MIB, HOG, LEAK, MIB, RESTARTS, SAW_TOOTH, SPIKE, Workloads, figures, waiting,
};
use crate::real::cgroup_files::ContainerCgroup;
use crate::real::checks::Checks;
use crate::real::docker_daemon::{Daemon, Docker};
use crate::real::oom::report_limit::ReportLimit;
use crate::real::oom::stage::kills_of_machine;
use crate::real::polling::until;
use crate::real::product::Product;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::Path;

/// More than the kernel reports in full within its window of ten in five seconds; a machine without KVM takes minutes to start them.
const STORM: usize = 16;
const STORM_IN_A_SLOW_MACHINE: usize = 6;

/// The kernel reports at least so many of them in full.
const NAMED_MIN: usize = 10;

/// What the kernel charges and frees around a process that does nothing.
const TOLERANCE: u64 = 2 * MIB;

/// Runs the scenario.
pub fn run(product: &Product, daemon: Daemon, checks: &mut Checks) -> anyhow::Result<()> {
    let home = Home::make("agent")?;
    let docker = Docker::start(daemon)?;
    let beside = product.path().parent().context("the product lies in no folder")?;
    let workloads = Workloads::new(docker, home.path("go"), beside)?;
    let port = free_port()?;
    let is_slow = Path::new("/ctl/command").exists();
    let hogs = if is_slow { STORM_IN_A_SLOW_MACHINE } else { STORM };
    let mut scene = Scene { product, home, workloads, port, hogs, spike_peak: 0 };
    scene.run(checks)
}

/// What the checks share.
struct Scene<'product> {
    product: &'product Product,
    home: Home,
    workloads: Workloads,
    port: u16,
    hogs: usize,
    /// The most that the kernel saw in the container that held memory for a moment.
    spike_peak: u64,
}

impl<'product> Scene<'product> {
    fn run(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        // Some are there before the agent, the others come while it runs.
        self.workloads.start("spike", 64, &[], SPIKE)?;
        let restarts = self.workloads.start("restarts", 32, &["--restart", "always"], RESTARTS)?;
        self.workloads.start(
            "web",
            32,
            &["--restart", "always"],
            "while :; do /bin/busybox sleep 1; done",
        )?;
        self.hogs()?;
        let agent = self.agent()?;
        self.workloads.start("leak", 64, &[], &waiting("leak", LEAK))?;
        self.workloads.start("saw", 48, &[], SAW_TOOTH)?;
        self.workloads.start_cache(CACHE_LIMIT_MIB)?;
        // Others of this machine may kill too: what is counted since now is compared with all that the kernel counts since now.
        self.wait_for_name(&agent, "leak")?;
        self.workloads.go("leak")?;
        let origin = (kills_counted(&agent.metrics()?), kills_of_machine()?);
        self.storm(&agent, origin, checks)?;
        self.again(&agent, origin, checks)?;
        self.spike(&agent, checks)?;
        self.recreated(&agent, checks)?;
        self.grown(&agent, checks)?;
        self.figures_now(&agent, checks)?;
        let times = self.workloads.restarts("restarts")?;
        checks.check("restarts: Docker started it again and again", times >= 3, times);
        let same = self.workloads.inspect("restarts", "{{.Id}}")?;
        checks.equal("restarts: one container all the time", &json!(same), &json!(restarts));
        self.docker_restarted(&agent, checks)?;
        let status = agent.end()?;
        checks.check("it ends cleanly", status.success(), status);
        self.remembered(checks)?;
        self.told_once(checks)
    }

    fn agent(&self) -> anyhow::Result<RunningAgent<'product>> {
        let address = format!("127.0.0.1:{}", self.port);
        self.home.agent(self.product, &["--docker-host", self.workloads.docker.host(), "--listen", &address])
    }

    fn hogs(&mut self) -> anyhow::Result<()> {
        for number in 0..self.hogs {
            self.workloads.start(&format!("hog{number}"), 8, &[], &waiting("storm", HOG))?;
        }
        let kills = format!("for n in 1 2 3; do {HOG}; done; while :; do /bin/busybox sleep 1; done");
        self.workloads.start("parent", 12, &[], &waiting("parent", &kills)).map(drop)
    }

    /// Everybody is killed at once; each kill is counted once, and by whom it can be known.
    fn storm(&self, agent: &RunningAgent<'_>, origin: (u64, u64), checks: &mut Checks) -> anyhow::Result<()> {
        self.workloads.go("storm")?;
        for number in 0..self.hogs {
            let name = Workloads::name(&format!("hog{number}"));
            self.workloads.docker.command(&["wait", &name])?;
        }
        let [counted, kills] = all_counted(agent, origin)?;
        checks.check("storm: everybody died", kills >= self.hogs as u64, kills);
        checks.equal("storm: every kill is counted once", &json!(counted), &json!(kills));
        let metrics = agent.metrics()?;
        let by_name = |number: usize| kills_by(&metrics, &Workloads::name(&format!("hog{number}")));
        let most = (0..self.hogs).map(by_name).max().unwrap_or(0);
        let named = (0..self.hogs).filter(|number| by_name(*number) == 1).count();
        checks.check("storm: nobody is said to have died twice", most == 1, most);
        let least = self.hogs.min(NAMED_MIN);
        checks.check("storm: and by name, when the container is gone", named >= least, named);
        println!("      storm: {kills} kills, {named} of {} by name", self.hogs);
        let status = agent.status()?;
        let is_told =
            status["incidents"].as_u64().is_some_and(|incidents| (1..=kills + origin.0).contains(&incidents));
        checks.check("storm: incidents in the state", is_told, &status["incidents"]);
        Ok(())
    }

    /// Children of a container are killed, and the container runs on.
    fn again(&self, agent: &RunningAgent<'_>, origin: (u64, u64), checks: &mut Checks) -> anyhow::Result<()> {
        ReportLimit::new().wait()?;
        self.workloads.go("parent")?;
        let name = Workloads::name("parent");
        let counted = until(PATIENCE, || Ok(kills_by(&agent.metrics()?, &name)), |counted| *counted >= 3)?;
        checks.equal("parent: three children, three kills", &json!(counted), &json!(3));
        agent.wait_for_looks(2)?;
        let metrics = agent.metrics()?;
        let told = self.home.told();
        let told: Vec<&str> = told.lines().filter(|line| line.contains(&name)).collect();
        let detail = format!("{}: {told:#?}", kills_by(&metrics, &name));
        checks.check("parent: and no more", kills_by(&metrics, &name) == 3, detail);
        let [counted, kills] = all_counted(agent, origin)?;
        checks.equal("parent: nor of anybody else", &json!(counted), &json!(kills));
        let running = self.workloads.inspect("parent", "{{.State.Running}}")?;
        checks.equal("parent: it runs on", &json!(running), &json!("true"));
        Ok(())
    }

    /// What was held for a moment between two looks is a peak all the same.
    fn spike(&mut self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        let cgroup = self.cgroup("spike")?;
        self.workloads.go("spike")?;
        let peak =
            until(PATIENCE, || Ok(cgroup.memory_peak()?.unwrap_or(30 * MIB)), |peak| *peak >= 30 * MIB)?;
        checks.check("spike: the kernel saw it", peak >= 30 * MIB, peak);
        agent.wait_for_looks(2)?;
        // Before Linux 5.19 on cgroup v2 there is no peak: then only a look in that very moment sees it.
        self.spike_peak = cgroup.memory_peak()?.unwrap_or(0);
        Ok(())
    }

    /// A container of the same name is the same workload.
    fn recreated(&mut self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        let hold = |mib: u64| {
            format!(
                "/bin/busybox dd if=/dev/zero of=/dev/shm/x bs=1M count={mib} 2>/dev/null; echo holds; while :; do /bin/busybox sleep 1; done"
            )
        };
        let name = Workloads::name("again");
        let first = self.workloads.start("again", 48, &[], &hold(6))?;
        self.workloads.docker.wait_for_word(&name, "holds")?;
        self.wait_for_name(agent, "again")?;
        agent.wait_for_looks(3)?;
        self.workloads.docker.command(&["rm", "--force", &name])?;
        let second = self.workloads.start("again", 48, &[], &hold(16))?;
        self.workloads.docker.wait_for_word(&name, "holds")?;
        self.wait_for_name(agent, "again")?;
        agent.wait_for_looks(3)?;
        checks.check("again: it is another container", first != second, &first);
        Ok(())
    }

    /// Waits until the leak has leaked and the cache is full.
    fn grown(&self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        for (short, least) in [("leak", 40), ("cache", CACHE_LIMIT_MIB - 2)] {
            let cgroup = self.cgroup(short)?;
            let usage = until(PATIENCE, || cgroup.memory_usage(), |usage| *usage >= least * MIB)?;
            checks.check(&format!("{short}: it has grown"), usage >= least * MIB, usage);
        }
        until(PATIENCE, || self.workloads.restarts("restarts"), |restarts| *restarts >= 3)?;
        agent.wait_for_looks(3)
    }

    fn figures_now(&self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        let cgroup = self.cgroup("leak")?;
        let before = cgroup.memory_usage()?;
        agent.wait_for_looks(1)?;
        let metrics = agent.metrics()?;
        let name = Workloads::name("leak");
        let of = |family: &str| json!(metrics.value(family, &[("name", &name)]).map(|value| value as u64));
        let readings = [before, cgroup.memory_usage()?];
        checks.between("metrics: used", &of("container_memory_usage_bytes"), readings, TOLERANCE);
        checks.equal("metrics: the limit", &of("container_spec_memory_limit_bytes"), &json!(64 * MIB));
        if let Some(peak) = cgroup.memory_peak()? {
            checks.between(
                "metrics: the peak",
                &of("container_memory_max_usage_bytes"),
                [peak, peak],
                TOLERANCE,
            );
        }
        let status = agent.status_when(|status| !says_docker(status))?;
        checks.equal("state: the history is written", &status["history"]["is_written"], &json!(true));
        checks.check("state: Docker is heard", !says_docker(&status), &status["missing"]);
        let containers = self.workloads.docker.command(&["ps", "--quiet"])?.lines().count() as u64;
        let seen = status["containers"].as_u64().unwrap_or(0);
        // One is restarted again and again, and others of the machine are there too.
        checks.check("state: its containers", seen + 1 >= containers, format!("{seen} of {containers}"));
        Ok(())
    }

    /// Docker ends and comes again: the agent says so, goes on, and finds its containers again.
    fn docker_restarted(&mut self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        let before = self.workloads.inspect("web", "{{.State.Pid}}")?;
        self.workloads.docker.stop_daemon()?;
        let status = agent.status_when(says_docker)?;
        checks.check("docker ended: the agent says so", says_docker(&status), &status["missing"]);
        checks.equal("docker ended: the history goes on", &status["history"]["is_written"], &json!(true));
        self.workloads.docker.start_daemon()?;
        let is_back = |pid: &String| *pid != before && *pid != "0";
        let after = until(PATIENCE, || self.workloads.inspect("web", "{{.State.Pid}}"), is_back)?;
        checks.check("docker restarted: the container runs again", is_back(&after), &after);
        let is_named = self.wait_for_name(agent, "web")?;
        checks.check("docker restarted: it has its name again", is_named, "no such series");
        let status = agent.status_when(|status| !says_docker(status))?;
        checks.check("docker restarted: it is heard again", !says_docker(&status), &status["missing"]);
        agent.wait_for_looks(3)
    }

    /// The history, read when the agent has ended.
    fn remembered(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let list = self.history(&[])?;
        for short in ["restarts", "web", "again", "leak", "saw", "cache", "spike", "parent"] {
            let name = Workloads::name(short);
            let all = list["workloads"].as_array().into_iter().flatten();
            let named: Vec<&str> =
                all.filter_map(|one| one["workload"].as_str()).filter(|one| one.starts_with(&name)).collect();
            checks.equal(
                &format!("{short}: one workload, whatever became of it"),
                &json!(named),
                &json!([name]),
            );
        }
        self.shapes(checks)?;
        let history = self.history_of("spike")?;
        let peak = max(&figures(&history, "usage_peak_bytes"));
        if self.spike_peak > 0 {
            checks.equal("spike: its peak is kept, to the byte", &json!(peak), &json!(self.spike_peak));
        }
        let history = self.history_of("again")?;
        let used = figures(&history, "usage_bytes");
        let is_seen = |low: u64, high: u64| used.iter().any(|used| (low * MIB..high * MIB).contains(used));
        checks.check("again: the first container is in the series", is_seen(6, 12), format!("{used:?}"));
        checks.check("again: and the second one", is_seen(16, 24), format!("{used:?}"));
        let kills: u64 = figures(&self.history_of("parent")?, "oom_kills").iter().sum();
        checks.equal("parent: three kills in its history", &json!(kills), &json!(3));
        Ok(())
    }

    /// A leak, a saw-tooth and a cache look like what they are.
    fn shapes(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let leak = self.history_of("leak")?;
        let used = figures(&leak, "usage_bytes");
        let before_docker_ended: Vec<u64> = rising(&used);
        let grown = max(&before_docker_ended).saturating_sub(used.first().copied().unwrap_or(u64::MAX));
        checks.check("leak: its growth is in the history", grown >= 24 * MIB, format!("{used:?}"));
        checks.check("leak: step by step", levels(&before_docker_ended) >= 5, format!("{used:?}"));
        let limits = figures(&leak, "memory_limit_bytes");
        let all = !limits.is_empty() && limits.iter().all(|limit| *limit == 64 * MIB);
        checks.check("leak: below its limit", all, format!("{limits:?}"));
        let saw = self.history_of("saw")?;
        let used = figures(&saw, "usage_bytes");
        let falls =
            used.windows(2).filter(|pair| matches!(pair, [one, next] if next + 4 * MIB < *one)).count();
        checks.check("saw-tooth: its teeth are in the history", falls >= 3, format!("{used:?}"));
        let peak = max(&figures(&saw, "usage_peak_bytes"));
        checks.check("saw-tooth: its peak", (20 * MIB..48 * MIB).contains(&peak), peak);
        let cache = self.history_of("cache")?;
        let used = figures(&cache, "usage_bytes");
        let full = used.iter().filter(|used| **used >= (CACHE_LIMIT_MIB - 2) * MIB).count();
        checks.check("cache: full, and it stays so", full >= 3, format!("{used:?}"));
        let kills: u64 = figures(&cache, "oom_kills").iter().sum();
        checks.equal("cache: nobody was killed for it", &json!(kills), &json!(0));
        let restarts = self.history_of("restarts")?;
        let at: Vec<u64> = figures(&restarts, "at_seconds");
        let span = at.last().copied().unwrap_or(0) - at.first().copied().unwrap_or(0);
        checks.check("restarts: the series outlives its runs", span >= 8, format!("{at:?}"));
        self.no_leak(checks)
    }

    /// Minutes prove no leak: neither the plateau nor the saw-tooth nor anything else is called one.
    fn no_leak(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let state = self.home.path("state").display().to_string();
        let outcome = self.product.run(&["leaks", "--state", &state, "--format", "json"])?;
        let document: Value = serde_json::from_str(&outcome.stdout).context("leaks")?;
        checks.equal("leaks: none after minutes", &document["leaks"], &json!([]));
        checks.check("leaks: though it looked", outcome.code == Some(0), &outcome.stderr);
        Ok(())
    }

    /// A restart tells nothing twice, and everything is still in the list.
    fn told_once(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let before = self.home.told();
        let agent = self.agent()?;
        agent.wait_for_looks(3)?;
        agent.end()?;
        let told = self.home.told();
        let more = told.strip_prefix(&before).unwrap_or(&told);
        // Others of this machine may be killed meanwhile.
        let again: Vec<&str> =
            more.lines().filter(|line| first_word(line).is_some_and(|id| before.contains(id))).collect();
        checks.equal("started again: nothing is told twice", &json!(again), &json!([]));
        let state = self.home.path("state").display().to_string();
        let list = self.product.json(&["oom", "ls", "--state", &state, "--format", "json"])?;
        let all: Vec<&str> = ids(&list["incidents"]).chain(ids(&list["kept"])).collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        checks.equal("the list: no incident twice", &json!(all.len()), &json!(once.len()));
        let told: Vec<&str> = before.lines().filter_map(first_word).collect();
        let missing: Vec<&&str> = told.iter().filter(|id| !once.contains(*id)).collect();
        checks.check(
            "the list: everything that was told",
            missing.is_empty() && !told.is_empty(),
            format!("{missing:?}"),
        );
        Ok(())
    }

    /// Waits until the agent knows a container by its name; whether it came to that.
    fn wait_for_name(&self, agent: &RunningAgent<'_>, short: &str) -> anyhow::Result<bool> {
        let name = Workloads::name(short);
        let usage = || Ok(agent.metrics()?.value("container_memory_usage_bytes", &[("name", &name)]));
        until(PATIENCE, usage, Option::is_some).map(|found| found.is_some())
    }

    fn cgroup(&self, short: &str) -> anyhow::Result<ContainerCgroup> {
        ContainerCgroup::find(&self.workloads.inspect(short, "{{.Id}}")?)
    }

    fn history(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let state = self.home.path("state").display().to_string();
        self.product.json(&[&["history"], arguments, &["--state", &state, "--format", "json"]].concat())
    }

    fn history_of(&self, short: &str) -> anyhow::Result<Value> {
        self.history(&[&Workloads::name(short), "--step", "1s"])
    }
}

/// Whether the agent says that it cannot hear Docker.
fn says_docker(status: &Value) -> bool {
    status["missing"].to_string().to_lowercase().contains("docker")
}

fn first_word(line: &str) -> Option<&str> {
    line.split_whitespace().next()
}

fn ids(incidents: &Value) -> impl Iterator<Item = &str> {
    incidents.as_array().into_iter().flatten().filter_map(|incident| incident["id"].as_str())
}

/// The kills since then, by the agent and by the kernel, when they are the same or do not become so.
fn all_counted(agent: &RunningAgent<'_>, (counted, kills): (u64, u64)) -> anyhow::Result<[u64; 2]> {
    let read = || Ok([kills_counted(&agent.metrics()?) - counted, kills_of_machine()? - kills]);
    until(PATIENCE, read, |[counted, kills]| counted == kills)
}

/// The kills of all workloads together.
fn kills_counted(metrics: &Metrics) -> u64 {
    let family = "highwater_container_oom_kills_total{";
    let series = metrics.0.lines().filter(|line| line.starts_with(family));
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// The kills of one workload, whatever ran out.
fn kills_by(metrics: &Metrics, name: &str) -> u64 {
    let label = format!("workload=\"{name}\"");
    let family = "highwater_container_oom_kills_total{";
    let series = metrics.0.lines().filter(|line| line.starts_with(family) && line.contains(&label));
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

fn max(figures: &[u64]) -> u64 {
    figures.iter().copied().max().unwrap_or(0)
}

/// The figures up to the first that falls.
fn rising(figures: &[u64]) -> Vec<u64> {
    let fall = figures.windows(2).position(|pair| matches!(pair, [one, next] if next + MIB < *one));
    figures.get(..fall.map_or(figures.len(), |at| at + 1)).unwrap_or_default().to_vec()
}

/// How many different heights there are, to the MiB.
fn levels(figures: &[u64]) -> usize {
    let mut levels: Vec<u64> = figures.iter().map(|figure| figure / MIB).collect();
    levels.dedup();
    levels.len()
}

#[cfg(test)]
mod tests {
    use super::{MIB, kills_by, kills_counted, levels, rising};
    use crate::real::agent::running::Metrics;

    #[test]
    fn a_leak_is_read_up_to_its_end() {
        let used = [1, 2, 2, 4, 9, 3, 3].map(|mib| mib * MIB);
        assert_eq!(rising(&used), [1, 2, 2, 4, 9].map(|mib| mib * MIB));
        assert_eq!(levels(&rising(&used)), 4);
    }

    #[test]
    fn kills_are_added_over_what_ran_out() {
        let family = "highwater_container_oom_kills_total";
        let text = format!(
            "{family}{{workload=\"a\",scope=\"memcg\"}} 2\n{family}{{workload=\"a\",scope=\"system\"}} 1\n{family}{{workload=\"ab\",scope=\"memcg\"}} 4\n"
        );
        let metrics = Metrics(text);
        assert_eq!((kills_by(&metrics, "a"), kills_counted(&metrics)), (3, 7));
    }
}
