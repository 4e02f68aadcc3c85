//! OOM reports as text, record by record as `/dev/kmsg` gives them.
//!
//! The formats are Linux v6.12's: mm/oom_kill.c (`dump_header`, `dump_task`, `__oom_kill_process`), mm/memcontrol.c
//! (`mem_cgroup_print_oom_meminfo`), mm/show_mem.c (`show_free_areas`).

use std::fmt::Write;

/// One task: what the table and the kill line say of it. Amounts in KiB.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its number.
    pub pid: u64,
    /// Its name.
    pub comm: &'static str,
    /// Anonymous memory.
    pub anon: u64,
    /// Shared memory.
    pub shmem: u64,
    /// In swap.
    pub swap: u64,
}

/// What a report says.
#[derive(Clone, Debug)]
pub struct Text {
    /// Microseconds since boot.
    pub at: u64,
    /// The order of the allocation; −1 is SysRq's.
    pub order: i32,
    /// The cgroup whose limit was hit; `None` for a global kill.
    pub oom_memcg: Option<String>,
    /// The victim's cgroup.
    pub task_memcg: String,
    /// `memory`, `swap`, `memory+swap`, `kmem`: usage and limit in KiB.
    pub counters: Vec<(&'static str, u64, u64)>,
    /// `memory.stat`, in bytes.
    pub stat: Vec<(&'static str, u64)>,
    /// `Mem-Info:` in pages: the keys of its first block.
    pub mem_info: Vec<(&'static str, u64)>,
    /// Memory of the machine in pages, free and total swap in KiB.
    pub machine: Option<(u64, u64, u64)>,
    /// One zone: free, min, low, high in KiB.
    pub zone: Option<(u64, u64, u64, u64)>,
    /// The tasks listed.
    pub tasks: Vec<Task>,
    /// Which of them is killed.
    pub victim: u64,
    /// The cgroup killed whole, and its members.
    pub group: Option<(String, Vec<u64>)>,
}

/// What v1 and v2 print for no limit, in kB.
pub const UNLIMITED_KB: u64 = 9_007_199_254_740_988;

impl Text {
    /// A container at its own limit: 64 MiB, one process.
    #[must_use]
    pub fn hog(path: &str) -> Self {
        Self {
            at: 2_658_287_103,
            order: 0,
            oom_memcg: Some(path.to_owned()),
            task_memcg: path.to_owned(),
            counters: vec![("memory", 65_536, 65_536), ("swap", 0, 0)],
            stat: vec![
                ("anon", 63 << 20),
                ("file", 0),
                ("kernel", 1 << 20),
                ("sock", 0),
                ("shmem", 0),
                ("file_dirty", 0),
                ("file_writeback", 0),
                ("inactive_anon", 62 << 20),
                ("active_anon", 1 << 20),
                ("slab_reclaimable", 64 << 10),
                ("slab_unreclaimable", 256 << 10),
                ("workingset_refault_anon", 0),
            ],
            mem_info: Vec::new(),
            machine: None,
            zone: None,
            tasks: vec![
                Task { pid: 4700, comm: "sh", anon: 100, shmem: 0, swap: 0 },
                Task { pid: 4711, comm: "hog", anon: 64_000, shmem: 0, swap: 0 },
            ],
            victim: 4711,
            group: None,
        }
    }

    /// Sets a key of `memory.stat`, in MiB.
    #[must_use]
    pub fn stat_mib(mut self, key: &'static str, mib: u64) -> Self {
        self.stat.retain(|(other, _)| *other != key);
        self.stat.push((key, mib << 20));
        self
    }

    /// The whole report.
    #[must_use]
    pub fn whole(&self) -> String {
        let mut lines = self.header();
        lines.extend(self.level());
        lines.push("Tasks state (memory values in pages):".to_owned());
        lines.push(
            "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name"
                .to_owned(),
        );
        lines.extend(self.tasks.iter().map(row));
        lines.push(self.oom_kill_line());
        lines.extend(self.kills());
        self.framed(&lines)
    }

    /// The kill line alone, as the kernel prints it when the rate limit swallowed the report.
    #[must_use]
    pub fn kill_line(&self) -> String {
        self.framed(&self.kills())
    }

    fn header(&self) -> Vec<String> {
        let comm = self.task(self.victim).map_or("hog", |task| task.comm);
        let mut lines = Vec::new();
        if self.order < 0 {
            lines.push("sysrq: Manual OOM execution".to_owned());
        }
        lines.push(format!(
            "{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={}, oom_score_adj=0",
            self.order
        ));
        lines.push(format!("CPU: 1 UID: 0 PID: {} Comm: {comm} Not tainted 6.12.57 #1", self.victim));
        lines.push("Call Trace:".to_owned());
        lines.push(" <TASK>".to_owned());
        lines.push(" dump_stack_lvl+0x57/0x80".to_owned());
        lines.push(" </TASK>".to_owned());
        lines
    }

    fn level(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .counters
            .iter()
            .map(|(name, usage, limit)| format!("{name}: usage {usage}kB, limit {limit}kB, failcnt 21"))
            .collect();
        if let Some(path) = &self.oom_memcg {
            lines.push(format!("Memory cgroup stats for {path}:"));
            lines.extend(self.stat.iter().map(|(key, value)| format!("{key} {value}")));
        }
        if let Some((ram, swap_free, swap_total)) = self.machine {
            lines.push("Mem-Info:".to_owned());
            lines.extend(self.mem_info.iter().map(|(key, pages)| format!(" {key}:{pages}")));
            if let Some((free, min, low, high)) = self.zone {
                lines.push(format!(
                    "Node 0 Normal free:{free}kB boost:0kB min:{min}kB low:{low}kB high:{high}kB"
                ));
            }
            lines.push(format!("Free swap  = {swap_free}kB"));
            lines.push(format!("Total swap = {swap_total}kB"));
            lines.push(format!("{ram} pages RAM"));
        }
        lines
    }

    fn oom_kill_line(&self) -> String {
        let comm = self.task(self.victim).map_or("", |task| task.comm);
        let (constraint, level) = match &self.oom_memcg {
            Some(path) => ("CONSTRAINT_MEMCG", format!("oom_memcg={path}")),
            None => ("CONSTRAINT_NONE", "global_oom".to_owned()),
        };
        format!(
            "oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0,{level},task_memcg={},task={comm},pid={},uid=0",
            self.task_memcg, self.victim
        )
    }

    fn kills(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.task(self.victim).map(|task| self.killed(task)).into_iter().collect();
        if let Some((path, members)) = &self.group {
            lines.push(format!("Tasks in {path} are going to be killed due to memory.oom.group set"));
            lines.extend(members.iter().filter_map(|pid| self.task(*pid)).map(|task| self.killed(task)));
        }
        lines
    }

    fn killed(&self, task: &Task) -> String {
        let prefix = if self.oom_memcg.is_some() { "Memory cgroup out of memory" } else { "Out of memory" };
        format!(
            "{prefix}: Killed process {} ({}) total-vm:{}kB, anon-rss:{}kB, file-rss:0kB, shmem-rss:{}kB, UID:0 pgtables:164kB oom_score_adj:0",
            task.pid,
            task.comm,
            total_vm(task) * 4,
            task.anon,
            task.shmem
        )
    }

    fn task(&self, pid: u64) -> Option<&Task> {
        self.tasks.iter().find(|task| task.pid == pid)
    }

    fn framed(&self, lines: &[String]) -> String {
        let sequence = self.at / 1_000;
        lines.iter().zip(0_u64..).fold(String::new(), |mut text, (line, index)| {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "4,{},{},-;{line}", sequence + index, self.at + index);
            text
        })
    }
}

/// In pages: what the task holds, and some more address space.
const fn total_vm(task: &Task) -> u64 {
    (task.anon + task.shmem) / 4 + 730
}

fn row(task: &Task) -> String {
    let (anon, shmem) = (task.anon / 4, task.shmem / 4);
    format!(
        "[{:7}] {:5} {:5} {:8} {:8} {anon:8} {:8} {shmem:9} {:8} {:8}         {:5} {}",
        task.pid,
        0,
        task.pid,
        total_vm(task),
        anon + shmem,
        0,
        167_936,
        task.swap / 4,
        0,
        task.comm
    )
}
