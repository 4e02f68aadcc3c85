//! `cargo xtask vm`: runs a command in a throw-away virtual machine with a kernel, control groups and swap of its own.

mod apt;
mod bzimage;
pub mod cache;
mod cpio;
mod image;
mod initrd;
mod kernel;
mod modules;
pub mod packages;
mod qemu;
mod quote;
mod self_test;
mod tool;

use anyhow::{bail, ensure};
use clap::ValueEnum;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The exit status when the time limit was reached, as timeout(1) has it.
const EXIT_TIMED_OUT: u8 = 124;
/// The exit status when there was no machine, or it ended without running the command.
const EXIT_MACHINE_FAILED: u8 = 125;

/// Whether an exit status of `cargo xtask vm` says that the machine failed, not its command.
pub fn is_machine_failure(code: i32) -> bool {
    [EXIT_TIMED_OUT, EXIT_MACHINE_FAILED].contains(&u8::try_from(code).unwrap_or_default())
}

/// With less the kernel does not come up.
const MEMORY_MIB_MIN: u64 = 96;

const EXAMPLES: &str = "\
Examples:
  cargo xtask vm -- uname -r
  cargo xtask vm --share target/debug -- /host/highwater ls
  cargo xtask vm --kernel 6.1 --cgroup v1 -- ls /sys/fs/cgroup/memory
  cargo xtask vm --disk 256 -- sh -c 'need xfs && ls -l /dev/vda'
  cargo xtask vm --host-root -- dockerd --version
  cargo xtask vm --machine debian13 --keep /tmp/disk -- touch /etc/was-here
  cargo xtask vm --machine debian13 -- sh -c 'docker-busybox-image && docker run -m 20m busybox free'
  cargo xtask vm --self-test

The micro machine is a kernel of Debian with busybox, ready in two seconds. Programs built on this \
machine run in it: the C library comes along. debian13 is a whole system with systemd, where Docker \
starts when it is first asked (or by `systemctl start docker`). Neither has a network, nor swap until \
the command makes some:
  need zram && echo 64M >/sys/block/zram0/disksize && mkswap /dev/zram0 && swapon /dev/zram0

Inside: /host (--share), /out (--out), /dev/vda (--disk; /dev/vdb in debian13), `need MODULE \
[PARAMETER=VALUE...]` (zram, loop, ext4, xfs, btrfs, overlay, veth, bridge and others), \
`docker-busybox-image [NAME]`. The command runs as root, sees no terminal, and is in the control group \
/init (micro) or /system.slice/highwater-vm.service (debian13).

Exit status: the command's; 124 when the time was over; 125 when the machine itself failed. Kernels and \
disks are kept in target/vm, or in HIGHWATER_VM_CACHE; HIGHWATER_VM_MIRROR names another Debian mirror.";

/// The command line of `cargo xtask vm`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct VmArgs {
    /// The machine: busybox alone, or a Debian 13 with systemd and Docker
    #[arg(long, value_enum, default_value = "micro")]
    machine: MachineKind,
    /// The control groups (v1 and hybrid need kernel 6.1)
    #[arg(long, value_enum, default_value = "v2")]
    cgroup: Cgroup,
    /// The kernel: 5.10 (Debian 11), 6.1 (Debian 12), 6.12 (Debian 13) or the path of a linux-image package [default: 6.12, or 6.1 for v1 and hybrid]
    #[arg(long, value_parser = kernel_named)]
    kernel: Option<Kernel>,
    /// Memory in MiB [default: 512, or 2048 with --host-root and in debian13]
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Processors [default: 1, or 2 in debian13]
    #[arg(long)]
    cpus: Option<u32>,
    /// Adds a blank disk
    #[arg(long, value_name = "MIB")]
    disk: Option<u64>,
    /// A folder to see at /host, read only
    #[arg(long, value_name = "DIR")]
    share: Option<PathBuf>,
    /// A folder to see at /out, written through
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keeps the disk of debian13 in this file: what a run writes, the next one boots. It is made when it is not there
    #[arg(long, value_name = "FILE", conflicts_with = "self_test")]
    keep: Option<PathBuf>,
    /// Runs the command in this machine's own file system, under a layer that lives in memory
    #[arg(long)]
    host_root: bool,
    /// Ends the machine after this time [default: 120, or 300 in debian13]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Shows the kernel log and the times on standard error
    #[arg(long)]
    verbose: bool,
    /// Checks what the tests rely on in micro machines, one line per check
    #[arg(long, conflicts_with = "command")]
    self_test: bool,
    /// The command and its arguments
    #[arg(last = true, required_unless_present = "self_test")]
    command: Vec<String>,
}

/// The kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MachineKind {
    /// A kernel and busybox, ready in seconds.
    Micro,
    /// Debian 13 with systemd, dbus, Docker and containerd.
    Debian13,
}

/// How the control groups are mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cgroup {
    /// One hierarchy per controller.
    V1,
    /// As v1, and an empty unified hierarchy beside it.
    Hybrid,
    /// The unified hierarchy.
    V2,
}

/// Which kernel a machine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kernel {
    /// Debian 12's 6.1: the memory controller of cgroup v1, no `memory.swap.peak`.
    Debian6_1,
    /// Debian 11's 5.10: the oldest that Debian still has.
    Debian5_10,
    /// Debian 13's 6.12: cgroup v2 alone has a memory controller there.
    Debian6_12,
    /// That of a `linux-image` package file.
    Package(PathBuf),
}

/// Is the file system of the machine outside the root of the command?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostRoot {
    /// The machine's own root.
    Absent,
    /// That of the machine outside, with a layer in memory on top.
    Mounted,
}

/// How much a machine tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Only the command's output.
    Quiet,
    /// The kernel log too, on standard error.
    KernelLog,
}

/// A machine to run one command in; each run gets a fresh one.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The kind of machine.
    pub kind: MachineKind,
    /// The kernel.
    pub kernel: Kernel,
    /// The control groups.
    pub cgroup: Cgroup,
    /// Memory.
    pub memory_mib: u64,
    /// Processors.
    pub cpus: u32,
    /// The size of a blank disk: /dev/vda, or /dev/vdb in Debian 13.
    pub disk_mib: Option<u64>,
    /// A folder to see at /host, read only.
    pub share: Option<PathBuf>,
    /// A folder to see at /out, written through.
    pub out: Option<PathBuf>,
    /// The file that keeps the disk from run to run.
    pub keep: Option<PathBuf>,
    /// The root file system of the command.
    pub host_root: HostRoot,
    /// How long a run may take, from the start of QEMU.
    pub timeout: Duration,
    /// How much the machine tells of itself.
    pub verbosity: Verbosity,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With this exit status; 128 and the signal's number when a signal ended it.
    Exited(u8),
    /// Not before the time was over.
    TimedOut,
}

/// What came of one run. A machine that failed by itself is an error instead.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub status: Status,
    /// What it wrote to its standard output; empty when that was streamed.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error; empty when that was streamed.
    pub stderr: Vec<u8>,
    /// The whole run by the clock outside.
    pub seconds: f64,
    /// The time before the command by the clock inside; zero when it did not come to that.
    pub boot_seconds: f64,
}

impl Outcome {
    /// Standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

impl Machine {
    /// The micro machine with kernel 6.12, cgroup v2 and 512 MiB.
    pub fn micro() -> Self {
        Self {
            kind: MachineKind::Micro,
            kernel: Kernel::Debian6_12,
            cgroup: Cgroup::V2,
            memory_mib: 512,
            cpus: 1,
            disk_mib: None,
            share: None,
            out: None,
            keep: None,
            host_root: HostRoot::Absent,
            timeout: Duration::from_secs(120),
            verbosity: Verbosity::Quiet,
        }
    }

    /// The Debian 13 machine with 2 GiB and two processors.
    pub fn debian13() -> Self {
        Self {
            kind: MachineKind::Debian13,
            memory_mib: 2048,
            cpus: 2,
            timeout: Duration::from_secs(300),
            ..Self::micro()
        }
    }

    /// Runs the command and returns what it wrote.
    pub fn run(&self, command: &[String]) -> anyhow::Result<Outcome> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let outcome = self.run_into(command, &mut stdout, &mut stderr)?;
        Ok(Outcome { stdout, stderr, ..outcome })
    }

    /// Downloads and builds what the machine consists of, without starting it.
    pub fn prepare(&self) -> anyhow::Result<()> {
        self.boot().map(drop)
    }

    /// Runs the command; what it writes goes to this process's own output at once.
    pub fn stream(&self, command: &[String]) -> anyhow::Result<Outcome> {
        self.run_into(command, &mut io::stdout(), &mut io::stderr())
    }

    fn run_into(
        &self,
        command: &[String],
        stdout: &mut (dyn Write + Send),
        stderr: &mut (dyn Write + Send),
    ) -> anyhow::Result<Outcome> {
        let boot = self.boot()?;
        let run = qemu::RunFolder::new(&cache::root()?)?;
        run.write_orders(self, command)?;
        let start = Instant::now();
        let end = qemu::run(qemu::command(self, &boot, &run)?, self.timeout, stdout, stderr)?;
        let seconds = |name| run.word(name).and_then(|word| word.parse().ok()).unwrap_or_default();
        let status = match (end, run.word("status").and_then(|word| word.parse().ok())) {
            (qemu::End::Interrupted, _) => bail!("interrupted"),
            (qemu::End::TimedOut, _) => Status::TimedOut,
            (qemu::End::Off, Some(status)) => Status::Exited(status),
            (qemu::End::Off, None) => {
                bail!("the machine ended without a status; --verbose shows its kernel log")
            }
        };
        Ok(Outcome {
            status,
            stdout: Vec::new(),
            stderr: Vec::new(),
            seconds: start.elapsed().as_secs_f64(),
            boot_seconds: seconds("started"),
        })
    }

    fn boot(&self) -> anyhow::Result<qemu::Boot> {
        self.check()?;
        packages::ensure_packages(self.kind)?;
        let root = cache::root()?;
        let kernel = kernel::ensure(&root, &self.kernel)?;
        let root_disk = match self.kind {
            MachineKind::Micro => None,
            MachineKind::Debian13 => Some(image::ensure(&root, &kernel)?),
        };
        let initrd = initrd::ensure(&root, &kernel)?;
        Ok(qemu::Boot { vmlinux: kernel.vmlinux(), initrd, modules: kernel.modules(), root_disk })
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            cfg!(target_arch = "x86_64"),
            "the machines share programs with this one, which must be x86-64"
        );
        ensure!(self.memory_mib >= MEMORY_MIB_MIN, "a machine needs {MEMORY_MIB_MIN} MiB of memory");
        if self.cgroup != Cgroup::V2 {
            ensure!(self.kind == MachineKind::Micro, "Debian 13's systemd has cgroup v2 alone");
            ensure!(
                self.kernel != Kernel::Debian6_12,
                "kernel 6.12 of Debian has no memory controller for cgroup v1 (CONFIG_MEMCG_V1 is off); use --kernel 6.1"
            );
        }
        if self.kind == MachineKind::Micro {
            ensure!(self.keep.is_none(), "the micro machine has no disk to keep");
        }
        if self.kind == MachineKind::Debian13 {
            ensure!(self.host_root == HostRoot::Absent, "--host-root is for the micro machine");
        }
        Ok(())
    }
}

/// Boots the machine, runs the command and returns its exit status.
pub fn run(args: &VmArgs) -> anyhow::Result<ExitCode> {
    let ended = if args.self_test { self_test::run() } else { run_command(args) };
    Ok(ended.unwrap_or_else(|error| {
        eprintln!("vm: {error:#}");
        ExitCode::from(EXIT_MACHINE_FAILED)
    }))
}

fn run_command(args: &VmArgs) -> anyhow::Result<ExitCode> {
    let outcome = machine_of(args).stream(&args.command)?;
    if args.verbose {
        eprintln!("vm: command after {:.1} s, whole run {:.1} s", outcome.boot_seconds, outcome.seconds);
    }
    Ok(match outcome.status {
        Status::Exited(status) => ExitCode::from(status),
        Status::TimedOut => {
            eprintln!("vm: no end within {:.0} s", outcome.seconds);
            ExitCode::from(EXIT_TIMED_OUT)
        }
    })
}

fn machine_of(args: &VmArgs) -> Machine {
    let default = match args.machine {
        MachineKind::Micro => Machine::micro(),
        MachineKind::Debian13 => Machine::debian13(),
    };
    let kernel = match args.cgroup {
        Cgroup::V1 | Cgroup::Hybrid => Kernel::Debian6_1,
        Cgroup::V2 => Kernel::Debian6_12,
    };
    let (host_root, memory_mib) =
        if args.host_root { (HostRoot::Mounted, 2048) } else { (HostRoot::Absent, default.memory_mib) };
    Machine {
        kernel: args.kernel.clone().unwrap_or(kernel),
        cgroup: args.cgroup,
        memory_mib: args.memory.unwrap_or(memory_mib),
        cpus: args.cpus.unwrap_or(default.cpus),
        disk_mib: args.disk,
        share: args.share.clone(),
        out: args.out.clone(),
        keep: args.keep.clone(),
        host_root,
        timeout: args.timeout.map_or(default.timeout, Duration::from_secs),
        verbosity: if args.verbose { Verbosity::KernelLog } else { Verbosity::Quiet },
        ..default
    }
}

/// The kernel that a word of the command line means.
fn kernel_named(word: &str) -> Result<Kernel, String> {
    match word {
        "6.1" => Ok(Kernel::Debian6_1),
        "5.10" => Ok(Kernel::Debian5_10),
        "6.12" => Ok(Kernel::Debian6_12),
        path if path.ends_with(".deb") => Ok(Kernel::Package(PathBuf::from(path))),
        other => Err(format!("expected 5.10, 6.1, 6.12 or the path of a linux-image package, found {other}")),
    }
}
