//! Check: a room uses only the rooms that `arrows.toml` allows, and testkit only in tests.

use super::package::{DependencyKind, Package, room_of};
use super::rules::Rules;
use super::violation::Violation;

/// Every forbidden edge between our own crates.
pub fn check(packages: &[Package], rules: &Rules) -> Vec<Violation> {
    packages.iter().flat_map(|package| check_package(package, rules)).collect()
}

fn check_package(package: &Package, rules: &Rules) -> Vec<Violation> {
    let room = package.room();
    let Some(rule) = rules.rooms.get(room) else {
        let wrong = format!("room `{room}` is not on the map");
        return vec![Violation::new(
            &package.manifest,
            1,
            wrong,
            "give it a place in arrows.toml and ARCHITECTURE.md",
        )];
    };
    let mut violations = Vec::new();
    for dependency in &package.dependencies {
        let used = room_of(&dependency.name);
        if !rules.rooms.contains_key(used) {
            continue;
        }
        let line = package.line_naming(&dependency.name);
        let is_test = dependency.kind == DependencyKind::Test;
        if used == "testkit" && is_test {
            continue;
        }
        if used == "testkit" {
            let wrong = format!("`{room}` depends on testkit outside its tests");
            violations.push(Violation::new(&package.manifest, line, wrong, "make it a dev-dependency"));
        } else if !rule.uses.iter().any(|allowed| allowed == used) {
            let allowed = if rule.uses.is_empty() { "no room".to_owned() } else { rule.uses.join(", ") };
            let wrong = format!("`{room}` may not use `{used}`");
            let remedy = format!("it may use {allowed}: move the code, or pass the value as an argument");
            violations.push(Violation::new(&package.manifest, line, wrong, remedy));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::package::DependencyKind::{Build, Normal, Test};
    use crate::tidy::package::tests::package;
    use crate::tidy::rules::tests::our_rules;

    #[test]
    fn the_arrows_of_the_map_pass() {
        let judge =
            package("judge", &[("highwater-model", Normal), ("highwater-testkit", Test), ("proptest", Test)]);
        let testkit = package("testkit", &[("highwater-sources", Normal)]);
        assert_eq!(check(&[judge, testkit], &our_rules()), []);
    }

    #[test]
    fn a_room_that_looks_where_it_may_not_is_refused() {
        for (room, used, kind) in [
            ("judge", "highwater-sources", Normal),
            ("kernel", "highwater-model", Build),
            ("model", "highwater-judge", Test),
            ("sources", "highwater-apply", Normal),
            ("tui", "highwater-testkit", Normal),
            ("xtask", "highwater", Normal),
        ] {
            assert_eq!(check(&[package(room, &[(used, kind)])], &our_rules()).len(), 1, "{room} → {used}");
        }
    }

    #[test]
    fn the_violation_names_the_line() {
        let package = package("judge", &[("highwater-model", Normal), ("highwater-api", Normal)]);
        let found = check(&[package], &our_rules());
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["crates/judge/Cargo.toml:3: `judge` may not use `api`; \
              it may use kernel, model: move the code, or pass the value as an argument"]
        );
    }

    #[test]
    fn an_unknown_room_is_refused() {
        assert_eq!(check(&[package("utils", &[])], &our_rules()).len(), 1);
    }
}
