//! The checks of a scenario: each is printed when it is made, and counted.

use serde_json::Value;
use std::fmt::Display;
use std::process::ExitCode;

/// Counts checks.
#[derive(Default)]
pub struct Checks {
    passed: usize,
    failed: usize,
}

impl Checks {
    /// One check; the detail is printed when it does not hold.
    pub fn check(&mut self, name: &str, holds: bool, detail: impl Display) {
        if holds {
            self.passed += 1;
            println!("ok    {name}");
        } else {
            self.failed += 1;
            println!("FAIL  {name}: {detail}");
        }
    }

    /// A value of the product's JSON is what the kernel says.
    pub fn equal(&mut self, name: &str, found: &Value, expected: &Value) {
        self.check(name, found == expected, format!("expected {expected}, found {found}"));
    }

    /// A number of the product's JSON lies between what was read before it and after it, or nearly.
    pub fn between(&mut self, name: &str, found: &Value, readings: [u64; 2], tolerance: u64) {
        let [before, after] = readings;
        let low = before.min(after).saturating_sub(tolerance);
        let high = before.max(after).saturating_add(tolerance);
        let holds = found.as_u64().is_some_and(|found| (low..=high).contains(&found));
        self.check(name, holds, format!("expected {low} to {high}, found {found}"));
    }

    /// Prints the counts; the exit code is 1 when a check failed or none was made.
    pub fn conclude(self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::Checks;
    use serde_json::json;
    use std::process::ExitCode;

    #[test]
    fn a_number_may_lie_a_little_outside_its_readings() {
        let mut checks = Checks::default();
        checks.between("low", &json!(90), [100, 120], 10);
        checks.between("high", &json!(130), [120, 100], 10);
        checks.between("too high", &json!(131), [120, 100], 10);
        checks.between("unknown", &json!(null), [0, 0], 10);
        assert_eq!((checks.passed, checks.failed), (2, 2));
    }

    #[test]
    fn a_scenario_that_checked_nothing_fails() {
        assert_eq!(Checks::default().conclude(), ExitCode::FAILURE);
        let mut checks = Checks::default();
        checks.equal("null", &json!(null), &json!(null));
        assert_eq!(checks.conclude(), ExitCode::SUCCESS);
    }
}
