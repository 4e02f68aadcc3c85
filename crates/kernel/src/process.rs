//! Files of one process: `/proc/PID/cgroup`, `/proc/PID/status`, `/proc/PID/stat`.

use crate::bytes::Bytes;
use crate::decimal::{parse_u32, parse_u64};
use crate::escape::decode_task_name;
use crate::hierarchy::CgroupVersion;
use crate::meminfo::parse_kib;
use crate::parse_error::ParseError;

/// One line of `/proc/PID/cgroup`: where the process stands in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessCgroup {
    /// Number of the hierarchy; 0 is cgroup v2.
    pub hierarchy_id: u32,
    /// Controllers, comma-separated; empty on v2, `name=systemd` for a v1 hierarchy without any.
    pub controllers: String,
    /// Path of the cgroup, seen from the reader's cgroup namespace; may begin with `/..`.
    pub path: String,
    /// Whether the cgroup was removed while the process (a zombie) was still in it.
    pub deleted: bool,
}

/// The lines of `/proc/PID/status` that speak of identity and memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStatus {
    /// `Name`: the task's name, escapes decoded.
    pub name: String,
    /// `Pid`: seen from the reader's PID namespace.
    pub pid: u32,
    /// `NSpid`: the same process in each PID namespace, outermost first; empty before Linux 4.1.
    pub ns_pids: Vec<u32>,
    /// `Uid`: the real user.
    pub uid: u32,
    /// `VmRSS`; absent for kernel threads and zombies, like all that follow.
    pub vm_rss: Option<Bytes>,
    /// `RssAnon`; absent before Linux 4.5.
    pub rss_anon: Option<Bytes>,
    /// `RssFile`; absent before Linux 4.5.
    pub rss_file: Option<Bytes>,
    /// `RssShmem`; absent before Linux 4.5.
    pub rss_shmem: Option<Bytes>,
    /// `VmSwap`: anonymous memory in swap, without shared memory.
    pub vm_swap: Option<Bytes>,
}

/// The fields of `/proc/PID/stat` that tell one process from the next with the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Process number.
    pub pid: u32,
    /// The task's name, at most 15 bytes for programs.
    pub comm: String,
    /// `R`, `S`, `D`, `Z` and so on.
    pub state: char,
    /// Parent's process number; 0 for none.
    pub ppid: u32,
    /// Faults that had to read a page from disk or swap.
    pub majflt: u64,
    /// When it started, in clock ticks (100 a second on every common build) since boot.
    pub starttime: u64,
}

/// Parses `/proc/PID/cgroup`.
///
/// # Errors
/// When a line is not `ID:CONTROLLERS:PATH`.
pub fn parse_cgroups(text: &str) -> Result<Vec<ProcessCgroup>, ParseError> {
    text.split_terminator('\n')
        .map(|line| parse_cgroup(line).ok_or_else(|| ParseError::new("`ID:CONTROLLERS:PATH`", line)))
        .collect()
}

/// The path in the hierarchy that holds the memory controller.
#[must_use]
pub fn memory_path(cgroups: &[ProcessCgroup], version: CgroupVersion) -> Option<&str> {
    let cgroup = cgroups.iter().find(|cgroup| match version {
        CgroupVersion::V1 => cgroup.controllers.split(',').any(|controller| controller == "memory"),
        CgroupVersion::V2 => cgroup.hierarchy_id == 0,
    })?;
    Some(&cgroup.path)
}

impl ProcessStatus {
    /// Parses `/proc/PID/status`. Lines unknown here are skipped, the first of two equal lines counts.
    ///
    /// # Errors
    /// When `Name`, `Pid` or `Uid` is missing or a known line is malformed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let [mut name, mut pid, mut uid, mut ns_pids] = [None; 4];
        let [mut vm_rss, mut rss_anon, mut rss_file, mut rss_shmem, mut vm_swap] = [None; 5];
        for line in text.split_terminator('\n') {
            let Some((key, value)) = line.split_once(':') else { continue };
            let memory = match key {
                "Name" => {
                    name.get_or_insert(value);
                    continue;
                }
                "Pid" => {
                    pid.get_or_insert(value);
                    continue;
                }
                "Uid" => {
                    uid.get_or_insert(value);
                    continue;
                }
                "NSpid" => {
                    ns_pids.get_or_insert(value);
                    continue;
                }
                "VmRSS" => &mut vm_rss,
                "RssAnon" => &mut rss_anon,
                "RssFile" => &mut rss_file,
                "RssShmem" => &mut rss_shmem,
                "VmSwap" => &mut vm_swap,
                _ => continue,
            };
            let bytes = parse_kib(value).ok_or_else(|| ParseError::new("a name, a number and `kB`", line))?;
            memory.get_or_insert(bytes);
        }
        let name = name.and_then(|name| name.strip_prefix('\t'));
        Ok(Self {
            name: decode_task_name(name.ok_or_else(|| ParseError::new("a `Name` line", text))?),
            pid: pid.and_then(first_number).ok_or_else(|| ParseError::new("a `Pid` line", text))?,
            uid: uid.and_then(first_number).ok_or_else(|| ParseError::new("a `Uid` line", text))?,
            ns_pids: numbers(ns_pids.unwrap_or_default())
                .ok_or_else(|| ParseError::new("numbers after `NSpid`", text))?,
            vm_rss,
            rss_anon,
            rss_file,
            rss_shmem,
            vm_swap,
        })
    }
}

impl ProcessStat {
    /// Parses `/proc/PID/stat`.
    ///
    /// # Errors
    /// When the name is not in parentheses or a field is missing.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_line(text).ok_or_else(|| ParseError::new("`PID (NAME) STATE PPID …`", text))
    }

    /// The name is printed as it is, parentheses and newlines included, so it ends at the last `)` of the text.
    fn from_line(text: &str) -> Option<Self> {
        let (pid, rest) = text.split_once(" (")?;
        let (comm, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.trim_end_matches('\n').split(' ');
        let mut state = fields.next()?.chars();
        Some(Self {
            pid: parse_u32(pid)?,
            comm: comm.to_owned(),
            state: state.next().filter(|_| state.next().is_none())?,
            ppid: parse_u32(fields.next()?)?,
            // Fields 12 and 22 of proc_pid_stat(5); two of the first four are taken, one more once field 12 is.
            majflt: parse_u64(fields.nth(7)?)?,
            starttime: parse_u64(fields.nth(9)?)?,
        })
    }
}

fn parse_cgroup(line: &str) -> Option<ProcessCgroup> {
    let mut parts = line.splitn(3, ':');
    let hierarchy_id = parse_u32(parts.next()?)?;
    let controllers = parts.next()?.to_owned();
    let path = parts.next().filter(|path| path.starts_with('/'))?;
    // kernel/cgroup/cgroup.c, proc_cgroup_show: only the default hierarchy says so, and the space is not escaped.
    let (path, deleted) = match path.strip_suffix(" (deleted)") {
        Some(path) if hierarchy_id == 0 => (path, true),
        Some(_) | None => (path, false),
    };
    Some(ProcessCgroup { hierarchy_id, controllers, path: path.to_owned(), deleted })
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split('\t').filter(|word| !word.is_empty()).map(parse_u32).collect()
}

fn first_number(text: &str) -> Option<u32> {
    text.split('\t').find(|word| !word.is_empty()).and_then(parse_u32)
}

#[cfg(test)]
mod tests {
    use super::{CgroupVersion, ProcessStat, ProcessStatus, memory_path, parse_cgroups};

    #[test]
    fn the_memory_path_is_that_of_its_hierarchy() {
        let cgroups =
            parse_cgroups("11:cpu,cpuacct:/a\n4:memory:/docker/x\n1:name=systemd:/b\n0::/c\n").unwrap();
        assert_eq!(memory_path(&cgroups, CgroupVersion::V1), Some("/docker/x"));
        assert_eq!(memory_path(&cgroups, CgroupVersion::V2), Some("/c"));
        assert_eq!(memory_path(&cgroups[..1], CgroupVersion::V1), None);
        assert_eq!(memory_path(&cgroups[..1], CgroupVersion::V2), None);
    }

    #[test]
    fn paths_may_hold_colons_and_be_deleted() {
        let cgroups =
            parse_cgroups("0::/a.slice:cri-containerd:1/x y (deleted)\n4:memory:/y (deleted)\n").unwrap();
        assert_eq!((cgroups[0].path.as_str(), cgroups[0].deleted), ("/a.slice:cri-containerd:1/x y", true));
        assert_eq!((cgroups[1].path.as_str(), cgroups[1].deleted), ("/y (deleted)", false));
        assert_eq!(parse_cgroups("0::/../../x\n").unwrap()[0].path, "/../../x");
    }

    #[test]
    fn lines_of_another_shape_are_refused() {
        assert_eq!(parse_cgroups(""), Ok(Vec::new()));
        for text in ["\n", "0:/x\n", "x::/\n", "-1::/\n", "0::x\n", "0::\n"] {
            assert!(parse_cgroups(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_kernel_thread_has_no_memory() {
        let status = ProcessStatus::parse("Name:\tkthreadd\nPid:\t2\nUid:\t0\t0\t0\t0\nNSpid:\t2\n").unwrap();
        assert_eq!((status.name.as_str(), status.pid, status.uid), ("kthreadd", 2, 0));
        assert_eq!((status.vm_rss, status.vm_swap), (None, None));
        assert_eq!(status.ns_pids, [2]);
    }

    #[test]
    fn a_name_of_several_lines_is_restored() {
        let status = ProcessStatus::parse("Name:\ta\\nPid:\\t9\nPid:\t7\nUid:\t1\nNSpid:\t7\t1\n").unwrap();
        assert_eq!((status.name.as_str(), status.pid), ("a\nPid:\t9", 7));
        assert_eq!(status.ns_pids, [7, 1]);
    }

    #[test]
    fn a_status_without_identity_is_refused() {
        for text in ["", "Name:\tx\n", "Name:\tx\nPid:\t-1\nUid:\t0\n", "Pid:\t1\nUid:\t0\n", "garbage"] {
            assert!(ProcessStatus::parse(text).is_err(), "{text:?}");
        }
        assert!(ProcessStatus::parse("Name:\tx\nPid:\t1\nUid:\t0\nVmRSS:\t1 MB\n").is_err());
    }

    #[test]
    fn the_name_in_stat_ends_at_the_last_parenthesis() {
        let rest = "S 1 2 3 0 -1 64 5 6 77 8 9 10 11 12 20 0 1 0 4242 99 0\n";
        for name in ["sh", "a) (b", ") R 1 1", "", "two\nlines"] {
            let stat = ProcessStat::parse(&format!("123 ({name}) {rest}")).unwrap();
            assert_eq!((stat.pid, stat.comm.as_str(), stat.state), (123, name, 'S'));
            assert_eq!((stat.ppid, stat.majflt, stat.starttime), (1, 77, 4242));
        }
        for text in [
            "",
            "1 (sh",
            "1 (sh) S 1\n",
            "x (sh) S 1 2\n",
            "1 (sh) SS 1 2 3 0 -1 64 5 6 77 8 9 10 11 12 20 0 1 0 4 9",
        ] {
            assert!(ProcessStat::parse(text).is_err(), "{text:?}");
        }
    }
}
