//! The reports of one machine: which line belongs to which report, when a report is over, when it may be handed out.

use crate::oom_report::draft::{Draft, Stage};
use crate::oom_report::frame::stamp::Clock;
use crate::oom_report::line::kill::{KillLine, KillPrefix};
use crate::oom_report::line::{self, Line};
use crate::oom_report::reader::OomEvent;
use crate::oom_report::report::{Place, Process};
use crate::oom_report::summary;
use crate::oom_report::wrap::{Joined, Wraps};
use std::collections::VecDeque;

/// Finished reports that wait for lines of the OOM reaper and of the group. More are handed out, the oldest first.
const HELD_MAX: usize = 64;
/// Rows of task tables, keys of stats and processes of all waiting reports.
const HELD_WEIGHT_MAX: usize = 16_384;
/// The OOM reaper comes two seconds after the kill, later on a machine that has no time.
const REAPER_MICROS_MAX: u64 = 60_000_000;
/// No kernel waits so long between two lines of a report.
const GAP_MICROS_MAX: u64 = 10_000_000;
/// Between two kills of a group.
const GROUP_MICROS_MAX: u64 = 2_000_000;
/// Between the kills of a group, when the line that says so is lost.
const SAME_KILL_MICROS_MAX: u64 = 1_000_000;
/// So many lines of others in a row, and an open report is over.
const STRANGERS_MAX: u32 = 200;
/// So many lines of other machines, and an open report need not be read on line by line.
const SILENT_LINES_MAX: u64 = 2000;
/// One line without its frame.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) place: Place,
    pub(crate) clock: Option<Clock>,
    pub(crate) caller: Option<&'a str>,
    pub(crate) is_framed: bool,
    pub(crate) is_fragment: bool,
    pub(crate) text: &'a str,
}

/// The reports of one machine.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) host: Option<String>,
    open: Option<Draft>,
    held: VecDeque<Draft>,
    wraps: Wraps,
    heard_at: u64,
    suppressed: u64,
    sysrq_asked: bool,
}

impl Session {
    /// A machine of which the log may begin in the middle of a report.
    pub(crate) fn new(host: Option<&str>) -> Self {
        Self { host: host.map(str::to_owned), open: Some(Draft::default()), ..Self::default() }
    }

    /// Whether the next line counts whatever it says. A machine that fell silent in the middle is not waited for.
    pub(crate) fn is_attentive(&self, line: u64) -> bool {
        (self.open.is_some() || self.wraps.is_waiting())
            && line.saturating_sub(self.heard_at) < SILENT_LINES_MAX
    }

    /// Takes a line.
    pub(crate) fn take(&mut self, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        self.heard_at = record.place.line;
        self.close_by_time(record.clock, out);
        let columns = self.open.as_ref().map(|open| open.report.tasks.columns.as_slice()).unwrap_or_default();
        let joined = self.wraps.join(record, columns);
        if let Some(Joined { text, is_known }) = &joined {
            if *is_known {
                return self.take_rest(text, record);
            }
            return self.take_text(&Record { text, place: record.place.clone(), ..*record }, out);
        }
        self.take_text(record, out);
    }

    fn take_text(&mut self, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        let line = line::classify(record.text);
        let is_plain =
            matches!(line, Line::Other | Line::Trace | Line::Stats(_) | Line::Cpu(_) | Line::TableRow { .. });
        if is_plain && self.is_of_another_task(record) {
            return;
        }
        let columns = self.open.as_ref().map(|open| open.report.tasks.columns.as_slice()).unwrap_or_default();
        self.wraps.remember(&line, record, columns);
        match line {
            Line::Suppressed(count) => {
                self.suppressed = self.suppressed.saturating_add(count);
                out.push(OomEvent::Suppressed(count));
            }
            Line::SysrqAsked => self.sysrq_asked = true,
            Line::Killed(it) => self.take_kill(it, record, out),
            Line::Reaped(process) => self.take_reaped(process, record, out),
            // It follows the kill of the process whose memory it used.
            Line::Sharing(_) => {
                if let Some(newest) = self.held.back_mut() {
                    newest.take(line, record.text);
                    newest.extend_to(&record.place, record.clock);
                }
            }
            Line::Group(_) | Line::Exiting(..) => self.take_member(line, record, out),
            Line::AllocationFailure if self.open.as_ref().is_some_and(|open| !open.is_confirmed()) => {
                self.open = None;
            }
            line => self.take_body(line, record, out),
        }
    }

    /// Hands out everything that is over.
    pub(crate) fn flush(&mut self, out: &mut Vec<OomEvent>) {
        while let Some(draft) = self.held.pop_front() {
            self.hand_out(draft, out);
        }
    }

    /// Hands out everything.
    pub(crate) fn finish(&mut self, out: &mut Vec<OomEvent>) {
        self.close(out);
        self.flush(out);
    }

    /// A line that belongs to the open report, begins another, or is a stranger's.
    fn take_body(&mut self, line: Line<'_>, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        let opens = opens(&line);
        if self.ends_held(&line) {
            if let Some(last) = self.held.back_mut() {
                last.take(line, record.text);
                last.extend_to(&record.place, record.clock);
            }
            return;
        }
        if opens && self.open.as_mut().is_some_and(|open| !open.is_new(record.clock, record.text)) {
            return;
        }
        if opens && self.open.as_ref().is_none_or(|open| !open.can_take(&line)) {
            self.close(out);
            self.open = Some(self.opened(record));
        }
        let Some(open) = &mut self.open else { return };
        let (was_confirmed, is_trace) = (open.is_confirmed(), matches!(line, Line::Trace | Line::Cpu(_)));
        if open.take(line, record.text) {
            if was_confirmed {
                open.count_strangers();
            }
            open.strangers = 0;
            open.extend_to(&record.place, record.clock);
        } else if was_confirmed || is_trace {
            open.strangers += 1;
        } else {
            // What a log begins with is the rest of a report only as long as nothing else comes between.
            let strangers = open.strangers + 1;
            *open = Draft::called_by(None);
            open.strangers = strangers;
        }
        let is_over = open.stage == Stage::End || open.strangers > STRANGERS_MAX;
        if is_over {
            self.close(out);
        }
    }

    /// A panic is told after the report that found nothing to kill.
    fn ends_held(&self, line: &Line<'_>) -> bool {
        let is_end = matches!(line, Line::Panic | Line::SysrqIgnored);
        is_end && self.open.is_none() && self.held.back().is_some_and(|last| last.signs.nothing_to_kill)
    }

    /// The kill ends the open report; without one it is a member of the last report's group, or a kill without a report.
    fn take_kill(&mut self, line: KillLine, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        let pid = line.victim.pid;
        if !self.open.as_ref().is_some_and(|open| open.can_take_victim(&line)) {
            self.close(out);
            if let Some(index) = self.kill_of(pid, line.prefix, record.clock) {
                for bare in self.held.drain(index + 1..).collect::<Vec<Draft>>() {
                    if let Some(base) = self.held.get_mut(index) {
                        base.absorb(bare);
                    }
                }
                if let Some(base) = self.held.get_mut(index) {
                    base.is_group |= base.has_victim(pid);
                    base.take(Line::Killed(line), record.text);
                    base.extend_to(&record.place, record.clock);
                }
                return;
            }
        }
        let mut draft = self.open.take().unwrap_or_else(|| self.opened(record));
        draft.is_bare = !draft.is_confirmed();
        draft.count_strangers();
        draft.take(Line::Killed(line), record.text);
        draft.extend_to(&record.place, record.clock);
        self.hold(draft, out);
    }

    /// Which waiting report a kill belongs to: one whose group is being killed, one that names the process without its kill line,
    /// or one whose victim is told again, which happens in a group alone.
    fn kill_of(&self, pid: u64, prefix: KillPrefix, clock: Option<Clock>) -> Option<usize> {
        let is_near = |draft: &Draft, micros: u64| {
            let distance = draft.clock.zip(clock).and_then(|(a, b)| a.distance(b));
            distance.is_none_or(|distance| distance <= micros)
        };
        let last = self.held.len().checked_sub(1)?;
        let newest = self.held.get(last)?;
        let is_same_kind = newest.signs.kill_prefix.is_none_or(|first| first == prefix);
        let is_member = (newest.is_group || newest.report.oom_group.is_some())
            && is_same_kind
            && is_near(newest, GROUP_MICROS_MAX);
        let is_named = newest.report.victims.is_empty()
            && newest.report.chosen.as_ref().is_some_and(|chosen| chosen.pid == pid)
            && is_near(newest, GAP_MICROS_MAX);
        if is_member || is_named {
            return Some(last);
        }
        let mut index = last;
        loop {
            let draft = self.held.get(index)?;
            if !is_near(draft, SAME_KILL_MICROS_MAX) {
                return None;
            }
            if draft.has_victim(pid) {
                return Some(index);
            }
            if !draft.is_bare {
                return None;
            }
            index = index.checked_sub(1)?;
        }
    }

    /// `Tasks in … are going to be killed` and members that were exiting follow the first kill.
    fn take_member(&mut self, line: Line<'_>, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        let is_waiting = self.open.as_ref().is_none_or(|open| !open.is_confirmed());
        let newest = self.held.back_mut().filter(|_| is_waiting);
        if let Some(newest) = newest {
            self.open = None;
            newest.take(line, record.text);
            newest.extend_to(&record.place, record.clock);
            return;
        }
        let mut draft = self.open.take().unwrap_or_else(|| self.opened(record));
        draft.is_bare = !draft.is_confirmed();
        draft.take(line, record.text);
        draft.extend_to(&record.place, record.clock);
        self.hold(draft, out);
    }

    /// The reaper's line belongs to the report with that victim, else to the last one: its kill line may be lost.
    fn take_reaped(&mut self, process: Process, record: &Record<'_>, out: &mut Vec<OomEvent>) {
        let pid = process.pid;
        let open = self.open.as_mut().filter(|open| open.is_confirmed());
        let index = self.held.iter().rposition(|draft| draft.has_victim(pid));
        let draft = match (index, open) {
            (Some(index), _) => self.held.get_mut(index),
            (None, Some(open)) => Some(open),
            (None, None) => self.held.back_mut(),
        };
        let Some(draft) = draft else {
            out.push(OomEvent::Reaped(process));
            return;
        };
        draft.take(Line::Reaped(process), record.text);
        draft.report.last = if draft.report.last.line < record.place.line {
            record.place.clone()
        } else {
            draft.report.last.clone()
        };
    }

    /// Another task's line in the middle, told by `CONFIG_PRINTK_CALLER`.
    fn is_of_another_task(&self, record: &Record<'_>) -> bool {
        let caller = self.open.as_ref().and_then(|open| open.caller.as_deref());
        caller.zip(record.caller).is_some_and(|(ours, theirs)| ours != theirs)
    }

    /// Gives the rest of a broken line to the report that has its beginning.
    fn take_rest(&mut self, text: &str, record: &Record<'_>) {
        let line = line::classify(text);
        let target = match &line {
            Line::Killed(it) => self.held.iter_mut().rev().find(|draft| draft.has_victim(it.victim.pid)),
            _ => self.open.as_mut(),
        };
        let Some(draft) = target else { return };
        match line {
            Line::TableRow { pid, rest } => draft.complete_row(pid, rest),
            line => drop(draft.take(line, text)),
        }
        draft.extend_to(&record.place, record.clock);
    }

    fn opened(&mut self, record: &Record<'_>) -> Draft {
        let mut draft = Draft::called_by(record.caller);
        draft.report.suppressed_before = std::mem::take(&mut self.suppressed);
        draft.signs.sysrq = std::mem::take(&mut self.sysrq_asked);
        draft
    }

    /// Ends the open report, and drops it when nothing in it was of an OOM.
    fn close(&mut self, out: &mut Vec<OomEvent>) {
        if let Some(draft) = self.open.take().filter(Draft::is_confirmed) {
            self.hold(draft, out);
        }
    }

    fn close_by_time(&mut self, clock: Option<Clock>, out: &mut Vec<OomEvent>) {
        let is_far = |draft: &Draft, micros: u64| {
            draft.clock.zip(clock).and_then(|(a, b)| a.distance(b)).is_some_and(|distance| distance > micros)
        };
        if self.open.as_ref().is_some_and(|open| is_far(open, GAP_MICROS_MAX)) {
            self.close(out);
            self.wraps = Wraps::default();
        }
        while self.held.front().is_some_and(|oldest| is_far(oldest, REAPER_MICROS_MAX)) {
            if let Some(oldest) = self.held.pop_front() {
                self.hand_out(oldest, out);
            }
        }
    }

    fn hold(&mut self, draft: Draft, out: &mut Vec<OomEvent>) {
        self.held.push_back(draft);
        let weight = |held: &VecDeque<Draft>| held.iter().map(Draft::weight).sum::<usize>();
        while self.held.len() > HELD_MAX || (self.held.len() > 1 && weight(&self.held) > HELD_WEIGHT_MAX) {
            if let Some(oldest) = self.held.pop_front() {
                self.hand_out(oldest, out);
            }
        }
    }

    fn hand_out(&self, mut draft: Draft, out: &mut Vec<OomEvent>) {
        draft.report.host.clone_from(&self.host);
        out.push(OomEvent::Report(Box::new(summary::finish(draft))));
    }
}

/// Lines that only an OOM report has, and that may be the first of it that is left.
const fn opens(line: &Line<'_>) -> bool {
    match line {
        Line::Invoked(_)
        | Line::TaskIn(_)
        | Line::Counter(_)
        | Line::StatsStart(_)
        | Line::TasksState
        | Line::TableHeader(_)
        | Line::OomKill(_)
        | Line::Score(..)
        | Line::Panic
        | Line::NothingToKill
        | Line::SysrqIgnored => true,
        Line::Cpuset(_)
        | Line::Cpu(_)
        | Line::Stats(_)
        | Line::Protection(_)
        | Line::MemInfoStart(_)
        | Line::TableRow { .. }
        | Line::Killed(_)
        | Line::Exiting(..)
        | Line::Group(_)
        | Line::Sharing(_)
        | Line::Reaped(_)
        | Line::SysrqAsked
        | Line::Suppressed(_)
        | Line::AllocationFailure
        | Line::Trace
        | Line::Other => false,
    }
}
