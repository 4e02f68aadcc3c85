//! Everything above in one place: the machine as one snapshot, once or again and again.

pub mod join;
pub mod node;

use crate::cgroup::descriptors;
use crate::cgroup::figures::{file_path, unread};
use crate::cgroup::files::CgroupFiles;
use crate::cgroup::hierarchy;
use crate::cgroup::tree;
use crate::cgroup::watch::{CgroupChange, CgroupWatch};
use crate::host_root::{HostRoot, reason};
use crate::proc;
use join::Witnesses;
use kernel::bytes::Bytes;
use kernel::cgroup_path::identify;
use kernel::hierarchy::{CgroupVersion, Hierarchy};
use kernel::memory_stat::StatLayout;
use model::cgroup::{Cgroup, CgroupId, CgroupIndex};
use model::reading::Reading;
use model::snapshot::{Missing, Snapshot};
use node::{Node, Refresh};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What an administrator changes (zram, zswap, swappiness, watermarks) is read again every so many scans.
const HOST_SCANS: usize = 10;

/// Which cgroups a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Containers and every cgroup above one; everything where there is no container.
    Containers,
    /// Every cgroup.
    Everything,
}

/// Whether the same collector will be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// One scan: nothing is kept open or watched.
    Once,
    /// Many scans: up to three files a cgroup are kept open, limits and new cgroups come by inotify.
    Repeatedly,
}

/// What a notification told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A limit or a counter moved: a scan reads it.
    FilesMoved,
    /// At most cgroups came and went, which are taken in already.
    NothingToRead,
}

/// Takes snapshots of one machine.
pub struct Collector {
    root: HostRoot,
    found: Found,
    scope: Scope,
    nodes: Vec<Node>,
    places: HashMap<String, usize>,
    snapshot: Snapshot,
    watch: Option<CgroupWatch>,
    /// Cgroups that came or went since the last scan.
    heard: Vec<CgroupChange>,
    layout: Option<Arc<StatLayout>>,
    witnesses: Witnesses,
    standing: Vec<Missing>,
    descriptors_left: usize,
    scans: usize,
    oom_kills_host: Option<u64>,
    somebody_was_killed: bool,
    joined: Joined,
    comings_and_goings: u64,
}

/// Whether every cgroup of the snapshot carries what the witnesses said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    /// A cgroup has come since.
    NotYet,
    /// All do.
    All,
}

/// The memory hierarchy, opened, or why there is none.
struct Found {
    hierarchy: Hierarchy,
    version: Option<CgroupVersion>,
    files: Result<CgroupFiles, String>,
}

impl Collector {
    /// Looks for the memory hierarchy and every cgroup in it. What is missing is said in the snapshot, not here.
    #[must_use]
    pub fn new(root: HostRoot, scope: Scope, habit: Habit) -> Self {
        let mut collector = Self::empty(root, scope);
        if habit == Habit::Repeatedly {
            collector.descriptors_left = descriptors::budget();
            collector.watch = CgroupWatch::new().ok();
        }
        collector.stop_if_missing();
        collector.discover();
        collector
    }

    fn empty(root: HostRoot, scope: Scope) -> Self {
        let found = find(&root);
        let snapshot = Snapshot {
            taken_at: proc::wall_clock(),
            uptime: proc::uptime(&root),
            host: proc::host(&root),
            cgroups: Vec::new(),
            missing: Vec::new(),
        };
        Self {
            root,
            found,
            scope,
            nodes: Vec::new(),
            places: HashMap::new(),
            snapshot,
            watch: None,
            heard: Vec::new(),
            layout: None,
            witnesses: Witnesses::default(),
            standing: Vec::new(),
            descriptors_left: 0,
            scans: 0,
            oom_kills_host: None,
            somebody_was_killed: false,
            joined: Joined::NotYet,
            comings_and_goings: 0,
        }
    }

    fn stop_if_missing(&mut self) {
        if let Err(why) = &self.found.files {
            self.standing.push(Missing { what: "every cgroup".to_owned(), why: why.clone() });
        }
    }

    /// Looks at one cgroup and those above it only, once: what a process needs to know about itself. It stands last.
    #[must_use]
    pub fn along(root: HostRoot, path: &str) -> Self {
        let mut collector = Self::empty(root, Scope::Everything);
        collector.stop_if_missing();
        let mut level = "/".to_owned();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let below = file_path(&level, name);
            collector.enter(level);
            level = below;
        }
        collector.enter(level);
        collector
    }

    /// Reads everything that may have moved and gives the machine as it is now.
    pub fn scan(&mut self) -> &Snapshot {
        self.scans += 1;
        self.snapshot.taken_at = proc::wall_clock();
        self.snapshot.uptime = proc::uptime(&self.root);
        if self.scans.is_multiple_of(HOST_SCANS) {
            self.snapshot.host = proc::host(&self.root);
        } else if self.scans > 1 {
            proc::refresh(&self.root, &mut self.snapshot.host);
        }
        let version = self.found.version;
        self.snapshot.host.cgroup_version = version.into();
        self.snapshot.host.layout = self.found.hierarchy.layout.into();
        self.notice_changes();
        self.refresh_all();
        if self.joined == Joined::NotYet {
            self.join();
        }
        &self.snapshot
    }

    /// The last snapshot, as it is.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Rises whenever a cgroup came or went.
    #[must_use]
    pub const fn comings_and_goings(&self) -> u64 {
        self.comings_and_goings
    }

    /// The last snapshot, kept.
    #[must_use]
    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// Takes what Docker and systemd said, to be joined at the next scan.
    pub fn hear(&mut self, mut witnesses: Witnesses) {
        witnesses.recall(&mut self.witnesses, &self.snapshot.cgroups);
        self.witnesses = witnesses;
        self.join();
    }

    fn join(&mut self) {
        self.witnesses.join(&mut self.snapshot.cgroups);
        self.snapshot.missing = self.standing.iter().chain(&self.witnesses.missing).cloned().collect();
        self.joined = Joined::All;
    }

    /// What to poll between two scans: readable when a limit was written, a counter moved, or a cgroup came or went.
    #[must_use]
    pub fn notification(&self) -> Option<BorrowedFd<'_>> {
        self.watch.as_ref().map(CgroupWatch::descriptor)
    }

    /// Takes what was notified without a scan: cgroups that came are read and watched, those that went are let go.
    pub fn hear_notification(&mut self) -> Heard {
        let changes = self.watch.as_mut().map(CgroupWatch::changes).unwrap_or_default();
        let is_of_files =
            |change: &CgroupChange| matches!(change, CgroupChange::File { .. } | CgroupChange::Overflow);
        let heard = if changes.iter().any(is_of_files) { Heard::FilesMoved } else { Heard::NothingToRead };
        self.notice_files(changes);
        self.notice_comings_and_goings();
        self.refresh_those(Node::is_unread);
        if self.joined == Joined::NotYet {
            self.join();
        }
        heard
    }

    /// The machine's count of kills at the last scan.
    #[must_use]
    pub const fn oom_kills_host(&self) -> Option<u64> {
        self.oom_kills_host
    }

    /// Reads every counter at the next scan, whether or not anything says that it moved.
    pub fn read_counters_next(&mut self) {
        self.nodes.iter_mut().for_each(Node::want_counters);
    }

    /// Keeps no more files open than this, counted with those that are: each pins kernel memory.
    pub fn keep_at_most(&mut self, files: usize) {
        self.descriptors_left = self.descriptors_left.min(files.saturating_sub(self.descriptors_kept()));
    }

    /// How many files are kept open.
    #[must_use]
    pub fn descriptors_kept(&self) -> usize {
        self.nodes.iter().map(Node::descriptors_kept).sum()
    }

    fn discover(&mut self) {
        let missing = self.enter_below("/");
        self.standing.extend(missing);
    }

    /// Takes a cgroup in. One that went since it was listed leaves no place behind, so its parent is looked up by path.
    fn enter(&mut self, path: String) {
        let (Some(version), Ok(files)) = (self.found.version, &self.found.files) else { return };
        let parent = parent_path(&path).map(|parent| self.places.get(parent).copied());
        if parent == Some(None) || self.places.contains_key(&path) {
            return;
        }
        let Some(inode) = files.inode(&path) else { return };
        if let Some(watch) = &mut self.watch {
            match watch.add(files.folder(), &path) {
                Ok(()) => {}
                // It went between the two calls: that is no reason to stop watching all others.
                Err(Errno::NOENT) => return,
                Err(_) => self.stop_watching(),
            }
        }
        let (memory, swap, events) = unread(version);
        self.joined = Joined::NotYet;
        self.comings_and_goings += 1;
        self.places.insert(path.clone(), self.nodes.len());
        self.nodes.push(Node::default());
        self.snapshot.cgroups.push(Cgroup {
            identity: identify(&path),
            path,
            id: CgroupId(inode),
            parent: parent.flatten().map(CgroupIndex),
            container: None,
            pod_name: None,
            unit: Reading::Absent,
            memory,
            swap,
            stat: Reading::Absent,
            events,
            pressure: Reading::Absent,
            rates: None,
        });
    }

    /// Without watches every scan walks the tree and reads every limit: slower, never wrong.
    fn stop_watching(&mut self) {
        self.watch = None;
        for node in &mut self.nodes {
            node.forget();
        }
    }

    fn notice_changes(&mut self) {
        if self.scans == 1 {
            return;
        }
        let changes = match &mut self.watch {
            Some(watch) => watch.changes(),
            None => vec![CgroupChange::Overflow],
        };
        self.notice_files(changes);
        self.notice_comings_and_goings();
    }

    fn notice_comings_and_goings(&mut self) {
        if self.heard.is_empty() {
            return;
        }
        let mut gone = HashSet::new();
        for change in std::mem::take(&mut self.heard) {
            match change {
                CgroupChange::File { .. } => {}
                CgroupChange::Made(path) => {
                    // A path that is used again belongs to another cgroup.
                    self.leave(&HashSet::from([path.clone()]));
                    self.enter_below(&path);
                }
                CgroupChange::Gone(path) => {
                    gone.insert(path);
                }
                CgroupChange::Overflow => self.look_again(),
            }
        }
        let still_there = |path: &String| {
            let known = self.places.get(path).and_then(|index| self.snapshot.cgroups.get(*index));
            known.map(|cgroup| cgroup.id.0) == self.inode(path)
        };
        gone.retain(|path| !still_there(path));
        self.leave(&gone);
    }

    /// Notes which files are to be read; cgroups that came or went are for the scan.
    fn notice_files(&mut self, changes: Vec<CgroupChange>) {
        for change in changes {
            match change {
                CgroupChange::File { cgroup, file } => {
                    if let Some(node) = self.places.get(&cgroup).and_then(|index| self.nodes.get_mut(*index))
                    {
                        node.notice(&file);
                    }
                }
                CgroupChange::Made(_) | CgroupChange::Gone(_) | CgroupChange::Overflow => {
                    self.heard.push(change);
                }
            }
        }
    }

    fn inode(&self, path: &str) -> Option<u64> {
        self.found.files.as_ref().ok().and_then(|files| files.inode(path))
    }

    /// Takes in a cgroup and what is below it. One made after its parent was listed and before that was watched tells
    /// nobody, so where there are watches the tree is listed again once they stand.
    fn enter_below(&mut self, path: &str) -> Vec<Missing> {
        let looks = if self.watch.is_some() { 2 } else { 1 };
        let mut missing = Vec::new();
        for _ in 0..looks {
            let Ok(files) = &self.found.files else { break };
            let (mut places, unlisted) = tree::walk(files, path);
            if self.scope == Scope::Containers {
                places = tree::containers_and_above(places);
            }
            for place in places {
                self.enter(place.path);
            }
            missing = unlisted;
        }
        missing
    }

    /// Walks the whole tree again and compares.
    fn look_again(&mut self) {
        let Ok(files) = &self.found.files else { return };
        let (mut places, _) = tree::walk(files, "/");
        if self.scope == Scope::Containers {
            places = tree::containers_and_above(places);
        }
        let found: HashMap<&str, Option<u64>> =
            places.iter().map(|place| (place.path.as_str(), files.inode(&place.path))).collect();
        let gone: HashSet<String> = self
            .snapshot
            .cgroups
            .iter()
            .filter(|cgroup| found.get(cgroup.path.as_str()).copied().flatten() != Some(cgroup.id.0))
            .map(|cgroup| cgroup.path.clone())
            .collect();
        let paths: Vec<String> = places.into_iter().map(|place| place.path).collect();
        self.leave(&gone);
        for path in paths.into_iter().filter(|path| path != "/") {
            if !self.places.contains_key(&path) {
                self.enter_below(&path);
            }
        }
        for node in &mut self.nodes {
            node.forget();
        }
    }

    /// Removes cgroups and everything below them; what stays keeps its order.
    fn leave(&mut self, gone: &HashSet<String>) {
        let is_known = gone.iter().any(|path| self.places.contains_key(path));
        if !is_known {
            return;
        }
        self.comings_and_goings += 1;
        let mut new_index: Vec<Option<usize>> = Vec::with_capacity(self.nodes.len());
        let mut stay = 0;
        for (cgroup, node) in self.snapshot.cgroups.iter_mut().zip(&self.nodes) {
            let parent = cgroup.parent.map(|parent| new_index.get(parent.0).copied().flatten());
            if gone.contains(&cgroup.path) || parent == Some(None) {
                new_index.push(None);
                self.places.remove(&cgroup.path);
                self.descriptors_left += node.descriptors_kept();
                if let Some(watch) = &mut self.watch {
                    watch.forget(&cgroup.path);
                }
                continue;
            }
            cgroup.parent = parent.flatten().map(CgroupIndex);
            if let Some(place) = self.places.get_mut(&cgroup.path) {
                *place = stay;
            }
            new_index.push(Some(stay));
            stay += 1;
        }
        let mut stays = new_index.iter();
        self.snapshot.cgroups.retain(|_| stays.next().is_some_and(Option::is_some));
        let mut stays = new_index.iter();
        self.nodes.retain(|_| stays.next().is_some_and(Option::is_some));
    }

    fn refresh_all(&mut self) {
        let kills = self.snapshot.host.vmstat.value().and_then(|vmstat| vmstat.get("oom_kill"));
        self.somebody_was_killed = self.oom_kills_host.is_some() && kills != self.oom_kills_host;
        self.oom_kills_host = kills;
        self.refresh_those(|_| true);
    }

    fn refresh_those(&mut self, are_meant: impl Fn(&Node) -> bool) {
        let Ok(files) = &mut self.found.files else { return };
        let mut refresh = Refresh {
            files,
            layout: &mut self.layout,
            descriptors_left: &mut self.descriptors_left,
            uptime: self.snapshot.uptime,
            scan: self.scans,
            somebody_was_killed: self.somebody_was_killed,
            is_watched: self.watch.is_some(),
            has_swap: self.snapshot.host.swap_total().get() != Some(Bytes::ZERO),
        };
        let mut vanished = HashSet::new();
        for (index, (node, cgroup)) in self.nodes.iter_mut().zip(&mut self.snapshot.cgroups).enumerate() {
            if !are_meant(node) {
                continue;
            }
            if refresh.refresh(index, node, cgroup) == node::Presence::Gone {
                vanished.insert(cgroup.path.clone());
            }
        }
        self.leave(&vanished);
    }
}

/// The cgroup above; `None` for the root of the hierarchy.
fn parent_path(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (parent, _) => Some(parent),
    }
}

fn find(root: &HostRoot) -> Found {
    let found = hierarchy::find(root);
    let files = found.memory.as_ref().map_err(Clone::clone).and_then(|mount| {
        CgroupFiles::open(&mount.folder)
            .map_err(|error| format!("{}: {}", mount.folder.display(), reason(&error)))
    });
    let version = found.memory.as_ref().ok().map(|mount| mount.hierarchy.version);
    Found { hierarchy: found.hierarchy, version, files }
}
