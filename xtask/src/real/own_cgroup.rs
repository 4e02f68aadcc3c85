//! Control groups of a scenario's own, below one folder that is removed at the end, and processes that hold memory in them.

use anyhow::Context;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The folder of all groups of this run.
pub struct Tree {
    top: OwnCgroup,
}

/// One control group.
pub struct OwnCgroup {
    folder: PathBuf,
    path: String,
    is_v2: bool,
}

impl Tree {
    /// Makes the folder, where the memory controller is.
    pub fn plant() -> anyhow::Result<Self> {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let is_v2 = !v1.join("memory.usage_in_bytes").exists();
        let mount = if is_v2 { Path::new("/sys/fs/cgroup") } else { v1 };
        let path = format!("/highwater-real-{}", std::process::id());
        let folder = mount.join(path.trim_start_matches('/'));
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        let top = OwnCgroup { folder, path, is_v2 };
        top.share_memory()?;
        Ok(Self { top })
    }

    /// Whether the groups are of cgroup v2.
    pub fn is_v2(&self) -> bool {
        self.top.is_v2
    }

    /// A group directly below the folder.
    pub fn group(&self, name: &str) -> anyhow::Result<OwnCgroup> {
        self.top.child(name)
    }

    /// The path of the folder in the hierarchy.
    pub fn path(&self) -> &str {
        &self.top.path
    }

    /// The machine's swap, in bytes.
    pub fn swap_total(&self) -> anyhow::Result<u64> {
        let meminfo = fs::read_to_string("/proc/meminfo")?;
        let line =
            meminfo.lines().find_map(|line| line.strip_prefix("SwapTotal:")).context("no SwapTotal")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("SwapTotal")?;
        Ok(kib * 1024)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        remove(&self.top.folder);
    }
}

fn remove(folder: &Path) {
    let below = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        remove(&entry.path());
    }
    let _ = fs::remove_dir(folder);
}

impl OwnCgroup {
    /// A group below this one.
    pub fn child(&self, name: &str) -> anyhow::Result<Self> {
        self.share_memory()?;
        let folder = self.folder.join(name);
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self { folder, path: format!("{}/{name}", self.path), is_v2: self.is_v2 })
    }

    fn share_memory(&self) -> anyhow::Result<()> {
        if self.is_v2 { self.write("cgroup.subtree_control", "+memory") } else { Ok(()) }
    }

    /// Its path in the hierarchy.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Limits memory, and swap alone.
    pub fn limit(&self, memory: u64, swap: u64) -> anyhow::Result<()> {
        if self.is_v2 {
            self.write("memory.max", &memory.to_string())?;
            return self.write("memory.swap.max", &swap.to_string());
        }
        self.write("memory.limit_in_bytes", &memory.to_string())?;
        self.write("memory.memsw.limit_in_bytes", &(memory + swap).to_string())
    }

    /// Writes one of its files.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("writing {text} to {}", path.display()))
    }

    /// Memory used by it and everything below.
    pub fn usage(&self) -> anyhow::Result<u64> {
        self.number(if self.is_v2 { "memory.current" } else { "memory.usage_in_bytes" })
    }

    /// Swap used by it and everything below.
    pub fn swap_usage(&self) -> anyhow::Result<u64> {
        if self.is_v2 {
            self.number("memory.swap.current")
        } else {
            self.counter("memory.stat", "total_swap")
        }
    }

    /// Kills in it.
    pub fn oom_kills(&self) -> anyhow::Result<u64> {
        self.counter(if self.is_v2 { "memory.events" } else { "memory.oom_control" }, "oom_kill")
    }

    /// Whether it ever used all of its limit, or nearly.
    pub fn was_full(&self, limit: u64) -> anyhow::Result<bool> {
        // Before Linux 5.19 there is no memory.peak; memory.events counts how often the limit was met.
        if self.is_v2 && !self.folder.join("memory.peak").exists() {
            return Ok(self.counter("memory.events", "max")? > 0);
        }
        let peak = self.number(if self.is_v2 { "memory.peak" } else { "memory.max_usage_in_bytes" })?;
        Ok(peak + (1 << 20) >= limit)
    }

    /// The first of its processes.
    pub fn first_process(&self) -> anyhow::Result<String> {
        let processes = self.text("cgroup.procs")?;
        processes.lines().next().map(str::to_owned).with_context(|| format!("no process in {}", self.path))
    }

    fn number(&self, name: &str) -> anyhow::Result<u64> {
        self.text(name)?.trim().parse().with_context(|| name.to_owned())
    }

    fn counter(&self, name: &str, key: &str) -> anyhow::Result<u64> {
        let text = self.text(name)?;
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        line.with_context(|| format!("no {key} in {name}"))?.parse().with_context(|| format!("{name} {key}"))
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }
}

/// A process that holds memory in a group until it is dropped.
pub struct Holder(Child);

impl Holder {
    /// Starts a process in the group that fills so many MiB, and waits until it has them. Fails when it was killed on the way.
    pub fn start(group: &OwnCgroup, mib: u64) -> anyhow::Result<Self> {
        let xtask = std::env::current_exe().context("the path of xtask")?;
        let script = format!(
            "echo $$ >{}/cgroup.procs && exec {} hold {mib}",
            group.folder.display(),
            xtask.display()
        );
        let mut child = Command::new("/bin/sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a process that holds memory")?;
        let mut word = String::new();
        if let Some(out) = child.stdout.as_mut() {
            BufReader::new(out).read_line(&mut word)?;
        }
        if word != "ready\n" {
            let status = child.wait()?;
            anyhow::bail!("the process in {} ended: {status}", group.path);
        }
        Ok(Self(child))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo xtask hold`: fills memory with what does not compress, says so, and waits for the end of standard input.
pub fn hold(mib: usize) -> anyhow::Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut held = vec![0_u64; mib << 17];
    for word in &mut held {
        // xorshift64: the kernel neither stores zero pages nor finds these alike.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *word = state;
    }
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    std::hint::black_box(&held);
    Ok(())
}
