//! Leaks as a table, with what to do next.

use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::units::{ABSENT, bytes, count, duration};
use kernel::bytes::Bytes;
use model::leak::{Leak, LeakCertainty, LeakEvidence, LeakReport};
use std::time::Duration;

/// Beyond this a time to the limit says nothing.
const YEAR_SECONDS: f64 = 365.0 * 86_400.0;

/// The leaks, the surest and fastest first.
#[must_use]
pub fn leaks(report: &LeakReport, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let series = count(report.judged, "history").replace("historys", "histories");
    if report.judged == 0 {
        lines.push(Line::plain("Nothing can be said: no history is a day long."));
    } else if report.leaks.is_empty() {
        lines.push(Line::of(Tone::Good, format!("No leak in {series}.")));
    } else {
        let right = |title| Heading { title, align: Align::Right };
        let left = |title| Heading { title, align: Align::Left };
        let headings =
            [left("NAME"), left("LEAK"), right("GROWS/d"), right("BETWEEN"), right("NOW"), right("TO LIMIT")];
        let rows: Vec<Vec<Cell>> = report.leaks.iter().map(row).collect();
        lines.extend(lay_out(&headings, &rows, width));
        lines.push(Line::empty());
        let sentence = format!(
            "{} in {series}. A higher limit only delays the kill; until it is mended, a restart in time or some swap does the same.",
            count(report.leaks.len() as u64, "leak"),
        );
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(Line::plain));
        lines.push(Line::of(Tone::Quiet, "What is anonymous, shared or the kernel's: highwater show NAME"));
    }
    if report.too_short > 0 && report.judged > 0 {
        let short = count(report.too_short, "history").replace("historys", "histories");
        lines.push(Line::of(
            Tone::Quiet,
            format!("{short} shorter than a day: nothing can be said of them yet."),
        ));
    }
    lines
}

fn row(leak: &Leak) -> Vec<Cell> {
    let (tone, certainty) = match leak.certainty {
        LeakCertainty::Suspected => (Tone::Warning, "suspected, one day".to_owned()),
        LeakCertainty::Confirmed(LeakEvidence::DayOverDay) => {
            (Tone::Critical, "confirmed, three days".to_owned())
        }
        LeakCertainty::Confirmed(LeakEvidence::Restarts(restarts)) => {
            (Tone::Critical, format!("confirmed, {}", count(restarts, "restart")))
        }
        LeakCertainty::Confirmed(LeakEvidence::Replicas { growing, of }) => {
            (Tone::Critical, format!("confirmed, {growing} of {of} replicas"))
        }
    };
    let cell = |tone, text| Cell { tone, text };
    let plain = |text| cell(Tone::Plain, text);
    vec![
        cell(Tone::Strong, leak.name.clone()),
        cell(tone, certainty),
        plain(amount(leak.bytes_per_day)),
        plain(format!("{} and {}", amount(leak.interval.low), amount(leak.interval.high))),
        plain(bytes(leak.usage)),
        plain(time(leak.seconds_to_limit)),
    ]
}

fn amount(amount: f64) -> String {
    bytes(Bytes(amount.max(0.0).round() as u64))
}

fn time(seconds: Option<f64>) -> String {
    match seconds {
        Some(seconds) if seconds > YEAR_SECONDS => "over a year".to_owned(),
        Some(seconds) => duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()),
        None => ABSENT.to_owned(),
    }
}
