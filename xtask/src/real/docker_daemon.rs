//! A Docker daemon to try things on: one of our own in a temporary folder, or that of a throw-away machine.

use super::polling::until;
use crate::packages::find_program;
use crate::subprocess::{Outcome, Running, output};
use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A machine without KVM needs most of a minute for the first start.
const START_SECONDS_MAX: Duration = Duration::from_secs(180);
const COMMAND_SECONDS_MAX: Duration = Duration::from_secs(120);

/// Which Docker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Daemon {
    /// A daemon of our own, with its own folders, no network and no rules
    Own,
    /// The machine's, started by systemd; or the one that DOCKER_HOST names
    System,
}

/// A daemon that answers. Dropping it removes the containers made through it, and ends it when it is our own.
pub struct Docker {
    host: String,
    containers: Vec<String>,
    images: Vec<String>,
    own: Option<OwnDaemon>,
}

struct OwnDaemon {
    running: Option<Running>,
    folder: PathBuf,
    /// The folders `docker` that were not there before, one for each hierarchy.
    cgroups: Vec<PathBuf>,
}

impl Docker {
    /// Starts or finds the daemon and waits until it answers.
    pub fn start(daemon: Daemon) -> anyhow::Result<Self> {
        let (host, own) = match daemon {
            Daemon::Own => {
                let own = OwnDaemon::start()?;
                (format!("unix://{}", own.folder.join("docker.sock").display()), Some(own))
            }
            Daemon::System => (system_host()?, None),
        };
        let mut docker = Self { host, containers: Vec::new(), images: Vec::new(), own };
        docker.wait_until_it_answers()?;
        Ok(docker)
    }

    /// Where it listens, as `--docker-host` takes it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Runs the `docker` command and returns its standard output without the last line feed.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let outcome = self.try_command(arguments)?;
        if outcome.code == Some(0) {
            return Ok(outcome.stdout.trim_end().to_owned());
        }
        bail!("docker {}: {}", arguments.join(" "), outcome.stderr.trim())
    }

    /// Makes an image with nothing in it but busybox.
    pub fn import_busybox(&mut self, name: &str) -> anyhow::Result<()> {
        let busybox = find_program("busybox").context("no busybox on this machine")?;
        let folder = std::env::temp_dir().join(format!("highwater-image-{}", std::process::id()));
        let made = import(self, &busybox, &folder, name);
        let _ = fs::remove_dir_all(&folder);
        made?;
        self.images.push(name.to_owned());
        Ok(())
    }

    /// Starts a container without a network and returns its identifier.
    pub fn run_container(
        &mut self,
        name: &str,
        options: &[&str],
        command: &[&str],
    ) -> anyhow::Result<String> {
        self.containers.push(name.to_owned());
        let fixed = ["run", "--detach", "--network", "none", "--name", name];
        self.command(&[&fixed[..], options, command].concat())
    }

    /// Stops the daemon: containers end with it, and those with `--restart always` begin again with the next one.
    pub fn stop_daemon(&mut self) -> anyhow::Result<()> {
        match &mut self.own {
            Some(own) => {
                drop(own.running.take());
                Ok(())
            }
            None => systemctl("stop docker.socket docker.service"),
        }
    }

    /// Starts the daemon again, with everything it knew.
    pub fn start_daemon(&mut self) -> anyhow::Result<()> {
        match &mut self.own {
            Some(own) => own.launch()?,
            None => systemctl("start docker.socket docker.service")?,
        }
        self.wait_until_it_answers()
    }

    /// Waits until a container has printed this word.
    pub fn wait_for_word(&self, name: &str, word: &str) -> anyhow::Result<()> {
        let is_there = |log: &String| log.contains(word);
        let log = until(COMMAND_SECONDS_MAX, || self.command(&["logs", name]), is_there)?;
        ensure!(is_there(&log), "container {name} did not print `{word}`");
        Ok(())
    }

    fn try_command(&self, arguments: &[&str]) -> anyhow::Result<Outcome> {
        let mut command = Command::new("docker");
        command.env_remove("DOCKER_CONTEXT").args(["--host", &self.host]).args(arguments);
        output(&mut command, COMMAND_SECONDS_MAX)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let answer = self.try_command(&["version", "--format", "{{.Server.Version}}"])?;
            if answer.code == Some(0) {
                println!("docker {} at {}", answer.stdout.trim(), self.host);
                return Ok(());
            }
            if let Some(own) = &mut self.own {
                own.bail_when_ended()?;
            }
            if start.elapsed() > START_SECONDS_MAX {
                bail!("docker does not answer: {}", answer.stderr.trim());
            }
            sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // Interrupted or not, this must run: so it does not go through `output`.
        if !self.containers.is_empty() {
            let containers = self.containers.iter().map(String::as_str);
            remove(
                &self.host,
                &["rm", "--force", "--volumes"].into_iter().chain(containers).collect::<Vec<_>>(),
            );
        }
        for image in std::mem::take(&mut self.images) {
            remove(&self.host, &["rmi", "--force", &image]);
        }
    }
}

fn remove(host: &str, arguments: &[&str]) {
    let mut command = Command::new("docker");
    command
        .args(["--host", host])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _ = command.status();
}

impl OwnDaemon {
    fn start() -> anyhow::Result<Self> {
        // Short, because the path of a socket has at most 107 bytes.
        let folder = PathBuf::from(format!("/tmp/highwater-docker-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let cgroups = cgroup_folders().into_iter().filter(|path| !path.exists()).collect();
        let mut own = Self { running: None, folder, cgroups };
        own.launch()?;
        Ok(own)
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let dockerd = find_program("dockerd").context("no dockerd on this machine")?;
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let below = |name: &str| self.folder.join(name).display().to_string();
        // Where a containerd runs already, dockerd uses it: so our containers get a name space of their own there.
        let namespace = format!("highwater-{}", std::process::id());
        let mut command = Command::new(dockerd);
        command
            .args(["--data-root", &below("data"), "--exec-root", &below("exec"), "--pidfile", &below("pid")])
            .args(["--host", &format!("unix://{}", below("docker.sock"))])
            .args(["--iptables=false", "--bridge=none", "--ip-forward=false", "--ip-masq=false"])
            .args(["--containerd-namespace", &namespace])
            .args(["--containerd-plugins-namespace", &format!("{namespace}-plugins")])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.running = Some(Running::start(&mut command)?);
        Ok(())
    }

    fn bail_when_ended(&mut self) -> anyhow::Result<()> {
        if let Some(running) = &mut self.running
            && let Some(status) = running.ended()?
        {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n");
            bail!("dockerd: {status}\n{last}");
        }
        Ok(())
    }
}

impl Drop for OwnDaemon {
    fn drop(&mut self) {
        drop(self.running.take());
        unmount_below(&self.folder);
        let _ = fs::remove_dir_all(&self.folder);
        for cgroup in &self.cgroups {
            // Only an empty control group can be removed.
            let _ = fs::remove_dir(cgroup);
        }
    }
}

/// The folder `docker` of each hierarchy, there or not.
fn cgroup_folders() -> Vec<PathBuf> {
    let top = Path::new("/sys/fs/cgroup");
    let mut folders = vec![top.join("docker")];
    if !top.join("cgroup.controllers").exists() {
        let hierarchies = fs::read_dir(top).into_iter().flatten().flatten();
        folders.extend(hierarchies.map(|entry| entry.path().join("docker")));
    }
    folders
}

fn unmount_below(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points: Vec<&str> = mounts.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    for point in points.iter().rev().filter(|point| Path::new(point).starts_with(folder)) {
        let _ = Command::new("umount").args(["--lazy", point]).status();
    }
}

fn system_host() -> anyhow::Result<String> {
    if let Ok(host) = std::env::var("DOCKER_HOST") {
        return Ok(host);
    }
    systemctl("start docker")?;
    Ok("unix:///run/docker.sock".to_owned())
}

fn systemctl(words: &str) -> anyhow::Result<()> {
    let done = output(Command::new("systemctl").args(words.split(' ')), START_SECONDS_MAX)?;
    anyhow::ensure!(done.code == Some(0), "systemctl {words}: {}", done.stderr.trim());
    Ok(())
}

fn import(docker: &Docker, busybox: &str, folder: &Path, name: &str) -> anyhow::Result<()> {
    let root = folder.join("root");
    fs::create_dir_all(root.join("bin"))?;
    fs::copy(busybox, root.join("bin/busybox")).with_context(|| busybox.to_owned())?;
    let tar = folder.join("image.tar").display().to_string();
    let packed =
        output(Command::new("tar").arg("-C").arg(&root).args(["-cf", &tar, "bin"]), COMMAND_SECONDS_MAX)?;
    anyhow::ensure!(packed.code == Some(0), "tar: {}", packed.stderr.trim());
    docker.command(&["import", &tar, name]).map(drop)
}
