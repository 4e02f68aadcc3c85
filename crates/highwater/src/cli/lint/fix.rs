//! `--fix`: the edits of findings, applied in rounds, shown as a diff or written.

use crate::cli::lint::settings::Settings;
use crate::cli::lint::walk::Source;
use crate::cli::lint::{check, outcome};
use crate::cli::output;
use crate::exit_code::Outcome;
use anyhow::bail;
use apply::file::FileStep;
use manifest::edit::edit;
use model::checked_file::CheckedFile;
use model::document::{Edit, UnreadSeverity};
use model::manifest::ManifestFile;
use similar::TextDiff;
use std::path::Path;
use view::lint::Sum;
use view::text::escaped;

/// Fixes that overlap wait for the next round. A file that needs more than this is going in circles.
const ROUNDS_MAX: usize = 16;

/// A file before and after its fixes.
struct Fixed {
    /// As it was read.
    before: Vec<u8>,
    /// What was found then.
    checked: CheckedFile,
    /// As it shall be.
    after: String,
    /// How many findings were mended.
    mended: u64,
}

/// Mends every file that can be mended. With `dry_run` nothing is written.
///
/// # Errors
/// When standard input is among the sources and is to be written.
pub fn fix(sources: &[Source], settings: &Settings, dry_run: bool) -> anyhow::Result<Outcome> {
    if sources.contains(&Source::Stdin) && !dry_run {
        bail!("--fix: standard input cannot be written; `--fix --dry-run -` shows the change");
    }
    let mut all = Vec::new();
    let mut is_not_done = false;
    for source in sources {
        // A file that cannot be read is told by the check that follows.
        let Ok(before) = check::bytes(source) else {
            all.push(broken());
            continue;
        };
        let name = check::name(source);
        let Fixed { before, checked, after, mended } = mended(&name, before, settings);
        all.push(checked);
        if mended == 0 {
            continue;
        }
        if dry_run {
            output::text(&diff(&name, &String::from_utf8_lossy(&before), &after))?;
        } else if let Err(why) = write(Path::new(&name), &before, &after) {
            is_not_done = true;
            output::text(&format!("{}: not fixed: {why}\n", escaped(&name)))?;
        } else {
            let mended = view::units::count(mended, "finding");
            output::text(&format!("{}: fixed {mended}\n", escaped(&name)))?;
        }
    }
    Ok(if is_not_done { Outcome::NotDone } else { outcome(&Sum::of(&all)) })
}

fn broken() -> CheckedFile {
    let unread = model::document::Unread {
        span: model::document::Span::default(),
        why: String::new(),
        severity: UnreadSeverity::Broken,
    };
    CheckedFile { unread: vec![unread], ..CheckedFile::default() }
}

fn write(path: &Path, before: &[u8], after: &str) -> Result<(), String> {
    let step = FileStep { path, expected: before, wanted: after.as_bytes() };
    apply::file::replace(&step).map_err(|error| format!("{:#}", anyhow::Error::from(error)))
}

/// Applies fixes until none is left. One that would change the meaning elsewhere, or break what was readable, is left out.
fn mended(name: &str, before: Vec<u8>, settings: &Settings) -> Fixed {
    let mut file = manifest::read(name, &before);
    let checked = check::checked(&file, settings);
    // Edits count the bytes of the text; in a file of another encoding they have no place.
    let rounds = if manifest::is_as_written(&file, &before) { ROUNDS_MAX } else { 0 };
    let mut now = checked.clone();
    let mut mended = 0;
    for _ in 0..rounds {
        let (next, fixes) = round(&file, &now);
        if fixes == 0 {
            break;
        }
        file = next;
        mended += fixes;
        now = check::checked(&file, settings);
    }
    Fixed { before, checked, after: file.text, mended }
}

/// The file with the fixes of one look at it, and how many. All that do not overlap at once; where that is refused, one after
/// the other is tried, and the first that holds ends the round.
fn round(file: &ManifestFile, checked: &CheckedFile) -> (ManifestFile, u64) {
    let (edits, fixes) = apart(checked);
    if fixes > 0
        && let Ok(next) = edit(file, &edits)
    {
        return (next, fixes);
    }
    let single = checked.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let held = single.filter(|fix| !fix.edits.is_empty()).find_map(|fix| edit(file, &fix.edits).ok());
    held.map_or_else(|| (file.clone(), 0), |next| (next, 1))
}

/// The edits of the fixes that do not overlap one another, first come first served.
fn apart(checked: &CheckedFile) -> (Vec<Edit>, u64) {
    let mut edits: Vec<Edit> = Vec::new();
    let mut fixes = 0;
    for fix in checked.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let is_free = |edit: &Edit| {
            // Two insertions at one place have no order, so they overlap too.
            edits.iter().all(|other| edit.span.end < other.span.start || other.span.end < edit.span.start)
        };
        if !fix.edits.is_empty() && fix.edits.iter().all(is_free) {
            edits.extend(fix.edits.iter().cloned());
            fixes += 1;
        }
    }
    (edits, fixes)
}

/// A unified diff that `git apply` and `patch -p1` take.
fn diff(name: &str, before: &str, after: &str) -> String {
    let relative = name.strip_prefix("./").unwrap_or(name);
    let (old, new) = if name.starts_with('/') || name == "-" {
        (name.to_owned(), name.to_owned())
    } else {
        (format!("a/{relative}"), format!("b/{relative}"))
    };
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(&old, &new).to_string()
}

#[cfg(test)]
mod tests {
    use super::{apart, diff};
    use model::checked_file::CheckedFile;
    use model::document::{Edit, Span};
    use model::lint::{Fix, LintFinding, LintSeverity};

    fn finding(edits: &[(usize, usize, &str)]) -> LintFinding {
        let edits = edits
            .iter()
            .map(|(start, end, text)| Edit { span: Span::new(*start, *end), text: (*text).to_owned() });
        LintFinding {
            rule: "a-rule",
            severity: LintSeverity::Error,
            span: Span::default(),
            message: String::new(),
            related: Vec::new(),
            help: None,
            fix: Some(Fix { title: String::new(), edits: edits.collect() }),
        }
    }

    #[test]
    fn a_fix_that_touches_another_waits_whole() {
        let findings = vec![
            finding(&[(6, 9, "six")]),
            // Its second edit overlaps the first fix, so its first one waits too.
            finding(&[(0, 1, "X"), (8, 10, "Y")]),
            finding(&[(2, 3, "two")]),
            // Two insertions at one place have no order.
            finding(&[(12, 12, "a")]),
            finding(&[(12, 12, "b")]),
        ];
        let checked = CheckedFile { findings, ..CheckedFile::default() };
        let (edits, fixes) = apart(&checked);
        assert_eq!(fixes, 3);
        assert_eq!(manifest::edit::apply("0123456789abcdef", &edits).unwrap(), "01two345six9abacdef");
    }

    #[test]
    fn the_diff_is_one_that_git_applies() {
        let shown = diff("./k8s/a.yaml", "a: 1\nswap: 2\nb: 3\n", "a: 1\nb: 3\n");
        let expected = "--- a/k8s/a.yaml\n+++ b/k8s/a.yaml\n@@ -1,3 +1,2 @@\n a: 1\n-swap: 2\n b: 3\n";
        assert_eq!(shown, expected);
        assert!(diff("/etc/a.yaml", "a", "b").starts_with("--- /etc/a.yaml\n+++ /etc/a.yaml\n"));
    }
}
