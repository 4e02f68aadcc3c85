//! Reports as each generation of the kernel prints them, made from its own format strings.
//!
//! The formats are those of mm/oom_kill.c, mm/memcontrol.c, lib/show_mem.c (mm/page_alloc.c before 6.2), lib/dump_stack.c and
//! kernel/cgroup/cpuset.c at the tag that each entry names.

/// What ran out in a made report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// The limit of a pod, of which one container holds the hog.
    Memcg,
    /// The machine's memory.
    Global,
    /// The nodes of a cpuset; told since 5.0.
    Cpuset,
    /// The nodes of a memory policy; told since 5.0.
    Mempolicy,
    /// SysRq-f.
    Sysrq,
}

/// One generation.
pub struct Kernel {
    pub release: &'static str,
    pub cite: &'static str,
    pub scenes: &'static [Scene],
    pub invoked: &'static str,
    pub cpuset: Option<&'static str>,
    pub cpu: &'static str,
    pub counters: &'static [&'static str],
    pub stats: Stats,
    pub title: Option<&'static str>,
    pub header: &'static str,
    pub row: &'static str,
    pub oom_kill: Option<&'static str>,
    pub score: Option<&'static str>,
    pub kill: &'static str,
    pub reaped: Option<&'static str>,
    pub protection: Option<&'static str>,
    /// What the counters prove.
    pub cgroup_version: Option<u8>,
    pub tells_uid: Tells,
    pub tells_shmem: Tells,
}

/// Whether the kill line has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    Yes,
    No,
}

/// How `memory.stat` is printed.
#[derive(Clone, Copy)]
pub enum Stats {
    No,
    /// `cache:0KB rss:980KB`, one line per cgroup.
    Line,
    /// One record of many lines.
    Block(&'static str),
    /// One record per line.
    Lines(&'static str),
}

use Scene::{Cpuset, Global, Memcg, Mempolicy, Sysrq};

const ALL: &[Scene] = &[Memcg, Global, Cpuset, Mempolicy, Sysrq];
const OLD: &[Scene] = &[Memcg, Global];
const CPU: &str = "CPU: 3 PID: 28645 Comm: {invoker} Not tainted {release} #1";
const CPU_6_13: &str =
    "CPU: 3 UID: 1000 PID: 28645 Comm: {invoker} Tainted: G        W           {release} #1 PREEMPT(none) ";
const V1_COUNTERS: &[&str] = &["memory", "memory+swap", "kmem"];
const V2_COUNTERS: &[&str] = &["memory", "swap"];
const HEADER_PTES: &str = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name";
const ROW_PTES: &str = "[{pid:5}] {uid:5} {pid:5} {vm:8} {rss:8} {ptes:7} {swap:8}         {adj:5} {comm}";
const HEADER_PMDS: &str = "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name";
const ROW_PMDS: &str =
    "[{pid:5}] {uid:5} {pid:5} {vm:8} {rss:8} {ptes:7} {pmds:7} {swap:8}         {adj:5} {comm}";
const TITLE: &str = "Tasks state (memory values in pages):";
const HEADER_BYTES: &str =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
const ROW_BYTES: &str = "[{pid:7}] {uid:5} {pid:5} {vm:8} {rss:8} {tables:8} {swap:8}         {adj:5} {comm}";
const HEADER_6_8: &str = "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name";
const ROW_6_8: &str = "[{pid:7}] {uid:5} {pid:5} {vm:8} {rss:8} {rss:8} {zero:8} {zero:9} {tables:8} {swap:8}         {adj:5} {comm}";
const CPUSET_LINE: &str = "{invoker} cpuset={cpuset} mems_allowed=0-1";
const OOM_KILL: &str = "oom-kill:constraint={constraint},nodemask={nodemask},cpuset={cpuset},mems_allowed=0-1{scope},task_memcg={task_memcg},task={victim},pid=28645,uid=1001240000";
const SCORE: &str = "{message}: Kill process 28645 ({victim}) score 1046 or sacrifice child";
const KILL: &str = "Killed process 28645 ({victim}) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB";
const KILL_4_5: &str =
    "Killed process 28645 ({victim}) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:12kB";
const KILL_5_4: &str = "{message}: Killed process 28645 ({victim}) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:12kB, UID:1001240000 pgtables:164kB oom_score_adj:986";
const REAPED: &str =
    "oom_reaper: reaped process 28645 ({victim}), now anon-rss:0kB, file-rss:0kB, shmem-rss:12kB";
const STAT_V2: &str = "anon 66834432\nfile 12288\nkernel_stack 32768\npagetables 167936\nworkingset_refault_anon 0\npgfault 49110";
const STAT_V1: &str =
    "cache 0\nrss 0\npgfault 0\nhierarchical_memory_limit 67108864\ntotal_rss 66834432\ntotal_shmem 0";

/// All generations.
pub const KERNELS: [Kernel; 14] = [
    Kernel {
        release: "2.6.32-431.el6.x86_64",
        cite: "RHEL 6: v2.6.32 with oom_score_adj, `Killed process N, UID u, (comm)`",
        scenes: OLD,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xd0, order={order}, oom_adj=0, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: "Pid: 28645, comm: {invoker} Not tainted {release} #1",
        counters: &["memory", "memory+swap"],
        stats: Stats::No,
        title: None,
        header: "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
        row: "[{pid:5}] {uid:5} {pid:5} {vm:8} {rss:8} {zero:3} {zero:7} {adj:13} {comm}",
        oom_kill: None,
        score: Some(SCORE),
        kill: "Killed process 28645, UID 1001240000, ({victim}) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB",
        reaped: None,
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::No,
    },
    Kernel {
        release: "3.10.0-327.4.5.el7.x86_64",
        cite: "v3.10 mm/oom_kill.c dump_header, dump_tasks, oom_kill_process; v3.10 mm/memcontrol.c mem_cgroup_print_oom_info",
        scenes: OLD,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xd0, order={order}, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: None,
        header: HEADER_PTES,
        row: ROW_PTES,
        oom_kill: None,
        score: Some(SCORE),
        kill: KILL,
        reaped: None,
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::No,
        tells_shmem: Tells::No,
    },
    Kernel {
        release: "3.10.0-1160.el7.x86_64",
        cite: "RHEL 7.9: v3.10 with `Killed process N (comm), UID u, total-vm` and shmem-rss",
        scenes: OLD,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xd0, order={order}, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: "CPU: 3 PID: 28645 Comm: {invoker} Kdump: loaded Tainted: G    B          ------------ T {release} #1",
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: None,
        header: HEADER_PTES,
        row: ROW_PTES,
        oom_kill: None,
        score: Some(SCORE),
        kill: "Killed process 28645 ({victim}), UID 1001240000, total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:12kB",
        reaped: None,
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "4.8.0-gentoo",
        cite: "v4.8 mm/oom_kill.c: flags in words (4.6), nr_pmds (4.1), shmem-rss (4.5), the reaper (4.6)",
        scenes: OLD,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0x24000c0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: None,
        header: HEADER_PMDS,
        row: ROW_PMDS,
        oom_kill: None,
        score: Some(SCORE),
        kill: KILL_4_5,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::No,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "4.13.0-36-generic",
        cite: "v4.13 mm/oom_kill.c dump_header: nodemask and two blanks before order",
        scenes: OLD,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order={order}, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: None,
        header: HEADER_PMDS,
        row: ROW_PMDS,
        oom_kill: None,
        score: Some(SCORE),
        kill: KILL_4_5,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::No,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "4.19.0-27-amd64",
        cite: "v4.19 mm/oom_kill.c: `Tasks state`, pgtables_bytes (4.15)",
        scenes: &[Memcg, Global, Sysrq],
        invoked: "{invoker} invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order={order}, oom_score_adj=986",
        cpuset: Some(CPUSET_LINE),
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: None,
        score: Some(SCORE),
        kill: KILL_4_5,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::No,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "5.0.0-rc4",
        cite: "v5.0 mm/oom_kill.c dump_oom_summary beside the score line; its constraint is NONE for a memcg until 5.2",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Line,
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: Some(OOM_KILL),
        score: Some(SCORE),
        kill: KILL_4_5,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::No,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "5.3.18-150300.59",
        cite: "v5.3 mm/memcontrol.c mem_cgroup_print_oom_meminfo: `swap:` for v2, memory.stat as one record; score line gone (5.1)",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V2_COUNTERS,
        stats: Stats::Block(STAT_V2),
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: "{message}: Killed process 28645 ({victim}) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:12kB",
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(2),
        tells_uid: Tells::No,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "5.4.0-150-generic",
        cite: "v5.4 mm/oom_kill.c __oom_kill_process: UID, pgtables, oom_score_adj; v1 counters with a v2-like memory.stat",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Block(STAT_V2),
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "5.15.0-1041-azure",
        cite: "v5.15 mm/oom_kill.c, mm/memcontrol.c",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0x1100cca(GFP_HIGHUSER_MOVABLE), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V2_COUNTERS,
        stats: Stats::Block(STAT_V2),
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(2),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "6.5.0-44-generic",
        cite: "v6.5 mm/memcontrol.c: seq_buf_do_printk, one record per line; v1 prints its own keys",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V1_COUNTERS,
        stats: Stats::Lines(STAT_V1),
        title: Some(TITLE),
        header: HEADER_BYTES,
        row: ROW_BYTES,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(1),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "6.8.0-45-generic",
        cite: "v6.8 mm/oom_kill.c dump_task: rss_anon, rss_file, rss_shmem",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU,
        counters: V2_COUNTERS,
        stats: Stats::Lines(STAT_V2),
        title: Some(TITLE),
        header: HEADER_6_8,
        row: ROW_6_8,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: None,
        protection: None,
        cgroup_version: Some(2),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "6.12.95+deb13-amd64",
        cite: "v6.12 mm/oom_kill.c, lib/dump_stack.c (UID on the CPU line)",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU_6_13,
        counters: V2_COUNTERS,
        stats: Stats::Lines(STAT_V2),
        title: Some(TITLE),
        header: HEADER_6_8,
        row: ROW_6_8,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: Some(REAPED),
        protection: None,
        cgroup_version: Some(2),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
    Kernel {
        release: "6.19.11-1",
        cite: "v6.19 mm/oom_kill.c dump_header, mm/memcontrol.c mem_cgroup_show_protected_memory",
        scenes: ALL,
        invoked: "{invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=986",
        cpuset: None,
        cpu: CPU_6_13,
        counters: V2_COUNTERS,
        stats: Stats::Lines(STAT_V2),
        title: Some(TITLE),
        header: HEADER_6_8,
        row: ROW_6_8,
        oom_kill: Some(OOM_KILL),
        score: None,
        kill: KILL_5_4,
        reaped: None,
        protection: Some("Memory cgroup min protection 0kB -- low protection 4096kB"),
        cgroup_version: Some(2),
        tells_uid: Tells::Yes,
        tells_shmem: Tells::Yes,
    },
];
