//! Check: each pure room has its own `clippy.toml` with the bans, and repeats the root's settings.

use super::violation::Violation;

/// What every pure room's `clippy.toml` bans; a clippy ban sees through renames, which a search in text does not.
const BANNED: [&str; 4] =
    ["std::time::SystemTime::now", "std::fs::read_to_string", "std::fs::File", "std::process::Command"];

/// Refuses a pure room whose `clippy.toml` is absent, bans too little, or forgets a root setting:
/// the nearest file replaces the root's, it does not add to it.
pub fn check(room: &str, text: Option<&str>, root_text: &str) -> Vec<Violation> {
    let path = format!("crates/{room}/clippy.toml");
    let Some(text) = text else {
        return vec![Violation::new(
            &path,
            1,
            "this pure room has no clippy.toml",
            "copy the one of `kernel`",
        )];
    };
    let mut violations = Vec::new();
    for setting in root_text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if !text.lines().any(|line| line.trim() == setting) {
            let wrong = format!("the root's `{setting}` is not repeated");
            violations.push(Violation::new(&path, 1, wrong, "add the line: this file replaces the root's"));
        }
    }
    for banned in BANNED {
        if !text.contains(&format!("path = \"{banned}\"")) {
            let wrong = format!("`{banned}` is not banned");
            violations.push(Violation::new(&path, 1, wrong, "copy the bans of `crates/kernel/clippy.toml`"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;

    const OURS: &str = include_str!("../../../crates/kernel/clippy.toml");
    const ROOT: &str = include_str!("../../../clippy.toml");

    #[test]
    fn the_file_of_kernel_passes() {
        assert_eq!(check("kernel", Some(OURS), ROOT), []);
    }

    #[test]
    fn an_absent_or_shorter_file_is_refused() {
        assert_eq!(check("judge", None, ROOT).len(), 1);
        assert_eq!(check("judge", Some(ROOT), ROOT).len(), 4);
        assert_eq!(check("judge", Some(OURS), "# why\nnew-setting = 1\n").len(), 1);
    }
}
