//! An incident in words: one line for a list, and the whole story on one screen.

pub(crate) mod clock;
pub(crate) mod evidence;
mod figures;
mod minutes;
mod remedies;
mod sentences;
mod who;

use crate::graph::Glyphs;
use crate::text::{Line, Tone, wrapped};
use model::incident::cause::Confidence;
use model::incident::exit::{ExitVerdict, KillSender, Language};
use model::incident::{Assumed, Completeness, Incident};
use model::reading::Reading;
use model::recorded::RecordedSeries;

/// The incident in one line: its name, when, whose, and what happened.
#[must_use]
pub fn line(incident: &Incident) -> Line {
    Line::of(Tone::Strong, &incident.id.0)
        .and(Tone::Quiet, format!("  {}  ", clock::short(&incident.when)))
        .and(Tone::Strong, who::place(incident))
        .and(Tone::Quiet, incident.place.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default())
        .and(
            Tone::Plain,
            format!(": {}; {}", sentences::deaths(incident), sentences::limit_hit_here(incident)),
        )
        .and(Tone::Quiet, format!(" ({})", sentences::cause_name(incident.cause.kind)))
}

/// What happened, in one sentence.
#[must_use]
pub fn sentence(incident: &Incident) -> String {
    // The level first: a process name must not get a capital letter.
    let text = format!("{}: {}.", sentences::limit_hit(incident), sentences::deaths(incident));
    sentences::capitalised(&text)
}

/// Why, in one sentence.
#[must_use]
pub fn why(incident: &Incident) -> String {
    sentences::cause(incident, &incident.cause)
}

/// The minutes before a kill as a picture; nothing where nobody watched.
#[must_use]
pub fn minutes_before(series: Option<&RecordedSeries>, width: usize, glyphs: Glyphs) -> Vec<Line> {
    minutes::minutes(series, width, glyphs)
}

/// The whole story.
#[must_use]
pub fn story(incident: &Incident, width: usize, glyphs: Glyphs) -> Vec<Line> {
    let mut lines = title(incident, width);
    section(&mut lines, "What happened", &sentences::happened(incident), width);
    lines.extend(minutes_before(incident.before.as_ref(), width, glyphs));
    heading(&mut lines, "Where the memory was");
    lines.extend(figures::ceilings(incident));
    lines.extend(figures::parts(incident, width));
    lines.extend(figures::processes(incident, width));
    lines.extend(indented(&evidence::consumer(incident), width));
    section(&mut lines, "Why", &sentences::why(incident), width);
    section(&mut lines, "What would have survived", &sentences::survival(incident), width);
    section(&mut lines, "How sure", &sentences::sureness(incident), width);
    lines.push(Line::empty());
    lines.extend(
        remedies::commands(incident)
            .into_iter()
            .map(|command| Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command)),
    );
    lines
}

/// Whether the incidents are all there is, in one sentence; nothing when all is explained.
#[must_use]
pub fn completeness(completeness: &Completeness) -> Option<String> {
    match completeness.unexplained() {
        Reading::Value(0) => None,
        Reading::Value(kills) => Some(format!(
            "{} counted by the kernel (oom_kill in /proc/vmstat) that no log and no cgroup explains.",
            crate::units::count(kills, "kill")
        )),
        Reading::Absent | Reading::Failed(_) if completeness.suppressed_reports > 0 => Some(format!(
            "The kernel kept {} to itself (it prints ten in five seconds at most): there were more kills than these.",
            crate::units::count(completeness.suppressed_reports, "report")
        )),
        Reading::Absent | Reading::Failed(_) => None,
    }
}

/// What the dates of a list rest on, in one sentence; nothing when the logs say it all.
#[must_use]
pub fn assumptions(incidents: &[Incident]) -> Option<String> {
    let assumed =
        |wanted: fn(Assumed) -> bool| incidents.iter().any(|incident| wanted(incident.when.assumed));
    let year = assumed(|it| matches!(it, Assumed::Year | Assumed::YearAndZone));
    let zone = assumed(|it| matches!(it, Assumed::Zone | Assumed::YearAndZone));
    let (lacking, guess) = match (year, zone) {
        (false, false) => return None,
        (true, false) => ("no year", clock::guess(Assumed::Year)),
        (false, true) => ("no time zone", clock::guess(Assumed::Zone)),
        (true, true) => ("neither year nor time zone", clock::guess(Assumed::YearAndZone)),
    };
    Some(format!("The log prints {lacking}: {} assumed.", guess?))
}

/// The commands to run next.
#[must_use]
pub fn next(incident: &Incident) -> Vec<String> {
    remedies::commands(incident)
}

/// What an exit code means for memory.
#[must_use]
pub fn exit_verdict(verdict: &ExitVerdict) -> String {
    match verdict {
        ExitVerdict::OomKilled(id) => format!("Killed by the kernel for memory: incident {}.", id.0),
        ExitVerdict::OomWithout137(id) => format!(
            "The kernel killed one of its processes for memory (incident {}); its first process ended by itself after that, \
             so the exit code is its own.",
            id.0
        ),
        ExitVerdict::OomByRuntimeAlone => {
            "The runtime noticed an OOM kill in it (OOMKilled); the kernel's report of it is gone, \
             or was never printed."
                .to_owned()
        }
        ExitVerdict::KilledBySomebody => format!(
            "SIGKILL, and no OOM kill: kernel log and counters know of none. Others who send it: {}.",
            senders()
        ),
        ExitVerdict::MaybeOomKilled => format!(
            "SIGKILL. Whether for memory cannot be told: not every witness could be heard. Others who send it: {}.",
            senders()
        ),
        ExitVerdict::OutOfOwnMemory(language) => {
            let name = match language {
                Language::Jvm => "Java's heap or native memory",
                Language::Node => "the heap of Node.js",
                Language::Go => "Go's heap",
            };
            format!("The program ran out of {name} and ended itself; the kernel killed nothing.")
        }
        ExitVerdict::NotMemory => "Nothing says that it ended for memory.".to_owned(),
    }
}

fn senders() -> String {
    let words = KillSender::ALL.map(|sender| match sender {
        KillSender::StopTimeout => "`docker stop` after its timeout",
        KillSender::Probe => "the kubelet after a failed probe",
        KillSender::Eviction => "the kubelet's eviction",
        KillSender::Deletion => "`kubectl delete --force` or a drain",
        KillSender::UserspaceOomKiller => "systemd-oomd or earlyoom",
        KillSender::Somebody => "`kill -9`",
    });
    words.join(", ")
}

/// How sure, in one word.
#[must_use]
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Unknown => "unknown",
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

fn title(incident: &Incident, width: usize) -> Vec<Line> {
    let mut lines =
        vec![Line::of(Tone::Strong, &incident.id.0).and(Tone::Strong, format!("  {}", who::place(incident)))];
    let mut about = vec![clock::long(&incident.when)];
    about.extend(who::about(incident));
    about.extend(incident.kernel_release.value().map(|release| format!("Linux {release}")));
    let about = wrapped(&about.join(" · "), width.max(20));
    lines.extend(about.into_iter().filter(|line| !line.is_empty()).map(|line| Line::of(Tone::Quiet, line)));
    lines
}

fn heading(lines: &mut Vec<Line>, words: &str) {
    lines.push(Line::empty());
    lines.push(Line::of(Tone::Strong, words));
}

fn section(lines: &mut Vec<Line>, words: &str, sentences: &[String], width: usize) {
    if sentences.is_empty() {
        return;
    }
    heading(lines, words);
    lines.extend(indented(&sentences.join(" "), width));
}

fn indented(text: &str, width: usize) -> Vec<Line> {
    if text.is_empty() {
        return Vec::new();
    }
    let lines = wrapped(text, width.saturating_sub(2).max(20));
    lines.into_iter().map(|line| Line::plain(format!("  {line}"))).collect()
}
