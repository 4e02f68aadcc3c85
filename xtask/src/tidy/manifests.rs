//! Check: each crate lies in the folder of its room, is called after it, and takes the workspace's lints.

use super::package::Package;
use super::violation::Violation;

/// Every crate whose manifest does not follow the house.
pub fn check(packages: &[Package]) -> Vec<Violation> {
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut refuse = |wrong: String, remedy: String| {
        violations.push(Violation::new(&package.manifest, 1, wrong, remedy));
    };
    // These two are not rooms of the library kind: the binary, and the tasks.
    let is_library = !matches!(package.name.as_str(), "highwater" | "xtask");
    let folder = package.manifest.strip_suffix("/Cargo.toml").unwrap_or_default();
    let expected =
        if package.name == "xtask" { "xtask".to_owned() } else { format!("crates/{}", package.room()) };
    if folder != expected {
        refuse(format!("crate `{}` lies in `{folder}`", package.name), format!("move it to `{expected}`"));
    }
    if is_library && !package.name.starts_with("highwater-") {
        let remedy = format!("call it `highwater-{}`", package.name);
        refuse(format!("crate `{}` is not called after the product", package.name), remedy);
    }
    let compact: String = package.text.split_whitespace().collect();
    if is_library && !compact.contains(&format!("[lib]name=\"{}\"", package.room())) {
        refuse(
            "the library has no name of its own".to_owned(),
            format!("[lib] name = \"{}\"", package.room()),
        );
    }
    if package.name != "xtask" && !compact.contains("[lints]workspace=true") {
        refuse("the workspace's lints are not taken".to_owned(), "add [lints] workspace = true".to_owned());
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::package::tests::package;

    #[test]
    fn a_crate_of_the_house_passes() {
        let mut package = package("judge", &[]);
        "[lib]\nname = \"judge\"\n\n[lints]\nworkspace = true\n".clone_into(&mut package.text);
        assert_eq!(check(&[package]), []);
    }

    #[test]
    fn a_crate_without_the_lints_or_in_another_folder_is_refused() {
        let mut package = package("judge", &[]);
        "crates/judgement/Cargo.toml".clone_into(&mut package.manifest);
        let wrong: Vec<_> = check(&[package]).into_iter().map(|violation| violation.wrong).collect();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
