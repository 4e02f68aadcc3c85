//! Check: every crate in the graph can be had under a licence of our list.

use super::violation::Violation;
use serde_json::Value;

/// Every crate of `cargo metadata` whose licence expression the list does not satisfy.
pub fn check(metadata: &Value, allowed: &[String]) -> Vec<Violation> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter_map(|package| {
            let name = package["name"].as_str().unwrap_or("?");
            let version = package["version"].as_str().unwrap_or("?");
            let licence = package["license"].as_str().unwrap_or("none");
            let refused = !is_allowed(licence, allowed);
            refused.then(|| {
                let wrong = format!("`{name}` {version} has licence `{licence}`");
                Violation::new("Cargo.lock", 1, wrong, "use another crate; the list is in arrows.toml")
            })
        })
        .collect()
}

/// Does the list satisfy an SPDX expression of names, `OR`, `AND`, `WITH` and parentheses?
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    // Cargo's old form separates with a slash what today is `OR`.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, allowed };
    parser.either() == Some(true) && parser.words.is_empty()
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.next();
        }
        found
    }

    fn either(&mut self) -> Option<bool> {
        let mut holds = self.both()?;
        while self.accept("OR") {
            holds |= self.both()?;
        }
        Some(holds)
    }

    fn both(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.accept("AND") {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.accept("(") {
            let holds = self.either()?;
            return self.accept(")").then_some(holds);
        }
        let mut name = self.next()?.to_owned();
        if self.accept("WITH") {
            name = format!("{name} WITH {}", self.next()?);
        }
        Some(self.allowed.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::{check, is_allowed};
    use crate::tidy::rules::tests::our_rules;
    use serde_json::json;

    #[test]
    fn expressions_are_understood() {
        let allowed = our_rules().licences.allowed;
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "none",
            "",
            "MIT AND GPL-3.0",
            "MIT OR",
            "(MIT",
            "MIT MIT",
            "Apache-2.0 WITH Swift-exception",
        ] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn a_crate_without_a_licence_is_refused() {
        let metadata = json!({"packages": [
            {"name": "good", "version": "1.0.0", "license": "ISC"},
            {"name": "bad", "version": "2.0.0", "license": null},
        ]});
        let found = check(&metadata, &our_rules().licences.allowed);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].wrong, "`bad` 2.0.0 has licence `none`");
    }
}
