//! Check: who may name which outside crate; the wall that keeps I/O out of the pure rooms.

use super::package::{Dependency, DependencyKind, Package, room_of};
use super::rules::Rules;
use super::violation::Violation;

/// Every outside crate that is named by a room that may not.
pub fn check(packages: &[Package], rules: &Rules) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            if rules.rooms.contains_key(room_of(&dependency.name)) {
                continue;
            }
            if let Some((wrong, remedy)) = refusal(package.room(), dependency, rules) {
                let line = package.line_naming(&dependency.name);
                violations.push(Violation::new(&package.manifest, line, wrong, remedy));
            }
        }
    }
    violations
}

fn refusal(room: &str, dependency: &Dependency, rules: &Rules) -> Option<(String, String)> {
    let name = &dependency.name;
    if rules.tests.crates.contains(name) {
        let allowed = dependency.kind == DependencyKind::Test || matches!(room, "testkit" | "xtask");
        return (!allowed).then(|| (format!("`{name}` is for tests"), "make it a dev-dependency".to_owned()));
    }
    if let Some(rooms) = rules.contained.get(name)
        && !rooms.iter().any(|allowed| allowed == room)
    {
        let remedy = format!("only these may: {}; translate at that border", rooms.join(", "));
        return Some((format!("`{room}` may not name `{name}`"), remedy));
    }
    let outside = rules.rooms.get(room)?.outside.as_ref()?;
    if outside.contains(name) {
        return None;
    }
    let remedy =
        "it takes plain values; if the crate is truly needed, add it to the room's `outside` in arrows.toml";
    Some((format!("pure room `{room}` may not name `{name}`"), remedy.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::package::DependencyKind::{Build, Normal, Test};
    use crate::tidy::package::tests::package;
    use crate::tidy::rules::tests::our_rules;

    #[test]
    fn crates_at_their_place_pass() {
        let packages = [
            package("view", &[("unicode-width", Normal), ("insta", Test)]),
            package("sources", &[("tokio", Normal), ("serde_json", Normal), ("some-new-crate", Normal)]),
            package("xtask", &[("anyhow", Normal), ("tempfile", Normal)]),
            package("testkit", &[("tempfile", Normal)]),
        ];
        assert_eq!(check(&packages, &our_rules()), []);
    }

    #[test]
    fn crates_out_of_their_place_are_refused() {
        for (room, used, kind) in [
            ("judge", "chrono", Normal),
            ("model", "serde", Normal),
            ("kernel", "serde", Test),
            ("view", "ratatui", Normal),
            ("tui", "tokio", Normal),
            ("store", "kube", Build),
            ("sources", "anyhow", Normal),
            ("api", "insta", Normal),
        ] {
            assert_eq!(check(&[package(room, &[(used, kind)])], &our_rules()).len(), 1, "{room} → {used}");
        }
    }
}
