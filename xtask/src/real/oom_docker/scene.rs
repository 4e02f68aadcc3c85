//! The scene of the scenario: a Docker daemon, containers that wait for a word, groups of our own, and a running watch.

use crate::real::checks::Checks;
use crate::real::docker_daemon::Docker;
use crate::real::oom::report_limit::ReportLimit;
use crate::real::oom::stage::{TOLD_MAX, told_before};
use crate::real::oom::watch::Watch;
use crate::real::own_cgroup::Tree;
use crate::real::product::Product;
use crate::subprocess::Outcome;
use anyhow::Context;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The image of all containers.
pub const IMAGE: &str = "highwater-oom-busybox";

/// Takes twice the memory again and again.
pub const HOG: &str = r#"/bin/busybox awk 'BEGIN{s="x"; while(1) s=s s}'"#;

/// What the checks share.
pub struct Scene<'a> {
    /// The product.
    pub product: &'a Product,
    /// The daemon.
    pub docker: Docker,
    /// Groups that are no containers.
    pub tree: Tree,
    /// How many hogs a storm has.
    pub hogs: usize,
    watch: Option<Watch>,
    go: Folder,
    limit: ReportLimit,
    fences: usize,
}

/// A container that does what it was told when [`Scene::go`] is said.
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its full id.
    pub id: String,
    short: String,
}

/// A folder that is removed with this value.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new folder for temporary files.
    pub fn make(name: &str) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl<'a> Scene<'a> {
    /// Makes the image and the folders.
    pub fn build(product: &'a Product, mut docker: Docker, hogs: usize) -> anyhow::Result<Self> {
        docker.import_busybox(IMAGE)?;
        let (tree, go) = (Tree::plant()?, Folder::make("go")?);
        Ok(Self { product, docker, tree, hogs, watch: None, go, limit: ReportLimit::new(), fences: 0 })
    }

    /// Starts the watch; it runs until the end.
    pub fn watch(&mut self) -> anyhow::Result<()> {
        self.watch = Some(Watch::start(self.product, &["--docker-host", self.docker.host()])?);
        Ok(())
    }

    /// Waits until the kernel prints whole reports again: its window of time begins somewhere in two of ours.
    pub fn wait_for_reports(&mut self) -> anyhow::Result<()> {
        self.limit.wait()
    }

    /// Starts a container that runs a script at once. `short` is a part of its name.
    pub fn start(&mut self, short: &str, options: &[&str], script: &str) -> anyhow::Result<Container> {
        let name = format!("highwater-oom-{short}-{}", std::process::id());
        let volume = format!("{}:/go:ro", self.go.0.display());
        let options = [options, &["--volume", &volume]].concat();
        let id = self.docker.run_container(&name, &options, &[IMAGE, "/bin/busybox", "sh", "-c", script])?;
        Ok(Container { name, id, short: short.to_owned() })
    }

    /// Starts a container that runs a script when [`Scene::go`] is said.
    pub fn start_waiting(
        &mut self,
        short: &str,
        options: &[&str],
        script: &str,
    ) -> anyhow::Result<Container> {
        let wait = format!("until [ -e /go/{short} ]; do /bin/busybox sleep 0.05; done; {script}");
        self.start(short, options, &wait)
    }

    /// The word that a container waits for.
    pub fn go(&self, container: &Container) -> anyhow::Result<()> {
        fs::write(self.go.0.join(&container.short), "").context("the word to go")
    }

    /// The word is taken back.
    pub fn stay(&self, container: &Container) -> anyhow::Result<()> {
        fs::remove_file(self.go.0.join(&container.short)).context("the word to go")
    }

    /// What Docker says of a container.
    pub fn inspect(&self, container: &Container, what: &str) -> anyhow::Result<String> {
        self.docker.command(&["inspect", "--format", what, &container.id])
    }

    /// Its first process, as the host numbers it.
    pub fn first_process(&self, container: &Container) -> anyhow::Result<u64> {
        self.inspect(container, "{{.State.Pid}}")?.parse().context("State.Pid")
    }

    /// Waits for the end of a container; returns its exit code.
    pub fn wait(&self, container: &Container) -> anyhow::Result<i64> {
        self.docker.command(&["wait", &container.id])?.parse().context("docker wait")
    }

    /// The next incident of anybody.
    pub fn next(&self, within: Duration) -> Option<Value> {
        Some(self.watch.as_ref()?.next(within)?.incident)
    }

    /// The next incident in a container; others of this scenario are passed over.
    pub fn next_in(&self, container: &Container, within: Duration) -> Option<Value> {
        let start = Instant::now();
        loop {
            let incident = self.next(within.saturating_sub(start.elapsed()))?;
            if is_in(&incident, container) {
                return Some(incident);
            }
        }
    }

    /// The next incident in a container; a check that fails when there is none.
    pub fn told(&self, container: &Container, checks: &mut Checks, name: &str) -> Option<Value> {
        let told = self.next_in(container, TOLD_MAX);
        checks.check(&format!("{name}: it is told"), told.is_some(), "nothing was told");
        told
    }

    /// Provokes a kill that is told for certain, and returns everything of ours that was told before it.
    pub fn told_until_now(&mut self) -> anyhow::Result<Vec<Value>> {
        self.fences += 1;
        let fence = self.tree.group(&format!("fence-{}", self.fences))?;
        let mut told = told_before(&fence, || self.next(TOLD_MAX))?;
        told.retain(|incident| self.is_ours(incident));
        Ok(told)
    }

    /// Whether an incident is of this scenario: others of the machine are not ours to judge.
    pub fn is_ours(&self, incident: &Value) -> bool {
        let place = &incident["place"];
        let name = place["container"]["name"].as_str().unwrap_or_default();
        let cgroup = place["cgroup"].as_str().unwrap_or_default();
        let is_container =
            name.starts_with("highwater-oom-") && name.ends_with(&format!("-{}", std::process::id()));
        is_container || cgroup.starts_with(self.tree.path())
    }

    /// Runs the product, which asks this daemon.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Outcome> {
        self.product.run(&[arguments, &["--docker-host", self.docker.host()]].concat())
    }

    /// The incidents that `oom ls` finds in a container.
    pub fn listed(&self, container: &Container) -> anyhow::Result<Vec<Value>> {
        let arguments = ["oom", "ls", "--format", "json", "--docker-host", self.docker.host()];
        let document = self.product.json(&arguments)?;
        let all = document["incidents"].as_array().cloned().unwrap_or_default();
        Ok(all.into_iter().filter(|incident| is_in(incident, container)).collect())
    }
}

/// Whether an incident's victim lived in this container.
pub fn is_in(incident: &Value, container: &Container) -> bool {
    let cgroup = incident["place"]["cgroup"].as_str().unwrap_or_default();
    incident["place"]["container"]["id"] == container.id.as_str() || cgroup.contains(&container.id)
}

/// Name, image and id are those of the container.
pub fn check_named(incident: &Value, container: &Container, checks: &mut Checks, name: &str) {
    let told = &incident["place"]["container"];
    checks.equal(&format!("{name}: the container's name"), &told["name"], &json!(container.name));
    checks.equal(&format!("{name}: its id"), &told["id"], &json!(container.id));
    let image = told["image"].as_str().unwrap_or_default();
    checks.check(&format!("{name}: its image"), image.contains(IMAGE), told);
}

/// The exit code among the witnesses.
pub fn exit_code(incident: &Value) -> Value {
    let witnesses = incident["witnesses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = witnesses.iter().find(|witness| witness["witness"] == "exit_code");
    told.map_or(Value::Null, |witness| witness["code"].clone())
}

/// Whether the runtime is among the witnesses.
pub fn runtime_agrees(incident: &Value) -> bool {
    let witnesses = incident["witnesses"].as_array().map(Vec::as_slice).unwrap_or_default();
    witnesses.iter().any(|witness| witness["witness"] == "runtime_event")
}
