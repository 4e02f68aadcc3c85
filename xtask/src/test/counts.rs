//! How many tests a suite's output says passed and failed.

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
}

/// Who counts the tests of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Nobody: the suite is one check.
    OneCheck,
    /// The test runner: `cargo nextest` or `cargo test`.
    Runner,
    /// A scenario, in its last line.
    Scenario,
    /// `fuzz/run.sh`, one line for each target.
    Fuzz,
}

/// How a suite's program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With exit status 0.
    Success,
    /// Otherwise.
    Failure,
}

/// Reads the counts out of a suite's output; a failure always counts at least once.
pub fn count(counting: Counting, output: &str, ending: Ending) -> Counts {
    let mut counts = match counting {
        Counting::OneCheck => Counts { passed: usize::from(ending == Ending::Success), failed: 0 },
        Counting::Runner => output.lines().filter_map(runner_line).fold(Counts::default(), added),
        Counting::Scenario => output.lines().rev().find_map(scenario_line).unwrap_or_default(),
        Counting::Fuzz => output.lines().filter_map(fuzz_line).fold(Counts::default(), added),
    };
    if ending == Ending::Failure {
        counts.failed = counts.failed.max(1);
    }
    counts
}

fn added(left: Counts, right: Counts) -> Counts {
    Counts { passed: left.passed + right.passed, failed: left.failed + right.failed }
}

/// `Summary [ 0.1s] 5 tests run: 4 passed (1 slow), 1 failed, 0 skipped`, or `test result: ok. 4 passed; 1 failed; …`.
fn runner_line(line: &str) -> Option<Counts> {
    let (_, list) = match line.split_once("test result: ") {
        Some((_, result)) => result.split_once(". ")?,
        None => line.split_once(" run: ").filter(|(head, _)| head.contains("Summary ["))?,
    };
    let mut counts = Counts::default();
    for part in list.split([',', ';']) {
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
        match words.collect::<Vec<_>>().as_slice() {
            ["passed", ..] => counts.passed += number,
            ["failed", ..] | ["timed", "out", ..] | ["exec", "failed", ..] => counts.failed += number,
            _ => {}
        }
    }
    Some(counts)
}

/// `7 passed, 0 failed`.
fn scenario_line(line: &str) -> Option<Counts> {
    let (passed, failed) = line.trim().strip_suffix(" failed")?.split_once(" passed, ")?;
    Some(Counts { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
}

/// `fuzz: psi 8192 inputs in 5 s, nothing found`, or `fuzz: psi failed; …`.
fn fuzz_line(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("fuzz: ")?;
    if rest.ends_with("nothing found") {
        return Some(Counts { passed: 1, failed: 0 });
    }
    rest.contains(" failed").then_some(Counts { passed: 0, failed: 1 })
}

#[cfg(test)]
mod tests {
    use super::{Counting, Counts, Ending, count};

    fn counted(counting: Counting, output: &str) -> (usize, usize) {
        let Counts { passed, failed } = count(counting, output, Ending::Success);
        (passed, failed)
    }

    #[test]
    fn both_runners_are_understood() {
        let nextest =
            "     Summary [   0.1s] 7 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 3 skipped";
        assert_eq!(counted(Counting::Runner, nextest), (4, 3));
        assert_eq!(counted(Counting::Runner, "Summary [ 0.1s] 1 test run: 1 passed, 0 skipped\n"), (1, 0));
        let cargo = "test result: ok. 5 passed; 0 failed; 0 ignored\nx\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(counted(Counting::Runner, cargo), (6, 2));
    }

    #[test]
    fn a_scenario_tells_in_its_last_line() {
        assert_eq!(counted(Counting::Scenario, "1 passed, 1 failed\nok\n7 passed, 0 failed\n"), (7, 0));
        let fuzz = "fuzz: psi 12 inputs in 5 s, nothing found\nfuzz: host failed; the input is in x\n";
        assert_eq!(counted(Counting::Fuzz, fuzz), (1, 1));
    }

    #[test]
    fn a_suite_that_ends_badly_has_failed_whatever_it_printed() {
        assert_eq!(
            count(Counting::Runner, "error: could not compile", Ending::Failure),
            Counts { passed: 0, failed: 1 }
        );
        assert_eq!(
            count(Counting::Scenario, "7 passed, 0 failed", Ending::Failure),
            Counts { passed: 7, failed: 1 }
        );
        assert_eq!(count(Counting::OneCheck, "", Ending::Success), Counts { passed: 1, failed: 0 });
        assert_eq!(count(Counting::OneCheck, "", Ending::Failure), Counts { passed: 0, failed: 1 });
    }
}
