//! `KEY=value` files: systemd units and their drop-ins, environment files, kernel settings of sysctl.

use crate::place::Place;
use model::document::{Setting, Span, Spanned};

/// The settings of a text. Lines that are none are left out, as systemd ignores them.
pub(crate) fn settings(text: &str, place: Place<'_>) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut section = String::new();
    let mut continues = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_end();
        let content = bare.trim_start();
        let from = start + bare.len() - content.len();
        if content.is_empty() {
            continues = false;
        } else if content.starts_with(['#', ';']) {
            // Comments may stand between the lines of one value.
        } else if continues {
            let (part, more) = continued(content);
            if let Some(last) = settings.last_mut() {
                last.value.value.push(' ');
                last.value.value.push_str(part);
                last.value.span.end = place.span(from, from + part.len()).end;
            }
            continues = more;
        } else if let Some(name) = content.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = content.split_once('=') {
            let (part, more) = continued(value);
            let key = key.trim_end();
            let key = key.strip_prefix("export ").map_or(key, str::trim_start);
            let key_start = from + content.find(key).unwrap_or(0);
            let value_start = from + content.len() - value.len() + (part.len() - part.trim_start().len());
            let part = part.trim_start();
            settings.push(Setting {
                section: section.clone(),
                key: Spanned { value: key.to_owned(), span: place.span(key_start, key_start + key.len()) },
                value: Spanned {
                    value: part.to_owned(),
                    span: place.span(value_start, value_start + part.len()),
                },
            });
            continues = more;
        }
    }
    settings
}

/// A value without the backslash that continues it on the next line.
fn continued(value: &str) -> (&str, bool) {
    value.strip_suffix('\\').map_or((value, false), |part| (part.trim_end(), true))
}

/// The lines of a unit that run programs, each without the signs before the program and with its place in the text.
pub(crate) fn exec_lines(text: &str) -> Vec<Span> {
    let mut lines: Vec<Span> = Vec::new();
    let mut continues = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let is_exec = content.starts_with("Exec") && content.contains('=');
        if continues && let Some(last) = lines.last_mut() {
            last.end = start + line.trim_end().len();
        } else if is_exec && let Some((key, value)) = line.trim_end().split_once('=') {
            let signs = value.len() - value.trim_start_matches([' ', '\t', '-', '@', ':', '+', '!']).len();
            lines.push(Span::new(start + key.len() + 1 + signs, start + line.trim_end().len()));
        }
        continues = (continues || is_exec) && content.ends_with('\\');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Place, exec_lines, settings};

    const UNIT: &str = "[Unit]\nAfter=a.service\n# c\n[Service]\nExecStart=-/bin/docker run \\\n  -m 1g x\nMemoryMax = 1G\r\n";

    #[test]
    fn settings_have_sections_and_places() {
        let found = settings(UNIT, Place::FILE);
        let all: Vec<_> = found
            .iter()
            .map(|one| (one.section.as_str(), one.key.value.as_str(), one.value.value.as_str()))
            .collect();
        assert_eq!(
            all,
            [
                ("Unit", "After", "a.service"),
                ("Service", "ExecStart", "-/bin/docker run -m 1g x"),
                ("Service", "MemoryMax", "1G")
            ]
        );
        let value = found[2].value.span;
        assert_eq!(&UNIT[value.start..value.end], "1G");
        let value = found[1].value.span;
        assert_eq!(&UNIT[value.start..value.end], "-/bin/docker run \\\n  -m 1g x");
    }

    #[test]
    fn programs_of_a_unit_are_found() {
        let lines: Vec<_> = exec_lines(UNIT).into_iter().map(|span| &UNIT[span.start..span.end]).collect();
        assert_eq!(lines, ["/bin/docker run \\\n  -m 1g x"]);
    }

    #[test]
    fn environment_files_have_no_sections() {
        let found = settings("export A=1\nKUBELET_EXTRA_ARGS=\"--fail-swap-on=false\"\n", Place::FILE);
        assert_eq!(found[0].key.value, "A");
        assert_eq!(found[1].value.value, "\"--fail-swap-on=false\"");
    }
}
