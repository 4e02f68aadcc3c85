//! Check: no file, folder, module or type is a drawer for things without a place.

use super::rust_file::RustFile;
use super::violation::Violation;

/// Names that say nothing; a whole name, or the part of a path.
const DRAWERS: [&str; 12] = [
    "utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "mod", "shared", "stuff",
    "tools",
];

/// Words that spoil a longer name too: `docker_utils`.
const DRAWER_WORDS: [&str; 7] = ["utils", "util", "helpers", "helper", "misc", "manager", "stuff"];

const TYPE_ENDINGS: [&str; 4] = ["Manager", "Helper", "Utils", "Util"];

const REMEDY: &str = "name it after the noun it holds, or move its parts to the rooms that STYLE.md lists";

/// Refuses the path, the modules and the types of a file that are named like drawers.
pub fn check(file: &RustFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    for part in file.path.split('/') {
        let stem = part.strip_suffix(".rs").unwrap_or(part);
        if is_drawer(stem) {
            violations.push(Violation::new(&file.path, 1, format!("`{part}` is a drawer"), REMEDY));
        }
    }
    for (line, code) in (1..).zip(file.code.lines()) {
        let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for pair in words.windows(2) {
            let &[keyword, name] = pair else { continue };
            let refused = match keyword {
                "mod" => is_drawer(name),
                "struct" | "enum" | "trait" | "type" => {
                    TYPE_ENDINGS.iter().any(|ending| name.ends_with(ending))
                }
                _ => false,
            };
            if refused {
                violations.push(Violation::new(&file.path, line, format!("`{name}` is a drawer"), REMEDY));
            }
        }
    }
    violations
}

fn is_drawer(name: &str) -> bool {
    DRAWERS.contains(&name) || name.split(['_', '-']).any(|word| DRAWER_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::rust_file::RustFile;

    fn found(path: &str, text: &str) -> usize {
        check(&RustFile::new(path, text)).len()
    }

    #[test]
    fn names_of_nouns_pass() {
        assert_eq!(
            found("crates/judge/src/common_ancestor.rs", "mod swap_limit;\nstruct Managed;\n// mod utils\n"),
            0
        );
    }

    #[test]
    fn drawers_are_refused() {
        assert_eq!(found("crates/kernel/src/utils.rs", ""), 1);
        assert_eq!(found("crates/kernel/src/cgroup/mod.rs", ""), 1);
        assert_eq!(found("crates/common/src/lib.rs", ""), 1);
        assert_eq!(found("crates/sources/src/docker_helpers.rs", ""), 1);
        assert_eq!(found("crates/sources/src/a.rs", "pub mod util {}\npub struct CgroupManager;\n"), 2);
    }
}
