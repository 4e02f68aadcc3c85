//! The words by which lines of OOM reports are found in a log that is about other things.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Each line that can open a report, or that counts while none is open, holds one of these.
const WORDS: [&[u8]; 19] = [
    b"oom-kill",
    b"_adj name",
    b"oom_kill_process: ",
    b"reaped process ",
    b"Killed process ",
    b"ill process ",
    b"d as a result of limit of",
    b"ry: usage ",
    b"emory cgroup ",
    b"emory.oom.group",
    b"OOM ",
    b"Tasks state (",
    // A mail breaks lines behind these; the first ends with `BROKEN_LINE_END`.
    b" invoked\n",
    b"Tasks in",
    b"ut of memory",
    b"locked on memory",
    // Programs, and messages that `journalctl -o json` writes as an array of bytes.
    b"oomd[",
    b"lyoom[",
    b"MESSAGE\":[",
];

/// The end of a line that a mail broke before `oom-killer`.
const BROKEN_LINE_END: &[u8] = b" invoked";

/// Made once: preparing the search for all words costs as much as reading some lines.
static NEEDLES: LazyLock<Needles> =
    LazyLock::new(|| Needles { finders: WORDS.iter().map(|word| Finder::new(*word)).collect() });

/// Finds the next word in a block.
#[derive(Debug)]
pub(crate) struct Needles {
    finders: Vec<Finder<'static>>,
}

/// Where each word comes next in one block, so that no part of the block is searched twice for the same word.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    block: &'a [u8],
    next: [usize; WORDS.len()],
}

impl Needles {
    pub(crate) fn all() -> &'static Self {
        &NEEDLES
    }

    /// Starts at the beginning of a block.
    pub(crate) fn search<'a>(&self, block: &'a [u8]) -> Search<'a> {
        let mut search = Search { block, next: [0; WORDS.len()] };
        for (next, finder) in search.next.iter_mut().zip(&self.finders) {
            *next = finder.find(block).unwrap_or(block.len());
        }
        search
    }

    /// Whether a line without its new line has one of the words.
    pub(crate) fn are_in(&self, line: &[u8]) -> bool {
        line.ends_with(BROKEN_LINE_END) || self.finders.iter().any(|finder| finder.find(line).is_some())
    }

    /// The place of the first word at or behind `from`.
    pub(crate) fn next(&self, search: &mut Search<'_>, from: usize) -> Option<usize> {
        let Search { block, next } = search;
        for (next, finder) in next.iter_mut().zip(&self.finders).filter(|(next, _)| **next < from) {
            let rest = block.get(from..).unwrap_or_default();
            *next = finder.find(rest).map_or(block.len(), |at| from + at);
        }
        next.iter().copied().min().filter(|at| *at < block.len())
    }
}
