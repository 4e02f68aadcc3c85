//! Fixes of every rule: what they mend is mended, and the file means the same elsewhere, whatever stands around it.

use judge::lint::{Example, Subject, rules};
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintFinding, LintTarget};
use model::manifest::ManifestFile;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::prop_assert;

fn findings(file: &ManifestFile) -> Vec<LintFinding> {
    let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
    judge::lint::lint(&Subject { file, target })
}

/// Mends one finding after the other and returns how many fixes there were.
fn mend(name: &str, text: &str) -> Result<usize, String> {
    let mut file = manifest::read(name, text.as_bytes());
    let mut fixes = 0;
    while let Some(finding) = findings(&file).into_iter().find(|finding| finding.fix.is_some()) {
        let fix = finding.fix.as_ref().map(|fix| fix.edits.clone()).unwrap_or_default();
        let next = manifest::edit::edit(&file, &fix)
            .map_err(|refusal| format!("{}: {refusal:?} in\n{}", finding.rule, file.text))?;
        let count = |file: &ManifestFile| findings(file).iter().filter(|it| it.rule == finding.rule).count();
        if count(&next) >= count(&file) {
            return Err(format!("{} still says so after its fix:\n{}", finding.rule, next.text));
        }
        fixes += 1;
        file = next;
    }
    Ok(fixes)
}

fn bad_examples() -> Vec<&'static Example> {
    let all = rules().flat_map(|rule| rule.bad);
    all.filter(|example| {
        let file = manifest::read(example.file, example.text.as_bytes());
        findings(&file).iter().any(|finding| finding.fix.is_some())
    })
    .collect()
}

#[test]
fn what_a_fix_mends_is_mended_and_nothing_else_changes() {
    let examples = bad_examples();
    let faults: Vec<String> =
        examples.iter().filter_map(|example| mend(example.file, example.text).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(examples.len() >= 10, "only {} examples have a fix", examples.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_stands_around_a_fix_stays(index in any::<prop::sample::Index>(), crlf: bool, comment: bool, before: bool, after: bool) {
        let examples = bad_examples();
        let example = *index.get(&examples);
        let mut text = example.text.to_owned();
        let is_yaml = example.file.ends_with(".yaml") || example.file.ends_with(".yml");
        if is_yaml {
            let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}  # theirs\ndata: {key: \"ä: 1\"}\n";
            if comment {
                text = text.lines().map(|line| format!("{line}  # ü\n")).collect();
            }
            if before { text = format!("{other}---\n{text}"); }
            if after { text = format!("{}\n---\n{other}", text.trim_end()); }
            if crlf { text = text.replace('\n', "\r\n"); }
        }
        // A comment may stand inside a block of text and change what it is; then there is nothing to mend.
        prop_assert!(mend(example.file, &text).is_ok(), "{}", mend(example.file, &text).unwrap_err());
    }
}
