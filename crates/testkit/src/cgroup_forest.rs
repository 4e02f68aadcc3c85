//! Real cgroups for benchmarks: many members below a folder of their own, a reader that keeps nothing, and a child that moves them.

use kernel::hierarchy::CgroupVersion;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Cgroups of our own, removed when dropped.
#[derive(Debug)]
pub struct Forest {
    folder: PathBuf,
    version: CgroupVersion,
    members: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

impl Forest {
    /// Makes members, and others beside them that are neither read nor moved, below a new folder of a hierarchy.
    ///
    /// # Errors
    /// Without root, or when the hierarchy cannot be written.
    pub fn plant(
        mount: &Path,
        version: CgroupVersion,
        members: impl Iterator<Item = String>,
        others: &[&str],
    ) -> io::Result<Self> {
        let folder = mount.join(format!("highwater-bench-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let members = members.map(|name| folder.join(name)).collect();
        let others = others.iter().map(|name| folder.join(name)).collect();
        let forest = Self { folder, version, members, others };
        if version == CgroupVersion::V2 {
            fs::write(forest.folder.join("cgroup.subtree_control"), "+memory")?;
        }
        for folder in forest.members.iter().chain(&forest.others) {
            fs::create_dir(folder)?;
        }
        Ok(forest)
    }

    /// Moves this process into one of the others.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn enter(&self, name: &str) -> io::Result<()> {
        fs::write(self.folder.join(name).join("cgroup.procs"), "0")
    }

    /// Kernel memory charged to one of the others.
    ///
    /// # Errors
    /// When the kernel does not tell it.
    pub fn kernel_bytes(&self, name: &str) -> io::Result<u64> {
        let own = self.folder.join(name);
        let told = match self.version {
            CgroupVersion::V1 => fs::read_to_string(own.join("memory.kmem.usage_in_bytes"))?,
            CgroupVersion::V2 => {
                let stat = fs::read_to_string(own.join("memory.stat"))?;
                stat.lines().find_map(|line| line.strip_prefix("kernel ")).unwrap_or_default().to_owned()
            }
        };
        told.trim().parse().map_err(io::Error::other)
    }

    /// Asks the kernel to take back what it only caches for one of the others: names and inodes of files that were opened once.
    pub fn drop_caches(&self, name: &str) {
        let own = self.folder.join(name);
        // Less than was asked for is an error to the kernel, and expected.
        let _ = match self.version {
            CgroupVersion::V1 => fs::write(own.join("memory.force_empty"), "0"),
            CgroupVersion::V2 => fs::write(own.join("memory.reclaim"), "1G"),
        };
    }

    /// What a reader does that keeps nothing: the five files of a dashboard, of every member.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read_plainly(&self) -> io::Result<()> {
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
                let _ = File::open(member.join(file))?.read(&mut buffer)?;
            }
        }
        Ok(())
    }
}

impl Drop for Forest {
    fn drop(&mut self) {
        let _ = leave(&self.folder);
        for folder in self.members.iter().chain(&self.others).chain([&self.folder]) {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Moves this process out of the forest below a folder.
fn leave(folder: &Path) -> io::Result<()> {
    folder.parent().map_or(Ok(()), |mount| fs::write(mount.join("cgroup.procs"), "0"))
}

/// A child that goes through all members and leaves a page in each, so that every usage moves.
#[derive(Debug)]
pub struct Hopper {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Hopper {
    /// Starts this program once more, as a hopper: its `main` begins with [`hop_if_asked`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(forest: &Forest) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--hop")
            .arg(&forest.folder)
            .args(forest.members.iter().filter_map(|member| member.file_name()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a child without pipes"));
        };
        Ok(Self { child, to, from: BufReader::new(from) })
    }

    /// Goes through all members once.
    ///
    /// # Errors
    /// When the child could not.
    pub fn touch_all(&mut self) -> io::Result<()> {
        self.to.write_all(b"go\n")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        if line == "gone\n" { Ok(()) } else { Err(io::Error::other("the hopper ended")) }
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn stop(mut self) -> io::Result<()> {
        drop(self.to);
        self.child.wait().map(drop)
    }
}

/// Whether this process was started as a hopper; then it hops until its input ends.
///
/// # Errors
/// When a member cannot be entered.
pub fn hop_if_asked() -> io::Result<bool> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != "--hop") {
        return Ok(false);
    }
    let Some(folder) = arguments.next().map(PathBuf::from) else { return Ok(false) };
    let members: Vec<PathBuf> = arguments.map(|name| folder.join(name).join("cgroup.procs")).collect();
    // A page of a file in memory is charged to the cgroup that writes it, and stays there.
    let path = PathBuf::from(format!("/dev/shm/highwater-bench-{}", std::process::id()));
    let mut pages = File::create(&path)?;
    fs::remove_file(&path)?;
    let mut out = io::stdout();
    for _ in io::stdin().lines() {
        for member in &members {
            fs::write(member, "0")?;
            pages.write_all(&[1; 4096])?;
        }
        out.write_all(b"gone\n")?;
        out.flush()?;
    }
    leave(&folder)?;
    Ok(true)
}
