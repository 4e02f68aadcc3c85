//! The lines about cgroups: whose limit was hit, what stood in the counters, which cgroup is killed as a whole.

use crate::bytes::Bytes;
use crate::limit::Limit;
use crate::oom_report::report::{Constraint, Counter, CounterName, Protection};
use crate::oom_report::text::{after, is_digits, kib_after, leading_number};

/// The smallest count of KiB that the kernel prints for "no limit": `LONG_MAX` in 64 KiB pages, and all above it
/// (4 KiB pages, `RES_COUNTER_MAX` of Linux 3.10, of 3.13).
const UNLIMITED_KIB_MIN: u64 = 9_007_199_254_740_928;

/// "No limit" of 32-bit kernels: `LONG_MAX` pages.
const UNLIMITED_KIB_32_BIT: u64 = 8_589_934_588;

/// A counter's line; no value when it is cut before the limit.
#[derive(Debug)]
pub(crate) struct CutCounter {
    pub(crate) name: CounterName,
    pub(crate) counter: Option<Counter>,
}

/// `Task in A killed as a result of limit of B`, or `Memory limit reached of cgroup B`.
#[derive(Debug)]
pub(crate) struct TaskIn<'a> {
    pub(crate) task_memcg: Option<&'a str>,
    pub(crate) limit_of: Option<&'a str>,
}

/// `Memory cgroup stats for PATH: cache:0KB …`, or the path alone since Linux 5.3.
#[derive(Debug)]
pub(crate) struct StatsLine<'a> {
    pub(crate) path: &'a str,
    pub(crate) rest: &'a str,
    pub(crate) is_whole: bool,
}

/// `oom-kill:constraint=…,nodemask=…[,cpuset=…,mems_allowed=…](,global_oom|,oom_memcg=…),task_memcg=…,task=…,pid=…,uid=…`
#[derive(Debug, Default)]
pub(crate) struct OomKillLine<'a> {
    pub(crate) constraint: Option<Constraint>,
    pub(crate) nodemask: Option<&'a str>,
    pub(crate) cpuset: Option<&'a str>,
    pub(crate) mems_allowed: Option<&'a str>,
    pub(crate) is_global: bool,
    pub(crate) oom_memcg: Option<&'a str>,
    pub(crate) task_memcg: Option<&'a str>,
    pub(crate) task: Option<&'a str>,
    pub(crate) pid: Option<u64>,
    pub(crate) uid: Option<u64>,
}

/// `memory: usage 1024kB, limit 2048kB, failcnt 5`
pub(crate) fn counter(text: &str) -> Option<CutCounter> {
    let (name, rest) = text.split_once(": usage ")?;
    let name = match name {
        "memory" => CounterName::Memory,
        "memory+swap" => CounterName::MemorySwap,
        "swap" => CounterName::Swap,
        "kmem" => CounterName::Kmem,
        _ => return None,
    };
    let (kib, unit) = leading_number(rest)?;
    let usage = Bytes::from_kib(kib).filter(|_| unit.starts_with("kB"));
    let limit = after(rest, ", limit ").and_then(leading_number).filter(|(_, unit)| unit.starts_with("kB"));
    let counter = usage.zip(limit).and_then(|(usage, (kib, _))| {
        let failcnt = after(rest, ", failcnt ").and_then(leading_number).map(|(count, _)| count);
        Some(Counter { usage, limit: limit_of_kib(kib)?, failcnt })
    });
    Some(CutCounter { name, counter })
}

/// Linux 3.9 and later. Paths hold colons (`kubepods-pod1.slice:cri-containerd:ID`): the one before a blank or the end closes it.
pub(crate) fn stats(text: &str) -> Option<StatsLine<'_>> {
    let rest = text.strip_prefix("Memory cgroup stats")?;
    let parts = rest.split_once(": ").or_else(|| rest.strip_suffix(':').map(|path| (path, "")));
    let (path, rest) = parts.unwrap_or_default();
    Some(StatsLine { path: path.strip_prefix(" for ").unwrap_or_default(), rest, is_whole: parts.is_some() })
}

fn limit_of_kib(kib: u64) -> Option<Limit> {
    if kib >= UNLIMITED_KIB_MIN || kib == UNLIMITED_KIB_32_BIT {
        return Some(Limit::Unlimited);
    }
    Bytes::from_kib(kib).map(Limit::At)
}

/// Until Linux 4.20.
pub(crate) fn task_in(text: &str) -> Option<TaskIn<'_>> {
    if text == "Task in" {
        return Some(TaskIn { task_memcg: None, limit_of: None });
    }
    let rest = text.strip_prefix("Task in ")?;
    let Some((task, limit)) = rest.split_once(" killed as a result of limit of") else {
        // An old kernel prints the parts one by one, so others may come between them.
        return rest.starts_with('/').then_some(TaskIn { task_memcg: None, limit_of: None });
    };
    let (task, limit) = (task.trim(), limit.trim());
    Some(TaskIn { task_memcg: Some(task), limit_of: is_above(limit, task).then_some(limit) })
}

/// The victim is in the cgroup whose limit was hit, or below it. A path that was cut is not.
fn is_above(limit: &str, task: &str) -> bool {
    limit == "/"
        || task.strip_prefix(limit).is_some_and(|below| below.is_empty() || below.starts_with('/'))
            && !limit.is_empty()
}

/// Linux 2.6.39 to 4.20, when there was no victim.
pub(crate) fn limit_reached(text: &str) -> Option<TaskIn<'_>> {
    let limit = text.strip_prefix("Memory limit reached of cgroup ")?.trim();
    Some(TaskIn { task_memcg: None, limit_of: Some(limit) })
}

/// Since Linux 6.19, also in reports of failed page allocations.
pub(crate) fn protection(text: &str) -> Option<Protection> {
    let rest = text.strip_prefix("Memory cgroup min protection ")?;
    Some(Protection { min: kib_after(rest, "")?, low: kib_after(rest, "low protection ")? })
}

/// `Tasks in PATH are going to be killed due to memory.oom.group set`
pub(crate) fn group(text: &str) -> Option<&str> {
    let (path, _) = text.strip_prefix("Tasks in ")?.split_once(" are going to ")?;
    path.starts_with('/').then_some(path)
}

/// Since Linux 5.0 (RHEL 8: 4.18). A value counts when the key behind it is there: posts are cut in the middle of a path.
pub(crate) fn oom_kill(text: &str) -> Option<OomKillLine<'_>> {
    const KEYS: [&str; 5] = ["nodemask=", "cpuset=", "mems_allowed=", "oom_memcg=", "task_memcg="];
    let rest = text.strip_prefix("oom-kill:")?.trim_start();
    let mut fields: [Option<&str>; 5] = [None; 5];
    let (facts, task) = split_task(rest);
    let (names, is_whole) = task.map_or((facts, false), |_| (facts, true));
    for (key, field) in KEYS.iter().zip(&mut fields) {
        let Some(value) = field_after(names, key) else { continue };
        let end =
            KEYS.iter().filter_map(|next| find_field(value, next)).chain(value.find(",global_oom")).min();
        *field = end.map_or_else(|| is_whole.then_some(value), |end| value.get(..end));
    }
    let [nodemask, cpuset, mems_allowed, oom_memcg, task_memcg] = fields;
    let constraint =
        rest.strip_prefix("constraint=").and_then(|value| value.split_once(',')).map(|(name, _)| name);
    let (comm, pid, uid) = task.map_or((None, None, None), victim);
    Some(OomKillLine {
        constraint: constraint.and_then(Constraint::from_name),
        nodemask,
        cpuset,
        mems_allowed,
        is_global: names.contains(",global_oom,") || (is_whole && names.ends_with(",global_oom")),
        oom_memcg,
        task_memcg,
        task: comm,
        pid,
        uid,
    })
}

/// A name may hold commas, and a path may too: the last `,task=` divides.
fn split_task(rest: &str) -> (&str, Option<&str>) {
    match rest.rfind(",task=") {
        Some(at) => (rest.get(..at).unwrap_or(rest), rest.get(at + ",task=".len()..)),
        None => (rest, None),
    }
}

fn field_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    find_field(text, key).and_then(|at| text.get(at + 1 + key.len()..))
}

/// Where `,key=` begins.
fn find_field(text: &str, key: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(key).map(|at| at + from) {
        if at > 0 && text.as_bytes().get(at - 1) == Some(&b',') {
            return Some(at - 1);
        }
        from = at + key.len();
    }
    None
}

/// `COMM,pid=N,uid=N`, read from its end.
fn victim(text: &str) -> (Option<&str>, Option<u64>, Option<u64>) {
    let Some((comm, numbers)) = text.rsplit_once(",pid=") else { return (None, None, None) };
    let Some((pid, uid)) = numbers.split_once(",uid=") else { return (Some(comm), None, None) };
    let uid = uid.split_ascii_whitespace().next().filter(|uid| is_digits(uid));
    (Some(comm), crate::decimal::parse_u64(pid), uid.and_then(crate::decimal::parse_u64))
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Constraint, Limit, counter, group, limit_reached, oom_kill, task_in};

    #[test]
    fn no_limit_is_known_in_every_spelling() {
        // 4.x in 4, 16 and 64 KiB pages; 3.10; 3.13; 32 bits.
        for kib in [
            "9007199254740988",
            "9007199254740976",
            "9007199254740928",
            "9007199254740991",
            "18014398509481983",
            "8589934588",
        ] {
            let line = counter(&format!("swap: usage 0kB, limit {kib}kB, failcnt 0")).unwrap();
            assert_eq!(line.counter.unwrap().limit, Limit::Unlimited, "{kib}");
        }
        let forbidden = counter("swap: usage 0kB, limit 0kB, failcnt 0").unwrap().counter.unwrap();
        assert_eq!((forbidden.limit, forbidden.is_at_limit()), (Limit::At(Bytes::ZERO), false));
    }

    #[test]
    fn a_cut_counter_keeps_what_is_whole() {
        let cut = counter("memory: usage 12kB, limit 34kB, fail").unwrap().counter.unwrap();
        assert_eq!((cut.limit, cut.failcnt), (Limit::At(Bytes(34 << 10)), None));
        assert!(counter("memory: usage 12kB, limit 34").unwrap().counter.is_none());
        assert!(counter("memory: used").is_none());
    }

    #[test]
    fn commas_in_a_name_do_not_divide_it() {
        let line = oom_kill("oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,2-3,cpuset=a,mems_allowed=0,2,global_oom,task_memcg=/x,task=a,pid=1,b,pid=22,uid=3").unwrap();
        assert_eq!(
            (line.task, line.pid, line.uid, line.is_global),
            (Some("a,pid=1,b"), Some(22), Some(3), true)
        );
        assert_eq!((line.nodemask, line.cpuset, line.mems_allowed), (Some("0,2-3"), Some("a"), Some("0,2")));
        assert_eq!(line.constraint, Some(Constraint::MemoryPolicy));
    }

    #[test]
    fn the_value_at_a_cut_is_not_taken() {
        let whole = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a/b,task_memcg=/a/b/c,task=x y,pid=12,uid=0";
        let line = oom_kill(whole).unwrap();
        assert_eq!((line.oom_memcg, line.task_memcg, line.task), (Some("/a/b"), Some("/a/b/c"), Some("x y")));
        for end in 0..whole.len() {
            let Some(cut) = oom_kill(&whole[..end]) else { continue };
            assert!(cut.oom_memcg.is_none_or(|path| path == "/a/b"), "{end}");
            assert!(cut.task_memcg.is_none_or(|path| path == "/a/b/c"), "{end}");
            assert!(cut.task.is_none_or(|comm| comm == "x y"), "{end}");
            assert!(cut.pid.is_none_or(|pid| pid == 12), "{end}");
        }
    }

    #[test]
    fn old_lines_name_both_cgroups() {
        let line = task_in("Task in /docker/a killed as a result of limit of /docker").unwrap();
        assert_eq!((line.task_memcg, line.limit_of), (Some("/docker/a"), Some("/docker")));
        assert_eq!(limit_reached("Memory limit reached of cgroup /a").unwrap().limit_of, Some("/a"));
        assert!(task_in("Task in progress").is_none());
        assert_eq!(group("Tasks in /A1 are going to be killed due to memory.oom.group set"), Some("/A1"));
    }
}
