//! The examples of every rule: the bad ones are found by their rule alone, the good ones by none.

use judge::lint::{Example, Rule, Subject, lint, rules};
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintFinding, LintSeverity, LintTarget};

fn findings(example: &Example) -> Vec<LintFinding> {
    let file = manifest::read(example.file, example.text.as_bytes());
    let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
    lint(&Subject { file: &file, target })
}

fn said(findings: &[LintFinding]) -> String {
    findings.iter().map(|finding| format!("{}: {}\n", finding.rule, finding.message)).collect()
}

fn unread(rule: &Rule) -> impl Iterator<Item = String> {
    rule.bad.iter().chain(rule.good).filter_map(|example| {
        let file = manifest::read(example.file, example.text.as_bytes());
        (!file.unread.is_empty()).then(|| format!("{}: {}: {:?}", rule.id, example.file, file.unread))
    })
}

fn faults(rule: &Rule) -> Vec<String> {
    let mut faults: Vec<_> = unread(rule).collect();
    for bad in rule.bad {
        let found = findings(bad);
        if found.is_empty() || found.iter().any(|finding| finding.rule != rule.id) {
            faults.push(format!("{}: bad text, found:\n{}{}", rule.id, said(&found), bad.text));
        }
        let worst = found.iter().map(|finding| finding.severity).max();
        if worst > Some(rule.severity) {
            faults.push(format!("{}: says {worst:?}, is declared {:?}", rule.id, rule.severity));
        }
    }
    for good in rule.good {
        let found = findings(good);
        if !found.is_empty() {
            faults.push(format!("{}: good text, found:\n{}{}", rule.id, said(&found), good.text));
        }
    }
    faults
}

#[test]
fn bad_texts_are_found_and_good_ones_are_not() {
    let faults: Vec<_> = rules().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_has_examples_and_a_name_of_its_own() {
    let mut ids: Vec<_> = rules().map(|rule| rule.id).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
    for rule in rules() {
        assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{}", rule.id);
        assert!(
            rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            rule.id
        );
        assert!(rule.severity >= LintSeverity::Info);
    }
}
