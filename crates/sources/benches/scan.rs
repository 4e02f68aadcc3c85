//! What one scan of 1,000 real cgroups costs, against opening, reading and closing the same files. Prints ratios.
//!
//! Needs root and a writable memory hierarchy; makes its cgroups below a folder of its own and removes them.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::snapshot::Snapshot;
use sources::cgroup::hierarchy;
use sources::collect::{Collector, Habit, Scope};
use sources::host_root::HostRoot;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const CGROUPS: usize = 1_000;
const SCANS: usize = 60;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == "--hop") {
        return hop(Path::new(&arguments[2]));
    }
    let root = HostRoot::new(Path::new("/"));
    let mount = hierarchy::find(&root).memory.expect("a memory hierarchy");
    let forest = Forest::plant(&mount.folder, mount.hierarchy.version);
    let kernel_before = forest.own_kernel_bytes();
    let mut collector = Collector::new(root, Scope::Everything, Habit::Repeatedly);
    collector.scan();
    let kernel_bytes = forest.own_kernel_bytes().saturating_sub(kernel_before);
    let all = collector.snapshot().cgroups.len();
    println!(
        "{CGROUPS} cgroups of our own and {} others, cgroup {:?}; CPU per cgroup, minimum of {SCANS} scans",
        all - CGROUPS,
        mount.hierarchy.version
    );

    let mut hopper = Hopper::start(&forest.folder);
    let plain_moved = least(SCANS, || hopper.touch_all(), || forest.read_plainly());
    assert_every_cgroup_moves(&mut collector, &mut hopper);
    let ours_moved = least(
        SCANS,
        || hopper.touch_all(),
        || {
            collector.scan();
        },
    );
    let plain_still = least(SCANS, || (), || forest.read_plainly());
    let ours_still = least(
        SCANS,
        || (),
        || {
            collector.scan();
        },
    );
    hopper.stop();

    let micros = |time: Duration| time.as_secs_f64() * 1e6 / CGROUPS as f64;
    let line = |name: &str, ours: Duration, plain: Duration| {
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        println!(
            "{name}: {:.2} µs against {:.2} µs of open/read/close of 5 files: ratio {ratio:.3}",
            micros(ours),
            micros(plain)
        );
    };
    line("every cgroup moved", ours_moved, plain_moved);
    line("no cgroup moved", ours_still, plain_still);
    let kept = collector.descriptors_kept();
    println!(
        "descriptors kept: {:.2} a cgroup; kernel memory they and the watches pin: {:.1} KiB a cgroup",
        kept as f64 / collector.snapshot().cgroups.len() as f64,
        kernel_bytes as f64 / 1024.0 / all as f64
    );
}

/// A benchmark of moving cgroups in which they stand still would flatter.
fn assert_every_cgroup_moves(collector: &mut Collector, hopper: &mut Hopper) {
    let usages = |snapshot: &Snapshot| -> Vec<Option<Bytes>> {
        let own = snapshot.cgroups.iter().filter(|cgroup| cgroup.path.contains("/c0"));
        own.map(|cgroup| cgroup.memory.usage.get()).collect()
    };
    let before = usages(collector.scan());
    hopper.touch_all();
    let after = usages(collector.scan());
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(before.len() >= CGROUPS && moved * 100 >= before.len() * 99, "{moved} of {} moved", before.len());
}

/// The least CPU time of many runs of `work`, with `before` outside the measurement.
fn least(times: usize, mut before: impl FnMut(), mut work: impl FnMut()) -> Duration {
    let mut run = || {
        before();
        let start = cpu_time();
        work();
        cpu_time() - start
    };
    (0..times).map(|_| run()).min().unwrap()
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// Cgroups of our own, removed when dropped.
struct Forest {
    folder: PathBuf,
    version: CgroupVersion,
    members: Vec<PathBuf>,
}

impl Forest {
    fn plant(mount: &Path, version: CgroupVersion) -> Self {
        let folder = mount.join(format!("highwater-bench-{}", std::process::id()));
        fs::create_dir(&folder).expect("root, and a writable hierarchy");
        if version == CgroupVersion::V2 {
            fs::write(folder.join("cgroup.subtree_control"), "+memory").unwrap();
        }
        let members: Vec<PathBuf> = (0..CGROUPS).map(|number| folder.join(format!("c{number:04}"))).collect();
        for member in &members {
            fs::create_dir(member).unwrap();
        }
        let own = folder.join("own");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("cgroup.procs"), "0").unwrap();
        Self { folder, version, members }
    }

    /// Kernel memory charged to this process's own cgroup.
    fn own_kernel_bytes(&self) -> u64 {
        let own = self.folder.join("own");
        match self.version {
            CgroupVersion::V1 => {
                fs::read_to_string(own.join("memory.kmem.usage_in_bytes")).unwrap().trim().parse().unwrap()
            }
            CgroupVersion::V2 => {
                let stat = fs::read_to_string(own.join("memory.stat")).unwrap();
                let kernel = stat.lines().find_map(|line| line.strip_prefix("kernel ")).unwrap();
                kernel.parse().unwrap()
            }
        }
    }

    /// What a reader does that keeps nothing: the five files of a dashboard.
    fn read_plainly(&self) {
        let files = match self.version {
            CgroupVersion::V1 => [
                "memory.stat",
                "memory.usage_in_bytes",
                "memory.limit_in_bytes",
                "memory.memsw.usage_in_bytes",
                "memory.failcnt",
            ],
            CgroupVersion::V2 => {
                ["memory.stat", "memory.current", "memory.max", "memory.swap.current", "memory.events"]
            }
        };
        let mut buffer = [0_u8; 4096];
        for member in &self.members {
            for file in files {
                let mut file = fs::File::open(member.join(file)).unwrap();
                let _ = file.read(&mut buffer).unwrap();
            }
        }
    }
}

impl Drop for Forest {
    fn drop(&mut self) {
        let parent = self.folder.parent().unwrap().join("cgroup.procs");
        let _ = fs::write(parent, "0");
        for folder in self.members.iter().chain([&self.folder.join("own"), &self.folder]) {
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
        for number in 0..CGROUPS {
            fs::write(folder.join(format!("c{number:04}/cgroup.procs")), "0").unwrap();
            pages.write_all(&[1; 4096]).unwrap();
        }
        println!("gone");
    }
    let _ = fs::write(folder.parent().unwrap().join("cgroup.procs"), "0");
}
