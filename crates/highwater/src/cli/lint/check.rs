//! Reads files and lets the rules look at them.

use crate::cli::lint::settings::Settings;
use crate::cli::lint::walk::Source;
use crate::cli::progress::Progress;
use judge::lint::Subject;
use judge::silence;
use model::checked_file::CheckedFile;
use model::document::lines::Lines;
use model::document::{Span, Unread, UnreadSeverity};
use model::manifest::ManifestFile;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file of more than this is no manifest.
const READ_BYTES_MAX: u64 = 1 << 30;

/// Checks every file; the answers are in the order of the sources.
///
/// # Errors
/// Never for what a file holds or for one that cannot be read: that is part of the answer.
pub fn all(
    sources: &[Source],
    settings: &Settings,
    shows_progress: bool,
) -> anyhow::Result<Vec<CheckedFile>> {
    let progress = Progress::new(sources.len(), "files checked", shows_progress);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, CheckedFile)>> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(sources.len());
    let work = || {
        while let Some((number, source)) = numbered(sources, &next) {
            let checked = one(source, settings);
            if let Ok(mut done) = done.lock() {
                done.push((number, checked));
            }
            progress.step();
        }
    };
    if workers <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(work);
            }
        });
    }
    progress.end();
    let mut done = done.into_inner().map_err(|_| anyhow::anyhow!("a check failed"))?;
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, checked)| checked).collect())
}

fn numbered<'a>(sources: &'a [Source], next: &AtomicUsize) -> Option<(usize, &'a Source)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, sources.get(number)?))
}

fn one(source: &Source, settings: &Settings) -> CheckedFile {
    let name = name(source);
    match bytes(source) {
        Ok(bytes) => bytes_of(&name, &bytes, settings),
        Err(why) => {
            let unread = Unread { span: Span::default(), why, severity: UnreadSeverity::Broken };
            CheckedFile { name, unread: vec![unread], ..CheckedFile::default() }
        }
    }
}

/// The name that findings give a source.
#[must_use]
pub fn name(source: &Source) -> String {
    match source {
        Source::Stdin => "-".to_owned(),
        Source::File(path) | Source::Unreachable(path, _) => path.to_string_lossy().into_owned(),
    }
}

/// What a source holds.
///
/// # Errors
/// With the reason in words.
pub fn bytes(source: &Source) -> Result<Vec<u8>, String> {
    let read = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        let length = source.take(READ_BYTES_MAX + 1).read_to_end(&mut bytes)? as u64;
        if length > READ_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    };
    let found = match source {
        Source::Stdin => read(&mut io::stdin().lock()),
        Source::File(path) => open(path).and_then(|mut file| read(&mut file)),
        Source::Unreachable(_, why) => return Err(why.clone()),
    };
    found.map_err(|error: io::Error| format!("cannot be read: {error}"))
}

fn open(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// Checks a text.
fn bytes_of(name: &str, bytes: &[u8], settings: &Settings) -> CheckedFile {
    let file = manifest::read(name, bytes);
    let checked = checked(&file, settings);
    let is_silent = checked.findings.is_empty() && checked.unread.is_empty();
    CheckedFile { text: if is_silent { String::new() } else { file.text }, ..checked }
}

/// What is found in a file. Its text stays there.
#[must_use]
pub fn checked(file: &ManifestFile, settings: &Settings) -> CheckedFile {
    let silences = silence::read(&file.text, settings_rule);
    let mut findings = judge::lint::lint(&Subject { file, target: settings.target });
    findings.retain(|finding| {
        finding.severity >= settings.severity_min && settings.rules.contains(&finding.rule)
    });
    let before = findings.len();
    if !findings.is_empty() {
        let lines = Lines::of(&file.text);
        findings.retain(|finding| !silences.covers(finding.rule, lines.position(finding.span.start).line));
    }
    let ignored = before - findings.len();
    let mut unread = file.unread.clone();
    unread.extend(silences.faults.into_iter().map(|(span, found)| Unread {
        span,
        why: format!("this comment silences nothing: expected a rule's name, found `{found}`"),
        severity: UnreadSeverity::NotRecognised,
    }));
    unread.sort_by_key(|unread| unread.span);
    let documents = file.documents.len();
    CheckedFile { name: file.name.clone(), text: String::new(), documents, unread, findings, ignored }
}

fn settings_rule(word: &str) -> Option<&'static str> {
    judge::lint::rules().map(|rule| rule.id).find(|id| *id == word)
}
