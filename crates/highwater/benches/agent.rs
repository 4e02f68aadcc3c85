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

use kernel::hierarchy::CgroupVersion;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use testkit::cgroup_forest::{Forest, Hopper, hop_if_asked};

const CONTAINERS: usize = 1_000;
const ROUNDS: u32 = 40;
const SECOND: Duration = Duration::from_secs(1);

/// The first look, and names for which it waits, are behind it then.
const WARM_UP: Duration = Duration::from_secs(15);

/// So often the kernel is asked to give back what it only caches: now and then it gives nothing for a moment.
const DROPS: u32 = 10;
const DROP_PAUSE: Duration = Duration::from_millis(300);

fn main() {
    if hop_if_asked().unwrap() {
        return;
    }
    let Some(binary) = std::env::var_os("HIGHWATER") else {
        eprintln!("HIGHWATER is not set: expected the path of the binary");
        return;
    };
    let v1 = Path::new("/sys/fs/cgroup/memory");
    let (mount, version) = match v1.is_dir() {
        true => (v1, CgroupVersion::V1),
        false => (Path::new("/sys/fs/cgroup"), CgroupVersion::V2),
    };
    let forest = Forest::plant(mount, version, (0..CONTAINERS).map(member), &["own", "agent"])
        .expect("root, and a writable hierarchy");
    let state = tempfile::tempdir().unwrap();
    let mut agent = Agent::start(Path::new(&binary), &forest, state.path());
    let mut hopper = Hopper::start(&forest).unwrap();
    sleep(WARM_UP);
    assert!(agent.child.try_wait().unwrap().is_none(), "the agent ended");
    for (name, moves) in [("every container moves", true), ("no container moves", false)] {
        let (before, start_of_all) = (agent.cpu_time(), Instant::now());
        let mut plain = Duration::ZERO;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            if moves {
                hopper.touch_all().unwrap();
            }
            let start = cpu_time();
            forest.read_plainly().unwrap();
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
    let with_caches = mib(forest.kernel_bytes("agent").unwrap());
    for _ in 0..DROPS {
        forest.drop_caches("agent");
        sleep(DROP_PAUSE);
    }
    let kernel = mib(forest.kernel_bytes("agent").unwrap());
    let resident = mib(agent.peak_resident_bytes());
    let all = kernel + resident;
    println!(
        "memory of the agent, {CONTAINERS} containers: {all:.1} MiB ({resident:.1} resident at most, {kernel:.1} of the kernel's, {with_caches:.1} with caches that it gives back) against 40 MiB promised: ratio {:.2}",
        all / 40.0
    );
    hopper.stop().unwrap();
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
        forest.enter("agent").unwrap();
        let child = Command::new(binary)
            .arg("agent")
            .arg("--socket")
            .arg(state.join("agent.sock"))
            .arg("--state")
            .arg(state)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        forest.enter("own").unwrap();
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
