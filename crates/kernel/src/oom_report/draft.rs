//! A report that is being read: takes its lines one by one, and says which lines cannot be its own.

use crate::oom_report::frame::stamp::Clock;
use crate::oom_report::line::Line;
use crate::oom_report::line::cgroup::{CutCounter, OomKillLine, StatsLine, TaskIn};
use crate::oom_report::line::header::{CpuLine, InvokedLine};
use crate::oom_report::line::kill::{KillLine, KillPrefix};
use crate::oom_report::memory_info;
use crate::oom_report::report::{
    CgroupStats, Chosen, CounterName, Invoker, OomReport, Place, Process, Victim,
};
use crate::oom_report::task_table::{self, ROWS_MAX};

/// Cgroups of which the stats are kept; before Linux 5.3 a report prints those of a whole subtree.
const STATS_CGROUPS_MAX: usize = 64;
/// Keys kept of one cgroup's stats.
const STATS_KEYS_MAX: usize = 128;
/// Victims, members that were exiting and reaped processes kept of one report, each.
const PROCESSES_MAX: usize = 2048;

/// Lines remembered to know a repetition.
const SEEN_LINES_MAX: usize = 32;

/// How far the report has come. Its lines come in this order on every kernel, so a step back begins another report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nothing that only an OOM report has.
    #[default]
    Nothing,
    /// `invoked oom-killer`.
    Header,
    /// `Task in … killed as a result of limit of …`.
    TaskIn,
    /// `memory: usage …`.
    Counters,
    /// `Memory cgroup stats for …`.
    Stats,
    /// The task table.
    Table,
    /// `oom-kill:constraint=…`.
    OomKill,
    /// `Kill process … score …`.
    Score,
    /// `Killed process …`, a panic, or nothing to kill.
    End,
}

/// What lines said about the kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs {
    pub(crate) memcg: bool,
    pub(crate) global: bool,
    pub(crate) cpuset: bool,
    pub(crate) mempolicy: bool,
    pub(crate) sysrq: bool,
    pub(crate) panic: bool,
    pub(crate) nothing_to_kill: bool,
    pub(crate) group: bool,
    /// What stood before the first `Killed process`.
    pub(crate) kill_prefix: Option<KillPrefix>,
}

/// A report that is being read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) report: OomReport,
    pub(crate) stage: Stage,
    pub(crate) signs: Signs,
    pub(crate) caller: Option<String>,
    pub(crate) clock: Option<Clock>,
    /// Whether the kill line, or a line that comes after it, opened the report.
    pub(crate) is_bare: bool,
    /// Whether a victim was told twice, as it is in a group alone.
    pub(crate) is_group: bool,
    /// Lines in a row that were not its own.
    pub(crate) strangers: u32,
    seen: Vec<(u64, String)>,
    in_stats: bool,
    in_mem_info: bool,
    in_foreign_dump: bool,
}

impl Draft {
    /// An empty report of the task that `CONFIG_PRINTK_CALLER` names.
    pub(crate) fn called_by(caller: Option<&str>) -> Self {
        Self { caller: caller.map(str::to_owned), ..Self::default() }
    }

    /// Whether `line` can be a part of this report, judged by what it has already.
    pub(crate) fn can_take(&self, line: &Line<'_>) -> bool {
        match line {
            Line::Invoked(_) => false,
            Line::TaskIn(_) => self.stage < Stage::TaskIn,
            Line::Counter(it) => self.stage <= Stage::Counters && self.report.counter(it.name).is_none(),
            Line::StatsStart(_) => self.stage <= Stage::Stats,
            Line::TasksState => self.stage <= Stage::Stats,
            Line::TableHeader(_) => self.stage < Stage::Table,
            Line::OomKill(_) => self.stage < Stage::OomKill,
            Line::Score(..) => self.stage < Stage::Score,
            Line::Killed(it) => self.can_take_victim(it),
            Line::Panic | Line::NothingToKill => self.report.victims.is_empty() && !self.signs.panic,
            Line::Cpuset(_)
            | Line::Cpu(_)
            | Line::Stats(_)
            | Line::Protection(_)
            | Line::MemInfoStart(_)
            | Line::TableRow { .. }
            | Line::Exiting(..)
            | Line::Group(_)
            | Line::Sharing(_)
            | Line::Reaped(_)
            | Line::SysrqAsked
            | Line::SysrqIgnored
            | Line::Suppressed(_)
            | Line::AllocationFailure
            | Line::Trace
            | Line::Other => true,
        }
    }

    /// Since Linux 5.1 the process killed is the one that the `oom-kill:` line names.
    pub(crate) fn can_take_victim(&self, line: &KillLine) -> bool {
        let named = self.report.chosen.as_ref().filter(|_| line.prefix != KillPrefix::None);
        self.report.victims.is_empty() && named.is_none_or(|chosen| chosen.pid == line.victim.pid)
    }

    /// Takes a line that [`Draft::can_take`]; `false` when it says nothing to this report.
    pub(crate) fn take(&mut self, line: Line<'_>, text: &str) -> bool {
        match line {
            Line::Invoked(it) => self.take_invoked(&it),
            Line::Cpuset(it) => {
                self.report.cpuset.get_or_insert_with(|| it.cpuset.to_owned());
                self.report.mems_allowed.get_or_insert_with(|| it.mems_allowed.to_owned());
            }
            Line::Cpu(it) => return self.take_cpu(&it),
            Line::TaskIn(it) => self.take_task_in(&it),
            Line::Counter(it) => self.take_counter(&it),
            Line::StatsStart(it) => self.take_stats_start(&it),
            Line::Stats(words) if self.in_stats => self.take_stats(words),
            Line::Protection(it) if !self.in_foreign_dump => self.report.protection = Some(it),
            Line::MemInfoStart(rest) => return self.take_mem_info_start(rest),
            Line::TasksState => self.reach(Stage::Stats),
            Line::TableHeader(columns) => {
                self.reach(Stage::Table);
                self.report.tasks.columns = columns;
            }
            Line::TableRow { pid, rest } => return self.take_row(pid, rest),
            Line::OomKill(it) => self.take_oom_kill(&it),
            Line::Score(prefix, it) => {
                self.reach(Stage::Score);
                self.take_prefix(prefix);
                self.report.score_line = Some(it);
            }
            Line::Killed(it) => self.take_victim(it),
            Line::Exiting(prefix, process) => {
                self.reach(Stage::End);
                self.take_prefix(prefix);
                add(&mut self.report.already_exiting, process);
            }
            Line::Group(path) => {
                self.report.oom_group.get_or_insert_with(|| path.to_owned());
                self.signs.group = true;
            }
            Line::Sharing(process) => add(&mut self.report.sharing_memory, process),
            Line::Reaped(process) => add(&mut self.report.reaped, process),
            Line::Panic => self.end(|signs| signs.panic = true),
            Line::NothingToKill => self.end(|signs| signs.nothing_to_kill = true),
            Line::SysrqIgnored => self.end(|signs| (signs.sysrq, signs.nothing_to_kill) = (true, true)),
            Line::AllocationFailure => {
                self.in_foreign_dump = true;
                return false;
            }
            Line::Trace => return self.is_confirmed(),
            Line::Stats(_) | Line::Protection(_) | Line::SysrqAsked | Line::Suppressed(_) | Line::Other => {
                return self.take_other(text);
            }
        }
        true
    }

    /// Whether anything was read that only an OOM report has.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.stage > Stage::Nothing || self.report.oom_group.is_some()
    }

    /// Takes the victims of a report that turned out to be the same kill.
    pub(crate) fn absorb(&mut self, other: Self) {
        for victim in other.report.victims {
            self.add_victim(victim);
        }
        for process in other.report.sharing_memory {
            add(&mut self.report.sharing_memory, process);
        }
        for process in other.report.reaped {
            add(&mut self.report.reaped, process);
        }
        for process in other.report.already_exiting {
            add(&mut self.report.already_exiting, process);
        }
        self.report.last = other.report.last;
        self.clock = other.clock.or(self.clock);
    }

    /// Whether this process was killed in this report.
    pub(crate) fn has_victim(&self, pid: u64) -> bool {
        self.report.victims.iter().any(|victim| victim.pid == pid)
    }

    /// Whether a line was not there before with the same text and the kernel's same microsecond: pages copied from a pager overlap.
    pub(crate) fn is_new(&mut self, clock: Option<Clock>, text: &str) -> bool {
        let Some(Clock::Uptime(micros)) = clock else { return true };
        let is_new = !self.seen.iter().any(|(when, what)| *when == micros && what == text);
        if is_new && self.seen.len() < SEEN_LINES_MAX {
            self.seen.push((micros, text.to_owned()));
        }
        is_new
    }

    /// How much memory the report takes, in entries.
    pub(crate) fn weight(&self) -> usize {
        let OomReport { tasks, stats, victims, sharing_memory, already_exiting, reaped, .. } = &self.report;
        let entries: usize = stats.iter().map(|stats| stats.entries.len()).sum();
        tasks.rows.len()
            + entries
            + victims.len()
            + sharing_memory.len()
            + already_exiting.len()
            + reaped.len()
    }

    /// Notes that a line was its own: those of others before it count, unless the report had not begun.
    pub(crate) fn count_strangers(&mut self) {
        let strangers = std::mem::take(&mut self.strangers);
        if self.is_confirmed() {
            self.report.unknown_lines += u64::from(strangers);
        }
    }

    /// Notes where a line of the report stands.
    pub(crate) fn extend_to(&mut self, place: &Place, clock: Option<Clock>) {
        if self.report.first.line == 0 {
            self.report.first = place.clone();
        }
        if self.report.last.line <= place.line {
            let timestamp = place.timestamp.clone().or_else(|| self.report.last.timestamp.take());
            self.report.last = Place { timestamp, ..place.clone() };
        }
        self.clock = clock.or(self.clock);
    }

    fn reach(&mut self, stage: Stage) {
        self.stage = self.stage.max(stage);
        (self.in_stats, self.in_mem_info) = (false, false);
    }

    fn end(&mut self, sign: impl FnOnce(&mut Signs)) {
        self.reach(Stage::End);
        sign(&mut self.signs);
    }

    fn take_invoked(&mut self, line: &InvokedLine<'_>) {
        self.reach(Stage::Header);
        let invoker = self.report.invoker.get_or_insert_default();
        invoker.comm = line.comm.map(str::to_owned);
        invoker.oom_score_adj = line.oom_score_adj;
        self.report.order = line.order;
        self.report.gfp_mask = line.gfp_mask.map(str::to_owned);
        self.report.gfp_flags = line.gfp_flags.map(str::to_owned);
        self.report.nodemask = line.nodemask.map(str::to_owned);
        self.signs.sysrq |= line.order == Some(-1);
    }

    /// Other traces print such a line too, so its name must be the invoker's. The release is the machine's.
    fn take_cpu(&mut self, line: &CpuLine<'_>) -> bool {
        self.report.kernel = self.report.kernel.take().or_else(|| line.kernel.map(str::to_owned));
        let is_own = match &self.report.invoker {
            Some(Invoker { pid: Some(pid), .. }) => *pid == line.pid,
            Some(Invoker { comm: Some(comm), .. }) => comm == line.comm,
            Some(_) | None => !self.in_foreign_dump,
        };
        if is_own {
            let invoker = self.report.invoker.get_or_insert_default();
            invoker.comm.get_or_insert_with(|| line.comm.to_owned());
            invoker.pid = Some(line.pid);
        }
        is_own
    }

    fn take_task_in(&mut self, line: &TaskIn<'_>) {
        self.reach(Stage::TaskIn);
        self.signs.memcg = true;
        self.report.task_memcg = line.task_memcg.map(str::to_owned);
        self.report.oom_memcg = line.limit_of.map(str::to_owned);
    }

    fn take_counter(&mut self, line: &CutCounter) {
        self.reach(Stage::Counters);
        self.signs.memcg = true;
        let slot = match line.name {
            CounterName::Memory => &mut self.report.memory,
            CounterName::MemorySwap => &mut self.report.memory_swap,
            CounterName::Swap => &mut self.report.swap,
            CounterName::Kmem => &mut self.report.kmem,
        };
        *slot = line.counter;
    }

    fn take_stats_start(&mut self, line: &StatsLine<'_>) {
        self.reach(Stage::Stats);
        self.signs.memcg = true;
        self.in_stats = true;
        let stats = &mut self.report.stats;
        if stats.last().is_some_and(|last| last.path.is_empty() && last.entries.is_empty()) {
            stats.pop();
        }
        if stats.len() < STATS_CGROUPS_MAX {
            stats.push(CgroupStats { path: line.path.to_owned(), entries: Vec::new() });
            self.take_stats(line.rest);
        }
    }

    /// `cache:0KB rss:980KB`, or `anon 98742272 file 0`.
    fn take_stats(&mut self, words: &str) {
        let Some(stats) = self.report.stats.last_mut() else { return };
        let mut words = words.split_ascii_whitespace().peekable();
        while let Some(word) = words.next() {
            let pair = match word.split_once(':') {
                Some((key, value)) => {
                    let kib = value.strip_suffix("KB").and_then(crate::decimal::parse_u64);
                    kib.and_then(|kib| kib.checked_mul(1024)).map(|value| (key, value))
                }
                None => {
                    words.peek().and_then(|value| crate::decimal::parse_u64(value)).map(|value| (word, value))
                }
            };
            let Some((key, value)) = pair.filter(|_| stats.entries.len() < STATS_KEYS_MAX) else { continue };
            if !word.contains(':') {
                words.next();
            }
            stats.entries.push((key.to_owned(), value));
        }
    }

    fn take_mem_info_start(&mut self, rest: &str) -> bool {
        if self.in_foreign_dump || self.stage >= Stage::Table {
            return false;
        }
        self.in_mem_info = true;
        self.report.mem_info.get_or_insert_default().take(rest.trim());
        true
    }

    fn take_row(&mut self, pid: u64, rest: &str) -> bool {
        if self.stage > Stage::Table {
            return false;
        }
        self.report.tasks.rows_seen += 1;
        self.complete_row(pid, rest);
        (self.in_stats, self.in_mem_info) = (false, false);
        true
    }

    /// Keeps a row that was counted when its beginning came. Behind the table none was: there it is some other line.
    pub(crate) fn complete_row(&mut self, pid: u64, rest: &str) {
        let tasks = &mut self.report.tasks;
        if self.stage <= Stage::Table && tasks.rows.len() < ROWS_MAX {
            tasks.rows.extend(task_table::parse_row(&tasks.columns, pid, rest));
        }
    }

    fn take_oom_kill(&mut self, line: &OomKillLine<'_>) {
        self.reach(Stage::OomKill);
        let report = &mut self.report;
        report.constraint = line.constraint;
        for (slot, value) in [
            (&mut report.nodemask, line.nodemask),
            (&mut report.cpuset, line.cpuset),
            (&mut report.mems_allowed, line.mems_allowed),
            (&mut report.oom_memcg, line.oom_memcg),
            (&mut report.task_memcg, line.task_memcg),
        ] {
            *slot = value.map(str::to_owned).or_else(|| slot.take());
        }
        if let (Some(comm), Some(pid)) = (line.task, line.pid) {
            report.chosen = Some(Chosen { comm: comm.to_owned(), pid, uid: line.uid });
        }
        self.signs.global |= line.is_global;
    }

    fn take_prefix(&mut self, prefix: KillPrefix) {
        match prefix {
            KillPrefix::None => {}
            KillPrefix::Memcg => self.signs.memcg = true,
            KillPrefix::Global => self.signs.global = true,
            KillPrefix::Mempolicy => self.signs.mempolicy = true,
            KillPrefix::Cpuset => self.signs.cpuset = true,
        }
    }

    fn take_victim(&mut self, line: KillLine) {
        self.reach(Stage::End);
        self.take_prefix(line.prefix);
        self.signs.kill_prefix.get_or_insert(line.prefix);
        self.add_victim(line.victim);
    }

    /// `memory.oom.group` prints the first victim twice, and a wrapped line says more the second time.
    fn add_victim(&mut self, victim: Victim) {
        let has_room = self.report.victims.len() < PROCESSES_MAX;
        match self.report.victims.iter_mut().find(|known| known.pid == victim.pid) {
            Some(known) => {
                known.uid = known.uid.or(victim.uid);
                known.total_vm = known.total_vm.or(victim.total_vm);
                known.anon_rss = known.anon_rss.or(victim.anon_rss);
                known.file_rss = known.file_rss.or(victim.file_rss);
                known.shmem_rss = known.shmem_rss.or(victim.shmem_rss);
                known.pgtables = known.pgtables.or(victim.pgtables);
                known.oom_score_adj = known.oom_score_adj.or(victim.oom_score_adj);
            }
            None if has_room => self.report.victims.push(victim),
            None => {}
        }
    }

    fn take_other(&mut self, text: &str) -> bool {
        let can_begin = self.stage < Stage::Table && memory_info::is_block_line(text);
        if self.in_foreign_dump || !(self.in_mem_info || can_begin) {
            return false;
        }
        self.in_mem_info = true;
        self.report.mem_info.get_or_insert_default().take(text)
    }
}

fn add(processes: &mut Vec<Process>, process: Process) {
    if processes.len() < PROCESSES_MAX && !processes.iter().any(|known| known.pid == process.pid) {
        processes.push(process);
    }
}
