//! Check: a Rust file has at most 500 lines, and ARCHITECTURE.md at most 200.

use super::violation::Violation;

const RUST_LINES_MAX: usize = 500;
const ARCHITECTURE_LINES_MAX: usize = 200;

/// Files that a program writes and nobody reads from top to bottom.
const GENERATED: [&str; 0] = [];

/// Refuses a file that is too long to be read at once.
pub fn check(path: &str, text: &str) -> Option<Violation> {
    let (max, remedy) = if path == "ARCHITECTURE.md" {
        (ARCHITECTURE_LINES_MAX, "move detail beside the code it describes")
    } else if path.ends_with(".rs") && !GENERATED.contains(&path) {
        (RUST_LINES_MAX, "divide it by its nouns: `lint.rs` beside `lint/`")
    } else {
        return None;
    };
    let lines = text.lines().count();
    (lines > max)
        .then(|| Violation::new(path, max + 1, format!("{lines} lines, at most {max} may be"), remedy))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_file_of_five_hundred_lines_passes_and_one_more_is_refused() {
        assert_eq!(check("crates/kernel/src/psi.rs", &"\n".repeat(500)), None);
        let found = check("crates/kernel/src/psi.rs", &"\n".repeat(501)).map(|violation| violation.line);
        assert_eq!(found, Some(501));
    }

    #[test]
    fn the_map_has_a_bound_of_its_own() {
        assert!(check("ARCHITECTURE.md", &"\n".repeat(201)).is_some());
        assert_eq!(check("README.md", &"\n".repeat(900)), None);
    }
}
