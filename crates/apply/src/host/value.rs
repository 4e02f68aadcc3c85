//! A value below `/proc/sys` or `/sys`.

use super::place::{self, LastLink};
use super::{HostError, Machine, Present, failed, refused};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Where values of the kernel are. To a file elsewhere a write is a loss of what is in it.
const BELOW: [&str; 2] = ["/proc/sys/", "/sys/"];

fn place_of(machine: &Machine, path: &str) -> Result<PathBuf, HostError> {
    if BELOW.iter().all(|folder| !path.starts_with(folder)) || path.split('/').any(|name| name == "..") {
        return refused(format!("{path}: expected a value below /proc/sys or /sys"));
    }
    place::resolve(machine, path, LastLink::Followed)
}

pub fn present(machine: &Machine, path: &str, now: &str, wanted: &str) -> Result<Present, HostError> {
    let place = place_of(machine, path)?;
    let text = match fs::read_to_string(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Present::Other(format!("{path} is not there: this kernel has no such value")));
        }
        other => other.map_err(failed(path))?,
    };
    let found = chosen(&text);
    Ok(Present::of(
        |expected| is_same(path, &found, expected),
        now,
        wanted,
        || format!("{path} is `{found}`, expected `{}`", chosen(now)),
    ))
}

pub fn act(machine: &Machine, path: &str, wanted: &str) -> Result<(), HostError> {
    let place = place_of(machine, path)?;
    let wanted = chosen(wanted);
    // As a shell's `>` does; files of the kernel do not mind.
    let opened = OpenOptions::new().write(true).truncate(true).open(&place);
    let mut file = opened.map_err(failed(format!("{path}: cannot be opened to write")))?;
    file.write_all(wanted.as_bytes())
        .map_err(failed(format!("{path}: the kernel does not take `{wanted}`")))?;
    let found = chosen(&fs::read_to_string(&place).map_err(failed(path))?);
    if is_same(path, &found, &wanted) {
        return Ok(());
    }
    refused(format!("{path}: the kernel was given `{wanted}` and made `{found}` of it"))
}

/// The value of a file's text: of a list with one word in brackets, that word.
fn chosen(text: &str) -> String {
    let bracketed = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix('[').and_then(|word| word.strip_suffix(']')));
    let words = || text.split_whitespace().collect::<Vec<_>>().join(" ");
    bracketed.map_or_else(words, str::to_owned)
}

/// Parameters of modules print `Y` and `N` and take `1` and `0` as well (`param_get_bool`).
fn is_same(path: &str, found: &str, other: &str) -> bool {
    let boolean = |word: &str| match word {
        "Y" | "y" | "1" => Some(true),
        "N" | "n" | "0" => Some(false),
        _ => None,
    };
    let other = chosen(other);
    found == other
        || (path.starts_with("/sys/module/")
            && boolean(found).is_some_and(|found| boolean(&other) == Some(found)))
}

#[cfg(test)]
mod tests {
    use super::{act, present};
    use crate::host::{Machine, MachineState, Present};
    use std::fs;

    const PATH: &str = "/proc/sys/vm/swappiness";

    fn machine(text: &str) -> (tempfile::TempDir, Machine) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/sys/vm")).unwrap();
        fs::write(root.path().join(&PATH[1..]), text).unwrap();
        let machine = Machine::at(root.path(), MachineState::Running);
        (root, machine)
    }

    #[test]
    fn a_value_is_written_and_looked_at() {
        let (root, machine) = machine("100\n");
        assert_eq!(present(&machine, PATH, "100", "60").unwrap(), Present::Now);
        act(&machine, PATH, "60").unwrap();
        assert_eq!(present(&machine, PATH, "100", "60").unwrap(), Present::Wanted);
        assert_eq!(fs::read_to_string(root.path().join(&PATH[1..])).unwrap(), "60");
        let other = present(&machine, PATH, "100", "200").unwrap();
        assert_eq!(other, Present::Other(format!("{PATH} is `60`, expected `100`")));
    }

    #[test]
    fn a_list_tells_the_word_in_brackets_and_a_parameter_its_boolean() {
        let (_root, machine) = machine("lzo [zstd] lz4\n");
        assert_eq!(present(&machine, PATH, "lzo", "zstd").unwrap(), Present::Wanted);
        assert!(super::is_same("/sys/module/zswap/parameters/enabled", "Y", "1"));
        assert!(!super::is_same("/proc/sys/vm/swappiness", "Y", "1"));
    }

    #[test]
    fn a_file_that_is_no_value_of_the_kernel_is_left_alone() {
        let (root, machine) = machine("1");
        fs::write(root.path().join("shadow"), "1").unwrap();
        for path in ["/shadow", "/proc/sys/../../shadow", "/system/x"] {
            let error = act(&machine, path, "2").unwrap_err();
            assert!(error.to_string().contains("below /proc/sys or /sys"), "{error}");
            assert!(present(&machine, path, "1", "2").is_err());
        }
        assert_eq!(fs::read_to_string(root.path().join("shadow")).unwrap(), "1");
    }

    #[test]
    fn a_kernel_without_the_value_says_so() {
        let (_root, machine) = machine("1");
        let Present::Other(words) = present(&machine, "/proc/sys/vm/gone", "1", "2").unwrap() else {
            panic!("it is not there")
        };
        assert!(words.contains("no such value"), "{words}");
    }
}
