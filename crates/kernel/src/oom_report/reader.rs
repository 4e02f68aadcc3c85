//! Reads a log in pieces of any size and hands out the reports in it, in constant memory.

use crate::oom_report::frame::{self, Frame, Speaker, json, kmsg};
use crate::oom_report::joined;
use crate::oom_report::needles::Needles;
use crate::oom_report::other_killer::{self, OtherKill};
use crate::oom_report::report::{OomReport, Place, Process, Timestamp};
use crate::oom_report::session::{Record, Session};
use crate::oom_report::text::head;
use memchr::{memchr, memchr_iter, memrchr};

/// The rest of a longer line is dropped.
const LINE_BYTES_MAX: usize = 1 << 20;
/// The rest of a longer record is dropped: the kernel's are 1 KiB at most (`PRINTKRB_RECORD_MAX`), with escapes four times that.
const RECORD_BYTES_MAX: usize = 8192;
/// Searched at once, so that the processor's cache holds it while the words are looked for.
const BLOCK_BYTES: usize = 1 << 16;
/// Machines that are followed at once. The one that has been silent longest makes room.
const HOSTS_MAX: usize = 32;

/// What a log tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OomEvent {
    /// A report.
    Report(Box<OomReport>),
    /// So many reports were swallowed by the kernel's rate limit; the next report's
    /// [`OomReport::suppressed_before`] says it too.
    Suppressed(u64),
    /// The OOM reaper was done with a process of which no report was seen.
    Reaped(Process),
    /// Somebody else than the kernel's OOM killer ended a process to save memory.
    Other(OtherKill),
}

/// A reader of logs. Give it bytes with [`OomReader::push`], and call [`OomReader::finish`] at the end.
#[derive(Debug)]
pub struct OomReader {
    needles: &'static Needles,
    /// The beginning of a line of which the end has not come yet.
    carry: Vec<u8>,
    /// Whether the line in `carry` is too long and its rest is dropped.
    drops_rest: bool,
    line: u64,
    /// The machines, the one heard last at the end.
    sessions: Vec<Session>,
    events: Vec<OomEvent>,
}

impl Default for OomReader {
    fn default() -> Self {
        Self::new()
    }
}

impl OomReader {
    /// A reader at the beginning of a log.
    #[must_use]
    pub fn new() -> Self {
        let sessions = vec![Session::new(None)];
        Self {
            needles: Needles::all(),
            carry: Vec::new(),
            drops_rest: false,
            line: 0,
            sessions,
            events: Vec::new(),
        }
    }

    /// Takes the next bytes of the log, cut anywhere, and hands out what has become certain.
    pub fn push(&mut self, bytes: &[u8], out: &mut impl FnMut(OomEvent)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (block, after) = rest.split_at(rest.len().min(BLOCK_BYTES));
            self.push_block(block);
            rest = after;
            self.events.drain(..).for_each(&mut *out);
        }
    }

    /// Hands out the reports that have their kill line, without waiting for the OOM reaper or for more of a group.
    /// For a live log: call it when the log has been quiet for a moment.
    pub fn flush(&mut self, out: &mut impl FnMut(OomEvent)) {
        for session in &mut self.sessions {
            session.flush(&mut self.events);
        }
        self.events.drain(..).for_each(out);
    }

    /// Ends the log and hands out the rest, unfinished reports too. The reader is then at the beginning of another log.
    pub fn finish(&mut self, out: &mut impl FnMut(OomEvent)) {
        let carry = std::mem::take(&mut self.carry);
        if !carry.is_empty() {
            self.take_carried(&carry);
        }
        for session in &mut self.sessions {
            session.finish(&mut self.events);
        }
        self.events.drain(..).for_each(out);
        *self = Self::new();
    }

    /// Whole lines are searched together; what stands behind the last new line waits for more.
    fn push_block(&mut self, block: &[u8]) {
        let Some(first) = memchr(b'\n', block) else { return self.keep(block) };
        let mut from = 0;
        if !self.carry.is_empty() || self.drops_rest {
            self.keep(block.get(..first).unwrap_or_default());
            let carry = std::mem::take(&mut self.carry);
            self.drops_rest = false;
            self.take_carried(&carry);
            from = first + 1;
        }
        let end = memrchr(b'\n', block).map_or(from, |at| at + 1).max(from);
        self.search(block.get(from..end).unwrap_or_default());
        self.keep(block.get(end..).unwrap_or_default());
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES_MAX.saturating_sub(self.carry.len()).min(bytes.len());
        self.carry.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.drops_rest |= room < bytes.len();
    }

    /// A line that came in pieces is treated like those that are searched together.
    fn take_carried(&mut self, line: &[u8]) {
        if self.is_attentive() || self.needles.are_in(line) {
            self.take_line(line);
        } else {
            self.line += 1;
        }
    }

    /// Goes from word to word while no report is open, and from line to line while one is.
    fn search(&mut self, block: &[u8]) {
        let mut search = None;
        let mut at = 0;
        while at < block.len() {
            if !self.is_attentive() {
                let search = search.get_or_insert_with(|| self.needles.search(block));
                let Some(hit) = self.needles.next(search, at) else { break };
                let skipped = block.get(at..hit).unwrap_or_default();
                let start = memrchr(b'\n', skipped).map_or(at, |newline| at + newline + 1);
                self.line += memchr_iter(b'\n', skipped).count() as u64;
                at = start;
            }
            let rest = block.get(at..).unwrap_or_default();
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            self.take_line(rest.get(..end).unwrap_or_default());
            at += end + 1;
        }
        self.line += memchr_iter(b'\n', block.get(at..).unwrap_or_default()).count() as u64;
    }

    fn is_attentive(&self) -> bool {
        self.sessions.iter().any(|session| session.is_attentive(self.line))
    }

    /// One line as it stands in the log.
    fn take_line(&mut self, bytes: &[u8]) {
        self.line += 1;
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_matches(['\0', '\r', '\n']);
        if (self.line == 1 && text.starts_with('#')) || kmsg::is_property(text) {
            return;
        }
        let text = kmsg::without_colours(text);
        if let Some(wrapped) = json::read(&text) {
            let outer = Outer {
                host: wrapped.host.as_deref(),
                timestamp: wrapped
                    .realtime
                    .map(Timestamp::Unix)
                    .or_else(|| wrapped.boot.map(Timestamp::Uptime)),
                uptime: wrapped.boot,
                program: wrapped.program.as_deref(),
            };
            wrapped.message.lines().for_each(|line| self.take_framed(line, &outer));
            return;
        }
        match joined::split(&text) {
            Some(parts) => parts.into_iter().for_each(|part| self.take_framed(part, &Outer::default())),
            None => self.take_framed(&text, &Outer::default()),
        }
    }

    /// One line of the kernel or of a program, with its frame.
    fn take_framed(&mut self, line: &str, outer: &Outer<'_>) {
        let mut frame = frame::read(line);
        outer.complete(&mut frame);
        if let Speaker::Program(program) = frame.speaker {
            self.events.extend(other_killer::read(program, frame.text).map(OomEvent::Other));
            return;
        }
        let place = Place {
            line: self.line,
            timestamp: frame.timestamp.take(),
            uptime: frame.uptime,
            sequence: frame.sequence,
        };
        let text = if frame.sequence.is_some() {
            kmsg::decode_record(frame.text)
        } else {
            kmsg::decode_syslog(frame.text)
        };
        let index = self.session_of(&frame);
        let Some(session) = self.sessions.get_mut(index) else { return };
        for text in text.lines() {
            let text = head(text, RECORD_BYTES_MAX).trim_matches(|it: char| it.is_whitespace() || it == '\0');
            let record = Record {
                place: place.clone(),
                clock: frame.clock,
                caller: frame.caller,
                is_framed: frame.is_framed,
                is_fragment: frame.is_fragment,
                text,
            };
            if !text.is_empty() {
                session.take(&record, &mut self.events);
            }
        }
    }

    /// The machine of a line; a line without a frame is of the one heard last.
    fn session_of(&mut self, frame: &Frame<'_>) -> usize {
        let newest = self.sessions.len().saturating_sub(1);
        if frame.host.is_none() && !frame.is_framed {
            return newest;
        }
        if self.sessions.get(newest).is_some_and(|session| session.host.as_deref() == frame.host) {
            return newest;
        }
        let known = self.sessions.iter().position(|session| session.host.as_deref() == frame.host);
        let session = match known {
            Some(index) => self.sessions.remove(index),
            None => Session::new(frame.host),
        };
        self.sessions.push(session);
        if self.sessions.len() > HOSTS_MAX {
            self.sessions.remove(0).finish(&mut self.events);
        }
        self.sessions.len() - 1
    }
}

/// What the wrapper of a line knows.
#[derive(Default)]
struct Outer<'a> {
    host: Option<&'a str>,
    timestamp: Option<Timestamp>,
    uptime: Option<u64>,
    program: Option<&'a str>,
}

impl<'a> Outer<'a> {
    fn complete(&self, frame: &mut Frame<'a>) {
        if let Some(program) = self.program {
            frame.speaker = Speaker::Program(program);
        }
        frame.host = frame.host.or(self.host);
        frame.is_framed |= self.host.is_some() || self.timestamp.is_some();
        let clock = match &self.timestamp {
            Some(Timestamp::Unix(micros)) => Some(frame::stamp::Clock::Unix(*micros)),
            Some(Timestamp::Uptime(micros)) => Some(frame::stamp::Clock::Uptime(*micros)),
            Some(Timestamp::Printed(_)) | None => None,
        };
        frame.timestamp = self.timestamp.clone().or_else(|| frame.timestamp.take());
        frame.clock = clock.or(frame.clock);
        frame.uptime = frame.uptime.or(self.uptime);
    }
}
