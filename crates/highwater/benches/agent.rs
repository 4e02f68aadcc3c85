//! What the whole agent costs at 1,000 containers, against opening, reading and closing the same files as often. Prints ratios.
//!
//! Needs root and a writable memory hierarchy; makes its cgroups below a folder of its own and removes them. `HIGHWATER` names
//! the binary.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const CONTAINERS: usize = 1_000;
const ROUNDS: u32 = 40;
const SECOND: Duration = Duration::from_secs(1);

/// The first look, and names for which it waits, are behind it then.
const WARM_UP: Duration = Duration::from_secs(15);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == "--hop") {
        return hop(Path::new(&arguments[2]));
    }
    let Some(binary) = std::env::var_os("HIGHWATER") else {
        eprintln!("HIGHWATER is not set: expected the path of the binary");
        return;
    };
    let forest = Forest::plant();
    let state = tempfile::tempdir().unwrap();
    let mut agent = Agent::start(Path::new(&binary), &forest, state.path());
    let mut hopper = Hopper::start(&forest.folder);
    sleep(WARM_UP);
    assert!(agent.child.try_wait().unwrap().is_none(), "the agent ended");
    for (name, moves) in [("every container moves", true), ("no container moves", false)] {
        let (before, start_of_all) = (agent.cpu_time(), Instant::now());
        let mut plain = Duration::ZERO;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            if moves {
                hopper.touch_all();
            }
            let start = cpu_time();
            forest.read_plainly();
            plain += cpu_time() - start;
            sleep(SECOND.saturating_sub(begin.elapsed()));
        }
        // The agent looks once a second; on a machine that is busy with other things a round takes longer than that.
        let ours = (agent.cpu_time() - before).as_secs_f64() * 1e3 / start_of_all.elapsed().as_secs_f64();
        let plain = plain.as_secs_f64() * 1e3 / f64::from(ROUNDS);
        println!(
            "CPU of the whole agent at 1 s, {CONTAINERS} containers, {name}: {ours:.1} ms/s against {plain:.1} ms/s of open/read/close of 5 files: ratio {:.3}",
            ours / plain
        );
    }
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let with_caches = mib(forest.agent_kernel_bytes());
    forest.drop_caches_of_agent();
    let kernel = mib(forest.agent_kernel_bytes());
    let resident = mib(agent.peak_resident_bytes());
    let all = kernel + resident;
    println!(
        "memory of the agent, {CONTAINERS} containers: {all:.1} MiB ({resident:.1} resident at most, {kernel:.1} of the kernel's, {with_caches:.1} with caches that it gives back) against 40 MiB promised: ratio {:.2}",
        all / 40.0
    );
    hopper.stop();
    agent.child.kill().unwrap();
    agent.child.wait().unwrap();
}

/// A second is a second, whatever happens meanwhile.
fn sleep(time: Duration) {
    let (_kept, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(time);
}

/// The agent, in a cgroup of its own.
struct Agent {
    child: Child,
}

impl Agent {
    fn start(binary: &Path, forest: &Forest, state: &Path) -> Self {
        let own = |name: &str| fs::write(forest.folder.join(name).join("cgroup.procs"), "0").unwrap();
        own("agent");
        let child = Command::new(binary)
            .arg("agent")
            .arg("--socket")
            .arg(state.join("agent.sock"))
            .arg("--state")
            .arg(state)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        own("own");
        Self { child }
    }

    fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    fn peak_resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// A container as Docker's systemd driver names its cgroup; ids differ from their first digits on.
fn member(number: usize) -> String {
    let spread = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("docker-{spread:016x}{number:048x}.scope")
}

/// Cgroups of our own, removed when dropped.
struct Forest {
    folder: PathBuf,
    is_v2: bool,
}

impl Forest {
    fn plant() -> Self {
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let is_v2 = !v1.is_dir();
        let mount = if is_v2 { Path::new("/sys/fs/cgroup") } else { v1 };
        let folder = mount.join(format!("highwater-bench-agent-{}", std::process::id()));
        fs::create_dir(&folder).expect("root, and a writable hierarchy");
        if is_v2 {
            fs::write(folder.join("cgroup.subtree_control"), "+memory").unwrap();
        }
        let forest = Self { folder, is_v2 };
        forest.folders().for_each(|folder| fs::create_dir(folder).unwrap());
        forest
    }

    fn folders(&self) -> impl Iterator<Item = PathBuf> {
        let others = ["own", "agent"].map(str::to_owned);
        (0..CONTAINERS).map(member).chain(others).map(|name| self.folder.join(name))
    }

    /// Kernel memory charged to the agent's cgroup.
    fn agent_kernel_bytes(&self) -> u64 {
        let own = self.folder.join("agent");
        if !self.is_v2 {
            let text = fs::read_to_string(own.join("memory.kmem.usage_in_bytes")).unwrap();
            return text.trim().parse().unwrap();
        }
        let stat = fs::read_to_string(own.join("memory.stat")).unwrap();
        stat.lines().find_map(|line| line.strip_prefix("kernel ")).unwrap().parse().unwrap()
    }

    /// Asks the kernel to take back what it only caches for the agent: names and inodes of files that were opened once.
    fn drop_caches_of_agent(&self) {
        let own = self.folder.join("agent");
        // Less than was asked for is an error to the kernel, and expected.
        let _ = match self.is_v2 {
            false => fs::write(own.join("memory.force_empty"), "0"),
            true => fs::write(own.join("memory.reclaim"), "1G"),
        };
    }

    /// What a reader does that keeps nothing: the five files of a dashboard.
    fn read_plainly(&self) {
        let files = match self.is_v2 {
            false => [
                "memory.stat",
                "memory.usage_in_bytes",
                "memory.limit_in_bytes",
                "memory.memsw.usage_in_bytes",
                "memory.failcnt",
            ],
            true => ["memory.stat", "memory.current", "memory.max", "memory.swap.current", "memory.events"],
        };
        let mut buffer = [0_u8; 4096];
        for number in 0..CONTAINERS {
            let folder = self.folder.join(member(number));
            for file in files {
                let mut file = fs::File::open(folder.join(file)).unwrap();
                let _ = file.read(&mut buffer).unwrap();
            }
        }
    }
}

impl Drop for Forest {
    fn drop(&mut self) {
        let _ = fs::write(self.folder.parent().unwrap().join("cgroup.procs"), "0");
        for folder in self.folders().chain([self.folder.clone()]) {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A child that goes through all cgroups and leaves a page in each, so that every usage moves.
struct Hopper {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Hopper {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--hop")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    fn touch_all(&mut self) {
        self.to.write_all(b"go\n").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        assert_eq!(line, "gone\n");
    }

    fn stop(mut self) {
        drop(self.to);
        self.child.wait().unwrap();
    }
}

/// A page of a file in memory is charged to the cgroup that writes it, and stays there.
fn hop(folder: &Path) {
    let path = PathBuf::from(format!("/dev/shm/highwater-bench-{}", std::process::id()));
    let mut pages = fs::File::create(&path).unwrap();
    fs::remove_file(&path).unwrap();
    for _ in std::io::stdin().lines() {
        for number in 0..CONTAINERS {
            fs::write(folder.join(member(number)).join("cgroup.procs"), "0").unwrap();
            pages.write_all(&[1; 4096]).unwrap();
        }
        println!("gone");
    }
    let _ = fs::write(folder.parent().unwrap().join("cgroup.procs"), "0");
}
