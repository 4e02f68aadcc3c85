//! Check: the binary consists of few enough crates for a person to know them.

use super::rules::CrateCount;
use super::violation::Violation;
use std::collections::BTreeSet;

/// The number of different crates in `cargo tree --prefix none`, a crate in two versions counted twice.
pub fn count(tree: &str) -> usize {
    // Each line is `name v1.2.3 (where from) (*)`; the star marks a repetition.
    let crates = tree.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>());
    crates.filter(|words| !words.is_empty()).collect::<BTreeSet<_>>().len()
}

/// Refuses a tree above the bound.
pub fn check(tree: &str, bound: &CrateCount) -> Vec<Violation> {
    let count = count(tree);
    if count <= bound.max {
        return Vec::new();
    }
    let wrong =
        format!("the binary consists of {count} crates, above {} (the aim is {})", bound.max, bound.aim);
    vec![Violation::new(
        "Cargo.lock",
        1,
        wrong,
        "drop a dependency or a feature; `cargo tree -p highwater -e normal,build`",
    )]
}

#[cfg(test)]
mod tests {
    use super::{check, count};
    use crate::tidy::rules::CrateCount;

    const TREE: &str = "highwater v0.1.0 (/repo/crates/highwater)\nanyhow v1.0.1\nsyn v2.0.1\nsyn v3.0.0\nanyhow v1.0.1 (*)\n\n";

    #[test]
    fn repetitions_count_once_and_versions_twice() {
        assert_eq!(count(TREE), 4);
    }

    #[test]
    fn a_tree_above_the_bound_is_refused() {
        assert_eq!(check(TREE, &CrateCount { aim: 3, max: 4 }), []);
        assert_eq!(check(TREE, &CrateCount { aim: 2, max: 3 }).len(), 1);
    }
}
