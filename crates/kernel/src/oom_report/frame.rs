//! What programs put around a line of the kernel: times, hosts, priorities, quotes. Each is taken off from the left until none is left.

pub(crate) mod json;
pub(crate) mod kmsg;
pub(crate) mod stamp;

use crate::oom_report::frame::stamp::{Clock, Stamp};
use crate::oom_report::printed_date;
use crate::oom_report::report::Timestamp;
use crate::oom_report::text::{head, is_digits};

/// More layers than any log has.
const LAYERS_MAX: usize = 8;

/// An unknown frame ends within this many bytes.
const UNKNOWN_FRAME_BYTES_MAX: usize = 160;

/// Who speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Speaker<'a> {
    /// The kernel, as the line says or because nothing says otherwise.
    #[default]
    Kernel,
    /// The program of that name.
    Program(&'a str),
}

/// A line without its frame.
#[derive(Debug, Default)]
pub(crate) struct Frame<'a> {
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) clock: Option<Clock>,
    /// The kernel's own time, in microseconds.
    pub(crate) uptime: Option<u64>,
    pub(crate) host: Option<&'a str>,
    pub(crate) caller: Option<&'a str>,
    pub(crate) sequence: Option<u64>,
    pub(crate) speaker: Speaker<'a>,
    /// The record goes on where the last one ended, without a new line (`+` of old kernels).
    pub(crate) is_fragment: bool,
    /// Whether anything but blanks and quotes was taken off.
    pub(crate) is_framed: bool,
    pub(crate) text: &'a str,
}

/// Takes the frame off a line.
pub(crate) fn read(line: &str) -> Frame<'_> {
    let mut frame = Frame { text: without_quotes(line), ..Frame::default() };
    if kmsg::read(&mut frame) {
        return frame;
    }
    for _ in 0..LAYERS_MAX {
        frame.text = frame.text.trim_start();
        if !(bracket(&mut frame) || priority(&mut frame) || facility(&mut frame) || date(&mut frame)) {
            break;
        }
        frame.is_framed = true;
    }
    if !frame.is_framed {
        unknown(&mut frame);
    }
    frame.text = frame.text.trim();
    frame
}

/// `> ` of mails, as often as it was quoted; marks of lists; `12:` and `/var/log/messages:` of grep; the key of `journalctl -o export`.
fn without_quotes(line: &str) -> &str {
    let mut rest = line.trim();
    while let Some(inner) = [">", "| ", "* ", "- "].iter().find_map(|mark| rest.strip_prefix(mark)) {
        rest = inner.trim_start();
    }
    if let Some(behind) = behind_file_name(rest) {
        rest = behind;
    } else if rest.starts_with('/') {
        // The path of a cgroup that a broken line begins with has a blank or nothing behind its colon.
        let is_file =
            |(path, rest): &(&str, &str)| !path.contains(' ') && !rest.is_empty() && !rest.starts_with(' ');
        let path = rest.split_once(':').filter(is_file);
        rest = path.map_or(rest, |(_, rest)| rest);
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest.get(digits..).filter(|_| digits > 0).and_then(|behind| {
        // Behind a hyphen without a frame is the rest of a broken pod's uid rather than a line around grep's hit.
        let context = behind.strip_prefix('-').filter(|it| is_stamped(it));
        behind.strip_prefix(':').or(context)
    });
    // A time and a date go on with a digit, and so does a record of `/dev/kmsg` behind the number of its line.
    if let Some(behind) =
        behind.filter(|it| !it.starts_with(|it: char| it.is_ascii_digit()) || kmsg::is_record(it))
    {
        rest = behind.trim_start();
    }
    rest.strip_prefix("MESSAGE=").unwrap_or(rest)
}

fn is_stamped(text: &str) -> bool {
    text.starts_with(['[', '<']) || stamp::leading(text).is_some() || kmsg::is_record(text)
}

/// What grep prints before a line: the file, its number with `-n`, each with `:`, or with `-` around a hit. A date or a time in
/// brackets must follow.
fn behind_file_name(text: &str) -> Option<&str> {
    let name = text.split(' ').next()?;
    let ends = name.match_indices([':', '-']).map(|(at, _)| at + 1);
    let behind = |at: usize| {
        let behind = text.get(at..)?;
        let bracket = || behind.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let stamp = stamp::leading(behind).map(|(stamp, _)| stamp);
        let stamp = stamp.or_else(|| bracket().and_then(|(inner, _)| stamp::in_bracket(inner)))?;
        Some((behind, stamp.timestamp))
    };
    let times: Vec<(&str, Timestamp)> =
        ends.filter(|at| name.get(..at - 1).is_some_and(is_file_name)).filter_map(behind).collect();
    // The number of the line and the day of the month could be one date: what can be read is.
    let is_read = |time: &Timestamp| match time {
        Timestamp::Printed(date) => printed_date::read(date).is_ok(),
        Timestamp::Uptime(_) | Timestamp::Unix(_) => true,
    };
    let read = times.iter().find(|(_, time)| is_read(time)).or(times.first());
    read.map(|(behind, _)| *behind)
}

/// A name with a dot or a folder; a date has neither before its time.
fn is_file_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '/' | '.'))
        && name.contains(['/', '.'])
        && name.contains(|it: char| it.is_alphabetic())
}

/// `[ 12.345678]`, `[Tue Mar 11 10:16:36 2025]`, `[  +0.000003]`, and behind a time the caller: `[ T123]`, `[C1]`.
/// `[ 3893]` is the beginning of a row of the task table.
fn bracket(frame: &mut Frame<'_>) -> bool {
    let Some((inner, rest)) = frame.text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    if let Some(stamp) = stamp::in_bracket(inner) {
        if let Timestamp::Uptime(micros) = stamp.timestamp {
            frame.uptime.get_or_insert(micros);
        }
        // Behind a wall clock the kernel's own time tells nothing that the order of lines needs.
        if frame.timestamp.is_none() {
            keep(frame, stamp);
        }
        // Talos writes a colon behind the date.
        frame.text = rest.strip_prefix(": ").unwrap_or(rest);
        return true;
    }
    let caller = inner.trim();
    let is_caller =
        caller.strip_prefix(['T', 'C']).is_some_and(|it| is_digits(it.split('@').next().unwrap_or_default()));
    if !is_caller || frame.timestamp.is_none() {
        return false;
    }
    frame.caller = Some(caller);
    frame.text = rest;
    true
}

fn keep(frame: &mut Frame<'_>, stamp: Stamp) {
    frame.timestamp = Some(stamp.timestamp);
    frame.clock = stamp.clock;
}

/// `<6>` of /proc/kmsg, `<4>1 ` of RFC 5424.
fn priority(frame: &mut Frame<'_>) -> bool {
    let Some((digits, rest)) = frame.text.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
        return false;
    };
    if !is_digits(digits) || digits.len() > 3 {
        return false;
    }
    frame.text = rest.strip_prefix("1 ").filter(|rest| stamp::leading(rest).is_some()).unwrap_or(rest);
    true
}

/// `kern  :warn  : ` of `dmesg -x`.
fn facility(frame: &mut Frame<'_>) -> bool {
    const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
    let mut parts = frame.text.splitn(3, ':');
    let (Some(facility), Some(level), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_facility = facility.len() <= 9
        && facility.trim_end().bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    if !is_facility || !LEVELS.contains(&level.trim_end()) {
        return false;
    }
    frame.text = rest;
    true
}

/// A date, and behind it the host and the program: `Oct 12 19:00:20 host kernel: `.
fn date(frame: &mut Frame<'_>) -> bool {
    if frame.timestamp.is_some() {
        // The tag also stands behind the uptime: `[ 12.345678] host kernel: ` of `journalctl -o short-monotonic`.
        return tag(frame);
    }
    let Some((stamp, rest)) = stamp::leading(frame.text) else { return tag_alone(frame) };
    keep(frame, stamp);
    let rest = rest.trim_start();
    // The streams of a container's log as CRI writes it.
    frame.text = rest.strip_prefix("stdout F ").or_else(|| rest.strip_prefix("stderr F ")).unwrap_or(rest);
    tag(frame);
    true
}

/// A line of a log that was cut behind its date.
fn tag_alone(frame: &mut Frame<'_>) -> bool {
    let Some(rest) = frame.text.strip_prefix("kernel: ") else { return false };
    frame.text = rest;
    true
}

/// `host kernel: `, `host kernel[0]: `, `kernel: `, `host user.warn kernel: `, `host kernel - - - `; or a program's tag.
fn tag(frame: &mut Frame<'_>) -> bool {
    let text = frame.text;
    let mut at = 0;
    for index in 0..4 {
        let Some(word) = text.get(at..).and_then(|rest| rest.split(' ').next()) else { return false };
        let end = at + word.len();
        let name = word.strip_suffix(':').map(|name| name.split('[').next().unwrap_or(name));
        let is_structured =
            word == "kernel" && text.get(end..).is_some_and(|rest| rest.starts_with(" - - - "));
        if name == Some("kernel") || is_structured {
            let rest = text.get(end..).unwrap_or_default();
            frame.text = if is_structured { rest.get(" - - - ".len()..).unwrap_or_default() } else { rest };
            name_host(frame, text, at);
            return true;
        }
        if word.ends_with("]:") && word.contains('[') && index <= 2 && !word.starts_with('[') {
            frame.speaker = Speaker::Program(name.unwrap_or(word));
            frame.text = text.get(end..).unwrap_or_default();
            name_host(frame, text, at);
            return true;
        }
        if word.contains('=') || (word.starts_with('[') && index > 0) {
            return false;
        }
        at = (end + 1).min(text.len());
    }
    false
}

/// The first word before the tag is the host, unless it is a mark for a redacted one.
fn name_host<'a>(frame: &mut Frame<'a>, text: &'a str, tag_at: usize) {
    let host = text.get(..tag_at).and_then(|before| before.split_whitespace().next());
    frame.host = frame.host.or(host);
}

/// A prefix of another making (`grep -H`, a dashboard): the tag of the kernel, its time or a time of day ends it.
fn unknown(frame: &mut Frame<'_>) {
    let text = frame.text;
    let head = head(text, UNKNOWN_FRAME_BYTES_MAX);
    if let Some(at) = head.find(" kernel: ") {
        frame.text = text.get(at + " kernel: ".len()..).unwrap_or_default().trim_start();
        frame.is_framed = true;
        if bracket(frame) {
            bracket(frame);
        }
        return;
    }
    let brackets = head.match_indices('[').skip_while(|(at, _)| *at == 0).take(4);
    for (at, _) in brackets {
        let mut inner = Frame { text: text.get(at..).unwrap_or_default(), ..Frame::default() };
        if bracket(&mut inner) {
            inner.text = inner.text.trim_start();
            bracket(&mut inner);
            let host = text.split_once(": kern: ").map(|(host, _)| host).filter(|host| !host.contains(' '));
            *frame = Frame { is_framed: true, host, ..inner };
            return;
        }
    }
    if let Some((stamp, end)) = stamp::anywhere(head) {
        keep(frame, stamp);
        frame.is_framed = true;
        frame.text = text.get(end..).unwrap_or_default().trim_start();
        tag(frame);
    }
}
