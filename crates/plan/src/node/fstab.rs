//! `/etc/fstab`: where there is no systemd, a line of its own; with systemd, no line that names the same swap a second time.
//!
//! Written in fstab(5): six fields, blanks in them as `\040`.

pub mod filesystem;

use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use model::plan::{Discard, SwapUse};
use model::reading::Reading;

const PATH: &str = "/etc/fstab";

/// Makes sure that a line switches the swap on as wanted. Lines that plans of other areas add in the same plan are one step.
pub fn with(look: &Look<'_>, what: &str, usage: SwapUse, draft: &mut Draft) {
    draft.fstab.push(line(what, usage));
    write(look, draft);
}

/// Makes sure that no line names the swap: the unit does, and two would contradict each other.
pub fn without(look: &Look<'_>, what: &str, draft: &mut Draft) {
    draft.not_in_fstab.push(what.to_owned());
    write(look, draft);
}

/// The options of the line that switches a swap on.
pub fn options(look: &Look<'_>, what: &str) -> Option<String> {
    let Reading::Value(text) = look.text(PATH) else { return None };
    let line = text.lines().find(|line| swap_of(line).is_some_and(|found| found == encoded(what)))?;
    line.split_whitespace().nth(3).map(str::to_owned)
}

fn write(look: &Look<'_>, draft: &mut Draft) {
    let now = match look.text(PATH) {
        Reading::Value(text) => text,
        Reading::Absent => String::new(),
        Reading::Failed(why) => {
            return draft.refuse(format!("{PATH} cannot be read: {why}"), "run this as root");
        }
    };
    let wanted = with_lines(&now, &draft.fstab, &draft.not_in_fstab);
    draft.forget(|change| matches!(change, model::plan::Change::File { path, .. } if path == PATH));
    if wanted != now {
        let why = if draft.fstab.is_empty() {
            "The unit takes the place of this line; systemd would make a second one of it."
        } else {
            "There is no systemd here: `swapon -a` reads this at boot."
        };
        draft.file(look, Stage::Units, WantedFile { name: "fstab", why, path: PATH, text: Some(wanted) });
    }
}

/// The text with each of the lines once, in the place of a line that names the same swap, and without lines that name others.
fn with_lines(text: &str, lines: &[String], without: &[String]) -> String {
    let mut left: Vec<&String> = lines.iter().collect();
    let mut result = String::new();
    for line in text.split_inclusive('\n') {
        let Some(what) = swap_of(line) else {
            result.push_str(line);
            continue;
        };
        if without.iter().any(|other| encoded(other) == what) {
            continue;
        }
        match left.iter().position(|own| swap_of(own) == Some(what)) {
            Some(at) => {
                result.push_str(left.remove(at));
                result.push('\n');
            }
            None => result.push_str(line),
        }
    }
    for line in left {
        if !result.is_empty() && !result.ends_with('\n') {
            result.push('\n');
        }
        result.push_str(line);
        result.push('\n');
    }
    result
}

fn line(what: &str, usage: SwapUse) -> String {
    let mut options = "sw".to_owned();
    if let Some(priority) = usage.priority {
        options.push_str(&format!(",pri={priority}"));
    }
    options.push_str(match usage.discard {
        Discard::Never => "",
        Discard::Once => ",discard=once",
        Discard::Pages => ",discard=pages",
    });
    format!("{} none swap {options} 0 0", encoded(what))
}

/// What a line switches on, as it is written; nothing for a line about something else.
fn swap_of(line: &str) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let what = fields.next().filter(|what| !what.starts_with('#'))?;
    let kind = fields.nth(1)?;
    (kind == "swap").then_some(what)
}

fn encoded(path: &str) -> String {
    path.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011")
}

#[cfg(test)]
mod tests {
    use super::{line, with_lines};
    use model::plan::{Discard, SwapUse};

    #[test]
    fn a_line_of_the_same_swap_is_replaced_where_it_stands() {
        let usage = SwapUse { priority: Some(5), discard: Discard::Once };
        let wanted = [line("/my swap", usage)];
        let now = "# c\n/my\\040swap none swap defaults 0 0\n/dev/sda1 / ext4 defaults 0 1\n/other none swap sw 0 0";
        let expected = "# c\n/my\\040swap none swap sw,pri=5,discard=once 0 0\n/dev/sda1 / ext4 defaults 0 1\n/other none swap sw 0 0";
        assert_eq!(with_lines(now, &wanted, &[]), expected);
        assert_eq!(with_lines(expected, &wanted, &[]), expected);
    }

    #[test]
    fn a_new_line_comes_last_and_an_old_one_goes() {
        let wanted = [line("/b", SwapUse { priority: None, discard: Discard::Never })];
        let now = "/a none swap sw 0 0\n#/b none swap sw 0 0";
        assert_eq!(
            with_lines(now, &wanted, &["/a".to_owned()]),
            "#/b none swap sw 0 0\n/b none swap sw 0 0\n"
        );
    }
}
