//! QEMU: the command line of a machine, and one run of it with its output passed on as it comes.

use super::tool::output_of;
use super::{Cgroup, HostRoot, Machine, MachineKind, Verbosity, cache, quote};
use crate::subprocess::interrupted;
use anyhow::Context;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// No cmpxchg16b: guests crash on it under QEMU 7.2. `-cpu max` is slower under emulation.
const PROCESSOR: &str = "qemu64,-cx16,+rdtscp,+popcnt,+sse4.1,+sse4.2,+ssse3";
const BOARD: &str = "q35,vmport=off,hpet=off,sata=off,smbus=off,i8042=off,usb=off,graphics=off";
/// The end of a machine must be instant (`reboot=t` with `-no-reboot`), and so must its start: the kernel's
/// self tests of ciphers took 3.3 s of 8.6 s under emulation, and the start-up work named last another 1.8 s.
const KERNEL_ARGUMENTS: &str = "panic=-1 reboot=t,force mitigations=off no_timer_check tsc=reliable \
    random.trust_cpu=1 8250.nr_uarts=1 audit=0 lsm=landlock,yama psi=1 swiotlb=noforce \
    nowatchdog cryptomgr.notests=1 systemd.getty_auto=0 systemd.show_status=0 systemd.firstboot=0 \
    initcall_blacklist=jent_mod_init,load_system_certificate_list,bpf_tcp_ca_kfunc_init,\
    bpf_dummy_struct_ops_init,crypto_kdf108_init,sed_opal_init,digsig_init,init_encrypted,blake2s_mod_init";

/// How soon a request to end is noticed.
const INTERRUPT_CHECK: Duration = Duration::from_millis(200);

/// What a machine boots from.
pub struct Boot {
    /// The kernel's ELF image.
    pub vmlinux: PathBuf,
    /// The first file system.
    pub initrd: PathBuf,
    /// The folder of modules that `need` loads from.
    pub modules: PathBuf,
    /// The disk with the root file system; its content stays as it is.
    pub root_disk: Option<PathBuf>,
}

/// How a run of QEMU ended.
pub enum End {
    /// By itself.
    Off,
    /// It was stopped because its time was over.
    TimedOut,
    /// It was stopped because this process was asked to end.
    Interrupted,
}

/// The folder of one run, which goes away with it.
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes a folder for this run, and removes those of runs that were killed.
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let runs = root.join("runs");
        fs::create_dir_all(&runs)?;
        for entry in fs::read_dir(&runs)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let process = name.split('-').next().unwrap_or_default();
            if !Path::new("/proc").join(process).exists() {
                // Another run may be removing the same one.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = runs.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("ctl"))?;
        Ok(Self { path })
    }

    /// Writes what the init script reads: its settings and the command.
    pub fn write_orders(&self, machine: &Machine, command: &[String]) -> anyhow::Result<()> {
        let root = match (machine.kind, machine.host_root) {
            (MachineKind::Debian13, _) => "debian13",
            (MachineKind::Micro, HostRoot::Mounted) => "host",
            (MachineKind::Micro, HostRoot::Absent) => "busybox",
        };
        let cgroup = match machine.cgroup {
            Cgroup::V1 => "v1",
            Cgroup::Hybrid => "hybrid",
            Cgroup::V2 => "v2",
        };
        let share = if machine.share.is_some() { "yes" } else { "no" };
        let out = if machine.out.is_some() { "yes" } else { "no" };
        let settings = format!("ROOT={root}\nexport CGROUP={cgroup}\nSHARE={share}\nOUT={out}\n");
        fs::write(self.path.join("ctl/settings"), settings)?;
        fs::write(self.path.join("ctl/command"), quote::shell_line(command) + "\n")?;
        Ok(())
    }

    /// A file that the machine has left: `status`, `started`, `ended`.
    pub fn word(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path.join("ctl").join(name)).ok().map(|text| text.trim().to_owned())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = cache::remove(&self.path);
    }
}

/// The QEMU command of a machine.
pub fn command(machine: &Machine, boot: &Boot, run: &RunFolder) -> anyhow::Result<Command> {
    // Whatever kills this process must not leave a machine running behind it.
    let mut qemu = Command::new("setpriv");
    qemu.args(["--pdeathsig", "KILL", "--", "qemu-system-x86_64"]);
    qemu.args(["-accel", "tcg,thread=multi,tb-size=256", "-M", BOARD, "-cpu", PROCESSOR]);
    qemu.args(["-smp", &machine.cpus.to_string(), "-m", &machine.memory_mib.to_string()]);
    qemu.args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"]);
    qemu.arg("-kernel").arg(&boot.vmlinux).arg("-initrd").arg(&boot.initrd);
    qemu.args(["-device", "virtio-serial-pci"]);
    // Guest consoles hvc0 and hvc1 are this process's standard output and error; QEMU's own words join the latter.
    for (name, descriptor) in [("stdout", 1), ("stderr", 2)] {
        let file = format!("file,id={name},path=/proc/self/fd/{descriptor},append=on");
        qemu.args(["-chardev", &file, "-device", &format!("virtconsole,chardev={name}")]);
    }
    let quiet = match machine.verbosity {
        Verbosity::Quiet => "quiet loglevel=2",
        Verbosity::KernelLog => {
            qemu.args(["-serial", "file:/proc/self/fd/2"]);
            "console=ttyS0 loglevel=6"
        }
    };
    qemu.args(["-append", &format!("{quiet} {KERNEL_ARGUMENTS}")]);
    share(&mut qemu, "ctl", &run.path.join("ctl"), Access::ReadWrite)?;
    share(&mut qemu, "modules", &boot.modules, Access::ReadOnly)?;
    if let Some(folder) = &machine.share {
        share(&mut qemu, "share", folder, Access::ReadOnly)?;
    }
    if let Some(folder) = &machine.out {
        share(&mut qemu, "out", folder, Access::ReadWrite)?;
    }
    match machine.host_root {
        HostRoot::Mounted => share(&mut qemu, "root", Path::new("/"), Access::ReadOnly)?,
        HostRoot::Absent => {}
    }
    match (&boot.root_disk, &machine.keep) {
        (Some(disk), None) => drive(&mut qemu, "root", disk, "snapshot=on")?,
        (Some(disk), Some(kept)) => drive(&mut qemu, "root", &kept_disk(disk, kept)?, "discard=unmap")?,
        (None, _) => {}
    }
    if let Some(mib) = machine.disk_mib {
        let blank = run.path.join("disk");
        fs::File::create(&blank)?.set_len(mib << 20)?;
        drive(&mut qemu, "blank", &blank, "discard=unmap")?;
    }
    Ok(qemu)
}

/// The disk that a machine writes to and the next one boots from: a copy of the one that stays as it is.
fn kept_disk(disk: &Path, kept: &Path) -> anyhow::Result<PathBuf> {
    if !kept.exists() {
        let unfinished = kept.with_extension("unfinished");
        let mut copy = Command::new("cp");
        copy.args(["--sparse=always", "--reflink=auto", "--"]).arg(disk).arg(&unfinished);
        output_of(&mut copy)?;
        fs::rename(&unfinished, kept).with_context(|| kept.display().to_string())?;
    }
    Ok(kept.to_owned())
}

/// What a machine may do with a folder of this one.
enum Access {
    ReadOnly,
    ReadWrite,
}

fn share(qemu: &mut Command, tag: &str, folder: &Path, access: Access) -> anyhow::Result<()> {
    let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let readonly = match access {
        Access::ReadOnly => ",readonly=on",
        Access::ReadWrite => "",
    };
    let path = option_text(&folder)?;
    // The folder may hold several file systems; without `remap` their inode numbers would collide.
    qemu.arg("-fsdev")
        .arg(format!("local,id={tag},path={path},security_model=none,multidevs=remap{readonly}"));
    qemu.arg("-device").arg(format!("virtio-9p-pci,fsdev={tag},mount_tag={tag}"));
    Ok(())
}

fn drive(qemu: &mut Command, name: &str, file: &Path, option: &str) -> anyhow::Result<()> {
    let file = option_text(file)?;
    qemu.arg("-drive").arg(format!("if=none,id={name},file={file},format=raw,cache=unsafe,{option}"));
    qemu.arg("-device").arg(format!("virtio-blk-pci,drive={name}"));
    Ok(())
}

/// A path inside one of QEMU's option lists, where a comma is written twice.
fn option_text(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().with_context(|| format!("{}: not UTF-8", path.display()))?;
    Ok(text.replace(',', ",,"))
}

/// Runs QEMU until its end or its time limit, and writes what comes out to the two writers.
pub fn run(
    mut qemu: Command,
    limit: Duration,
    stdout: &mut (dyn Write + Send),
    stderr: &mut (dyn Write + Send),
) -> anyhow::Result<End> {
    let mut child = qemu
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting qemu-system-x86_64")?;
    let out = child.stdout.take().context("no standard output of QEMU")?;
    let err = child.stderr.take().context("no standard error of QEMU")?;
    let (ended, end) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            copy(out, stdout);
            // Nobody listens any more only when the time was over.
            let _ = ended.send(());
        });
        scope.spawn(move || copy(err, stderr));
        let reason = wait(&end, limit);
        match reason {
            End::Off => {}
            End::TimedOut | End::Interrupted => child.kill()?,
        }
        child.wait()?;
        Ok(reason)
    })
}

/// Waits until the machine is off, its time is over, or this process was asked to end.
fn wait(off: &mpsc::Receiver<()>, limit: Duration) -> End {
    let start = Instant::now();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        match off.recv_timeout(left.min(INTERRUPT_CHECK)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return End::Off,
            Err(RecvTimeoutError::Timeout) if interrupted() => return End::Interrupted,
            Err(RecvTimeoutError::Timeout) if start.elapsed() >= limit => return End::TimedOut,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Passes bytes on as they come. A reader that went away must not stop the machine, so errors end only the passing.
fn copy(mut from: impl Read, to: &mut (dyn Write + Send)) {
    let mut buffer = [0; 16 * 1024];
    let mut open = true;
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap_or_default();
        open = open && to.write_all(bytes).and_then(|()| to.flush()).is_ok();
    }
}
