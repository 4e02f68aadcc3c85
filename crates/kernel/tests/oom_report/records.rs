//! The records of a made report: what happened is always the same, each kernel tells it in its own words.

use crate::kernels::Scene::{Cpuset, Global, Memcg, Mempolicy, Sysrq};
use crate::kernels::{Kernel, Scene, Stats};

pub const POD: &str = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";
pub const POD_UID: &str = "3f9a1c2e-7b54-4d1e-9c0a-5e6f7a8b9c0d";
pub const CONTAINER: &str = "5b4692b00f00895197216f64ac251278fb5651ef10e82a7721561aed4ec3a39f";
/// The invoker is a thread of the victim, with a name that no program should have.
pub const INVOKER: &str = "Web (x) [1]: a";
/// The victim's name.
pub const VICTIM: &str = "node) score 1";

const TRACE: [&str; 6] = [
    "Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS rel-1.8.2-0-g33fbe13 04/01/2014",
    "Call Trace:",
    " <TASK>",
    " dump_stack_lvl+0x57/0x80",
    " [<ffffffff81720bf6>] ? oom_kill_process+0x1ce/0x330",
    "RAX: 0000000003f5b000 RBX: 000000000c800000 RCX: 00007fd8a1be5b07",
];

const MEM_INFO: [&str; 16] = [
    "Mem-Info:",
    "active_anon:1413442 inactive_anon:1509191 isolated_anon:0\n active_file:29 inactive_file:186 isolated_file:0\n unevictable:2047 dirty:56 writeback:20\n slab_reclaimable:130091 slab_unreclaimable:89303\n mapped:1293 shmem:19540 pagetables:25704\n free:34629 free_pcp:0 free_cma:0",
    "Node 0 active_anon:5653768kB inactive_anon:6036764kB active_file:728kB all_unreclaimable? no",
    "Node 0 DMA free:13312kB boost:0kB min:64kB low:80kB high:96kB reserved_highatomic:0KB active_anon:0kB",
    "lowmem_reserve[]: 0 3191 15659 15659 15659",
    "Node 0 Normal free:61900kB min:61948kB low:75384kB high:88820kB active_anon:1529368kB",
    "lowmem_reserve[]: 0 0 0 0 0",
    "Node 0 DMA: 0*4kB 0*8kB 1*1024kB (U) 2*2048kB (UM) 2*4096kB (M) = 13312kB",
    "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
    "44659 total pagecache pages",
    "24863 pages in swap cache",
    "Free swap  = 84kB",
    "Total swap = 25165820kB",
    "4115400 pages RAM",
    "0 pages HighMem/MovableOnly",
    "97082 pages reserved",
];

/// The records of a report; the inner lines of a record are divided by new lines.
pub fn records(kernel: &Kernel, scene: Scene) -> Vec<String> {
    let fill = |template: &str| fill(template, kernel, scene);
    let mut records = Vec::new();
    if scene == Sysrq {
        records.push("sysrq: Manual OOM execution".to_owned());
    }
    records.push(fill(kernel.invoked));
    records.extend(kernel.cpuset.map(fill));
    records.push(fill(kernel.cpu));
    records.extend(TRACE.map(str::to_owned));
    if scene == Memcg {
        records.extend(cgroup_records(kernel));
    } else {
        records.extend(MEM_INFO.map(str::to_owned));
    }
    records.extend(kernel.protection.map(str::to_owned));
    records.extend(kernel.title.map(str::to_owned));
    records.push(kernel.header.to_owned());
    records.push(row(kernel.row, 181_505, 0, -998, "pause"));
    records.push(row(kernel.row, 3893, 4_294_967_294, 0, "(sd-pam)"));
    records.push(row(kernel.row, 28_645, 1_001_240_000, 986, VICTIM));
    records.extend(kernel.oom_kill.map(fill));
    records.extend(kernel.score.map(fill));
    records.push(fill(kernel.kill));
    records.extend(kernel.reaped.map(fill));
    records
}

fn cgroup_records(kernel: &Kernel) -> Vec<String> {
    let mut records = Vec::new();
    if kernel.oom_kill.is_none() {
        records.push(format!("Task in {} killed as a result of limit of {POD}", task_memcg()));
    }
    for name in kernel.counters {
        records.push(match *name {
            "memory" => "memory: usage 65536kB, limit 65536kB, failcnt 156".to_owned(),
            "memory+swap" => "memory+swap: usage 65536kB, limit 9007199254740988kB, failcnt 0".to_owned(),
            "swap" => "swap: usage 0kB, limit 0kB, failcnt 0".to_owned(),
            other => format!("{other}: usage 268kB, limit 9007199254740988kB, failcnt 0"),
        });
    }
    match kernel.stats {
        Stats::No => {}
        Stats::Line => {
            let values = "cache:0KB rss:65268KB rss_huge:0KB mapped_file:0KB swap:0KB inactive_anon:65184KB active_anon:84KB";
            records.push(format!(
                "Memory cgroup stats for {POD}: cache:0KB rss:0KB rss_huge:0KB unevictable:0KB"
            ));
            records.push(format!("Memory cgroup stats for {}: {values}", task_memcg()));
        }
        Stats::Block(block) => records.push(format!("Memory cgroup stats for {POD}:\n{block}")),
        Stats::Lines(lines) => {
            records.push(format!("Memory cgroup stats for {POD}:"));
            records.extend(lines.lines().map(str::to_owned));
        }
    }
    records
}

/// The victim's cgroup.
pub fn task_memcg() -> String {
    format!("{POD}/cri-containerd-{CONTAINER}.scope")
}

fn fill(template: &str, kernel: &Kernel, scene: Scene) -> String {
    let is_quirky = kernel.release.starts_with("5.0");
    let (constraint, nodemask) = match scene {
        Memcg if !is_quirky => ("CONSTRAINT_MEMCG", "(null)"),
        Memcg | Global | Sysrq => ("CONSTRAINT_NONE", "(null)"),
        Cpuset => ("CONSTRAINT_CPUSET", "(null)"),
        Mempolicy => ("CONSTRAINT_MEMORY_POLICY", "1,3-5"),
    };
    let scope = if scene == Memcg { format!(",oom_memcg={POD}") } else { ",global_oom".to_owned() };
    let message = if scene == Memcg { "Memory cgroup out of memory" } else { "Out of memory" };
    [
        ("{invoker}", INVOKER),
        ("{victim}", VICTIM),
        ("{release}", kernel.release),
        ("{order}", if scene == Sysrq { "-1" } else { "0" }),
        ("{constraint}", constraint),
        ("{nodemask}", nodemask),
        ("{cpuset}", CONTAINER),
        ("{scope}", &scope),
        ("{task_memcg}", &task_memcg()),
        ("{message}", message),
    ]
    .iter()
    .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// A row as `%5d` and its like print it: a user beyond 2³¹ is negative.
fn row(template: &str, pid: u64, uid: u64, adj: i64, comm: &str) -> String {
    let uid = u32::try_from(uid).map_or(0, u32::cast_signed).to_string();
    let values = [
        ("pid", pid.to_string()),
        ("uid", uid),
        ("vm", "51802".to_owned()),
        ("rss", "16532".to_owned()),
        ("ptes", "30".to_owned()),
        ("pmds", "11".to_owned()),
        ("tables", "167936".to_owned()),
        ("swap", "7".to_owned()),
        ("adj", adj.to_string()),
        ("zero", "0".to_owned()),
    ];
    let mut row = template.replace("{comm}", comm);
    for (name, value) in values {
        while let Some(at) = row.find(&format!("{{{name}:")) {
            let end = at + row[at..].find('}').unwrap_or_default();
            let width = row[at + name.len() + 2..end].parse().unwrap_or_default();
            row.replace_range(at..=end, &format!("{value:>width$}"));
        }
    }
    row
}
