//! One cgroup read again and again: what is kept between two scans, and what is worth reading now.

use super::super::cgroup::figures::{
    file_path, kept_files, parse_stat, read_events, read_limits, read_peak, read_pressure, read_slow,
};
use crate::cgroup::files::CgroupFiles;
use crate::cgroup::rates::Counters;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::memory_stat::StatLayout;
use kernel::parse_error::ParseError;
use kernel::scalar;
use model::cgroup::{Cgroup, Swap};
use model::rates::Rates;
use model::reading::Reading;
use rustix::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// A quiet cgroup's `memory.stat` is read again after this long: its counters can move while its usage stands still.
const STAT_AGE_MAX: Duration = Duration::from_secs(10);

/// Peaks and v1's counters are read every so many scans, each cgroup at another one, when something moved.
const SLOW_SCANS: usize = 10;

/// At the limit usage stands still while pages are thrown out and read back: there nothing counts as quiet.
const NEAR_LIMIT_RATIO: f64 = 0.9;

/// Where the three files stand that may be kept open.
const USAGE: usize = 0;
const SWAP_SIDE: usize = 1;
const STAT: usize = 2;

/// What is kept of one cgroup between two scans.
#[derive(Default)]
pub struct Node {
    kept: [Option<OwnedFd>; 3],
    paths: [String; 3],
    stat_read_at: Option<Duration>,
    peak_read_at: Option<Duration>,
    counters: Option<Counters>,
    wanted: Wanted,
}

/// What has to be read at the next scan because something said that it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    limits: bool,
    events: bool,
    slow: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { limits: true, events: true, slow: true }
    }
}

/// Whether a cgroup is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its files can be read.
    There,
    /// It was removed.
    Gone,
}

impl Node {
    /// How many of its files are open.
    #[must_use]
    pub fn descriptors_kept(&self) -> usize {
        self.kept.iter().flatten().count()
    }

    /// Whether it has never been read.
    #[must_use]
    pub const fn is_unread(&self) -> bool {
        self.paths[0].is_empty()
    }

    /// Reads everything at the next scan.
    pub fn forget(&mut self) {
        self.wanted = Wanted::default();
        self.stat_read_at = None;
        self.peak_read_at = None;
    }

    /// Reads every counter at the next scan.
    pub const fn want_counters(&mut self) {
        self.wanted.events = true;
        self.wanted.slow = true;
    }

    /// Notes that a file was written or notified.
    pub fn notice(&mut self, file: &str) {
        match file {
            "memory.events" | "memory.events.local" | "memory.swap.events" => self.wanted.events = true,
            _ => self.wanted.limits = true,
        }
    }
}

/// One scan's way through the cgroups.
pub struct Refresh<'a> {
    /// The hierarchy's files.
    pub files: &'a mut CgroupFiles,
    /// The keys of `memory.stat`, shared by all cgroups.
    pub layout: &'a mut Option<Arc<StatLayout>>,
    /// How many more files may be kept open.
    pub descriptors_left: &'a mut usize,
    /// Now.
    pub uptime: Duration,
    /// The number of this scan, from 1.
    pub scan: usize,
    /// The machine's `oom_kill` counter moved since the scan before.
    pub somebody_was_killed: bool,
    /// Whether limits and events announce themselves.
    pub is_watched: bool,
    /// Whether the machine has anywhere to swap to; unknown counts as yes.
    pub has_swap: bool,
}

impl Refresh<'_> {
    /// Brings one cgroup up to date.
    pub fn refresh(&mut self, index: usize, node: &mut Node, cgroup: &mut Cgroup) -> Presence {
        if node.is_unread() {
            self.prepare(node, cgroup);
        }
        let before = cgroup.memory.usage.get();
        cgroup.memory.usage = self.read_kept(node, USAGE, scalar::parse_bytes);
        if cgroup.memory.usage == Reading::Absent {
            if self.files.inode(&cgroup.path) != Some(cgroup.id.0) {
                return Presence::Gone;
            }
            if before.is_some() {
                // The memory controller was taken from the cgroup, and perhaps given back: its files are others now.
                *self.descriptors_left += node.descriptors_kept();
                *node = Node::default();
                self.prepare(node, cgroup);
                cgroup.memory.usage = self.read_kept(node, USAGE, scalar::parse_bytes);
            }
        } else if before.is_none() {
            node.forget();
        }
        let has_moved = before.is_none() || before != cgroup.memory.usage.get();
        self.read_what_moved(index, node, cgroup, has_moved);
        Presence::There
    }

    fn prepare(&mut self, node: &mut Node, cgroup: &Cgroup) {
        node.paths = kept_files(cgroup.version()).map(|file| file_path(&cgroup.path, file));
        self.keep(node, USAGE);
    }

    /// Keeps a file open from now on, while there is room: each pins four KiB of the kernel's memory.
    fn keep(&mut self, node: &mut Node, which: usize) {
        let (Some(kept @ None), Some(path)) = (node.kept.get_mut(which), node.paths.get(which)) else {
            return;
        };
        if *self.descriptors_left > 0
            && let Ok(file) = self.files.keep(path)
        {
            *kept = Some(file);
            *self.descriptors_left -= 1;
        }
    }

    fn read_what_moved(&mut self, index: usize, node: &mut Node, cgroup: &mut Cgroup, has_moved: bool) {
        // v1's `memory.stat` repeats limits, those out of sight among them.
        let is_written = std::mem::take(&mut node.wanted.limits);
        if is_written || !self.is_watched {
            read_limits(self.files, cgroup);
        }
        let is_old = |read_at: &Option<Duration>| {
            read_at.is_none_or(|at| self.uptime.saturating_sub(at) >= STAT_AGE_MAX)
        };
        let is_turn = (self.scan + index).is_multiple_of(SLOW_SCANS);
        let is_slow_due = node.wanted.slow || is_turn || self.somebody_was_killed;
        if is_slow_due || is_old(&node.peak_read_at) {
            // Between two looks that see the same usage it may have been another.
            read_peak(self.files, cgroup);
            node.peak_read_at = Some(self.uptime);
        }
        let is_old = is_old(&node.stat_read_at);
        let is_eventful = node.wanted.events || self.somebody_was_killed;
        let is_known_to_move = has_moved || is_written || is_eventful || is_near_limit(cgroup);
        if !(is_known_to_move || is_old) {
            cgroup.rates = Some(quiet(node, self.uptime));
            return;
        }
        let read_at = node.stat_read_at;
        let is_first = read_at.is_none();
        if has_moved && !is_first {
            // What has moved once will move again. What stands still is read so rarely that it is not worth the memory.
            self.keep(node, STAT);
        }
        self.read_stat(node, cgroup);
        let follows = !is_first && self.follow_swap_side(cgroup);
        if has_moved && !is_first && !follows {
            self.keep(node, SWAP_SIDE);
        }
        if is_turn || !follows {
            self.read_swap_side(node, cgroup);
        }
        read_pressure(self.files, cgroup);
        if is_eventful || !self.is_watched {
            read_events(self.files, cgroup);
            node.wanted.events = false;
        }
        if is_slow_due {
            read_slow(self.files, cgroup);
            node.wanted.slow = false;
        }
        if let (Some(before), Some(read_at), false) = (&mut node.counters, read_at, is_known_to_move) {
            // Read for its age alone: what moved may have done so at any time since.
            before.move_to(read_at);
        }
        let counters = Counters::of(cgroup, self.uptime);
        #[allow(clippy::cast_precision_loss)]
        let page_bytes = rustix::param::page_size() as f64;
        cgroup.rates = node.counters.as_ref().map(|before| counters.since(before, page_bytes));
        node.counters = Some(counters);
    }

    /// What the figure beside usage has to be where nothing is swapped, without reading it; `false` where it has to be read.
    ///
    /// v1 charges memory and swap to both counters and takes only swapped pages from the first (`mm/memcontrol-v1.c`), so with
    /// `total_swap 0` both are the same. On v2 there is no swap without a swap area.
    fn follow_swap_side(&self, cgroup: &mut Cgroup) -> bool {
        let swapped = cgroup.stat_total("swap").get();
        match &mut cgroup.swap {
            Swap::V1(swap) if swap.combined_usage.get().is_some() && swapped == Some(0) => {
                swap.combined_usage = cgroup.memory.usage.clone();
                true
            }
            Swap::V2(swap) => !self.has_swap && swap.usage == Reading::Value(Bytes::ZERO),
            Swap::V1(_) => false,
        }
    }

    /// The figure beside usage that tells swap: swap itself on v2, memory and swap together on v1. Pages that go to swap or
    /// come back move usage, so where usage stands still this does too; at the limit, where it need not, all is read.
    fn read_swap_side(&mut self, node: &Node, cgroup: &mut Cgroup) {
        let used = self.read_kept(node, SWAP_SIDE, scalar::parse_bytes);
        match &mut cgroup.swap {
            Swap::V2(swap) => swap.usage = used,
            Swap::V1(swap) => swap.combined_usage = used,
        }
    }

    fn read_stat(&mut self, node: &mut Node, cgroup: &mut Cgroup) {
        let stat = &mut cgroup.stat;
        let layout = self.layout.as_ref();
        let mut parsed = std::mem::take(stat);
        let read = match (&node.kept[STAT], &node.paths[STAT]) {
            (Some(file), path) => {
                self.files.read_kept(file, path, |text| parse_stat(text, &mut parsed, layout))
            }
            (None, path) => self.files.read(path, |text| parse_stat(text, &mut parsed, layout)),
        };
        *stat = read.and_then(|()| parsed);
        if let Reading::Value(stat) = stat
            && self.layout.is_none()
        {
            *self.layout = Some(Arc::clone(stat.layout()));
        }
        node.stat_read_at = Some(self.uptime);
    }

    fn read_kept<T>(
        &mut self,
        node: &Node,
        which: usize,
        parse: impl FnOnce(&str) -> Result<T, ParseError>,
    ) -> Reading<T> {
        let Some(path) = node.paths.get(which) else { return Reading::Absent };
        match node.kept.get(which) {
            Some(Some(file)) => self.files.read_kept(file, path, parse),
            Some(None) | None => self.files.read(path, parse),
        }
    }
}

fn is_near_limit(cgroup: &Cgroup) -> bool {
    let lowest = [&cgroup.memory.limit, &cgroup.memory.high].into_iter().filter_map(Reading::get).min();
    let ratio =
        lowest.and_then(Limit::bytes).zip(cgroup.memory.usage.get()).and_then(|(at, used)| used.ratio_of(at));
    ratio.is_some_and(|ratio| ratio >= NEAR_LIMIT_RATIO)
}

/// Nothing moved since the counters were read.
fn quiet(node: &mut Node, now: Duration) -> Rates {
    let Some(counters) = &node.counters else { return Rates::default() };
    let mut later = counters.clone();
    later.move_to(now);
    let rates = later.since(counters, 0.0);
    node.counters = Some(later);
    rates
}
