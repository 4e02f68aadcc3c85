//! Lines that a mail, a terminal or an old kernel broke in two: the rest is joined to its beginning.

use crate::oom_report::line::{self, Line, classify};
use crate::oom_report::session::Record;
use crate::oom_report::task_table;
use crate::oom_report::text::starts_with_any;
use std::mem::discriminant;

/// Lines that may follow before the rest must have come.
const LINES_MAX: u32 = 6;
/// A broken line is never longer.
const BYTES_MAX: usize = 8192;

/// Lines that come when the report is over, so that nobody reads on for their rest but here.
const LATE_STARTS: [&str; 4] = ["Tasks in", "Memory cgroup out of", "Out of memory:", "Killed process"];

/// What is known about broken lines.
#[derive(Debug, Default)]
pub(crate) struct Wraps {
    begun: Option<Begun>,
    /// Above zero when lines were broken inside words, below when at blanks.
    inside_words: i32,
}

/// A line that is not whole, or that is nothing alone.
#[derive(Debug)]
struct Begun {
    text: String,
    line: u64,
    lines: u32,
    /// Whether its report has taken it already.
    is_known: bool,
}

impl Begun {
    /// Whether more than the next line may belong to it.
    fn is_waiting(&self) -> bool {
        self.is_known || starts_with_any(&self.text, &LATE_STARTS)
    }
}

/// A line put together.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) text: String,
    /// Whether its beginning was taken already: then the line says more of the same.
    pub(crate) is_known: bool,
}

impl Wraps {
    /// Whether the next line may be the rest of a known one.
    pub(crate) fn is_waiting(&self) -> bool {
        self.begun.as_ref().is_some_and(Begun::is_waiting)
    }

    /// Joins the line to the one before, if both together say more than each alone.
    pub(crate) fn join(&mut self, record: &Record<'_>, columns: &[String]) -> Option<Joined> {
        let mut begun = self.begun.take()?;
        // Kernels before 4.10 print this line in four parts, which become four records when another processor prints too.
        let is_part = begun.text.starts_with("Task in") && record.text.starts_with(['/', 'k', 'a']);
        let may_follow = !record.is_framed || record.is_fragment || is_part;
        if !may_follow || record.place.line > begun.line + 1 {
            return None;
        }
        let alone = [classify(&begun.text), classify(record.text)].map(|line| facts(&line, columns).0);
        let [tight, spaced] = ["", " "].map(|between| [begun.text.as_str(), between, record.text].concat());
        let [in_tight, in_spaced] = [&tight, &spaced].map(|text| worth(text, &begun, columns));
        let best = in_tight.max(in_spaced);
        if best <= alone[0].max(alone[1]) {
            begun.lines += 1;
            let is_other = matches!(classify(record.text), Line::Other);
            if is_other && begun.lines < LINES_MAX && spaced.len() < BYTES_MAX && begun.is_waiting() {
                let text = if self.is_inside_word(&begun.text) { tight } else { spaced };
                self.begun = Some(Begun { text, line: record.place.line, ..begun });
            }
            return None;
        }
        self.inside_words = self.inside_words.saturating_add(match in_tight.cmp(&in_spaced) {
            std::cmp::Ordering::Greater => 1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Less => -1,
        });
        let is_tight = in_tight > in_spaced || (in_tight == in_spaced && self.is_inside_word(&begun.text));
        let text = if is_tight { tight } else { spaced };
        let line = classify(&text);
        let (found, whole) = facts(&line, columns);
        self.begun = (found < whole && text.len() < BYTES_MAX).then(|| Begun {
            text: text.clone(),
            line: record.place.line,
            lines: begun.lines + 1,
            is_known: true,
        });
        Some(Joined { text, is_known: begun.is_known })
    }

    /// Whether a line was likely broken inside a word: those before were, or it is where no blank can be.
    fn is_inside_word(&self, begun: &str) -> bool {
        let last = begun.rsplit(' ').next().unwrap_or_default();
        self.inside_words > 0 || begun.starts_with("oom-kill:") || last.contains('/')
    }

    /// Keeps a line of which the rest may follow.
    pub(crate) fn remember(&mut self, line: &Line<'_>, record: &Record<'_>, columns: &[String]) {
        let (found, whole) = facts(line, columns);
        let is_other = matches!(line, Line::Other);
        if is_other && self.is_waiting() {
            return;
        }
        self.begun = ((is_other || found < whole) && record.text.len() < BYTES_MAX).then(|| Begun {
            text: record.text.to_owned(),
            line: record.place.line,
            lines: 0,
            is_known: !is_other,
        });
    }
}

/// How many facts a joined line has; none when it is another kind of line than its beginning.
fn worth(text: &str, begun: &Begun, columns: &[String]) -> usize {
    let line = classify(text);
    if begun.is_known && discriminant(&line) != discriminant(&classify(&begun.text)) {
        return 0;
    }
    facts(&line, columns).0
}

/// Like [`line::facts`]; how many fields a row has is said by its table's header row.
fn facts(line: &Line<'_>, columns: &[String]) -> (usize, usize) {
    match line {
        Line::TableRow { pid, rest } if !columns.is_empty() => {
            let row = task_table::parse_row(columns, *pid, rest);
            // A blank inside a number makes one more field, so that the name begins with a number.
            let starts_with_number =
                row.as_ref().is_some_and(|row| row.comm.starts_with(|it: char| it.is_ascii_digit()));
            (
                usize::from(row.is_some()) * if starts_with_number { 1 } else { 2 },
                if row.is_some() { 0 } else { 2 },
            )
        }
        _ => line::facts(line),
    }
}
