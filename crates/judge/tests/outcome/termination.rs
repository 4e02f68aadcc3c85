//! What an end proves.

use judge::termination::{ends, proof};
use model::document::Span;
use model::outcome::termination::{OomProof, WhichEnd};
use model::workload::{ContainerStatus, Termination};
use proptest::prelude::{prop_assert_eq, proptest};

fn end(reason: &str, exit_code: Option<i64>) -> Termination {
    Termination {
        span: Span::default(),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        exit_code,
        signal: None,
        finished_at: None,
    }
}

/// The ends that the recorded node showed: `oomloop`, `q-oom-child-exit0`, `oom-never`, a reboot, and others.
#[test]
fn ends_that_were_seen() {
    for (reason, code, expected) in [
        ("OOMKilled", Some(137), OomProof::Proven),
        ("OOMKilled", None, OomProof::Proven),
        ("OOMKilled", Some(0), OomProof::ProvenInChild),
        ("OOMKilled", Some(1), OomProof::ProvenInChild),
        ("Error", Some(137), OomProof::Possible),
        ("Unknown", Some(255), OomProof::LostSight),
        ("ContainerStatusUnknown", Some(137), OomProof::LostSight),
        ("Error", Some(1), OomProof::NotFirstProcess),
        ("Error", Some(143), OomProof::NotFirstProcess),
        ("Completed", Some(0), OomProof::NotFirstProcess),
        ("", None, OomProof::NotTold),
    ] {
        assert_eq!(proof(&end(reason, code), None), expected, "{reason} {code:?}");
    }
}

#[test]
fn an_oom_kill_beside_it_makes_a_sigkill_likely_one() {
    let status = ContainerStatus {
        terminated: Some(end("OOMKilled", Some(137))),
        last_terminated: Some(end("Error", Some(137))),
        ..ContainerStatus::default()
    };
    let proofs: Vec<_> = ends(&status).iter().map(|end| (end.which, end.proof)).collect();
    assert_eq!(proofs, [(WhichEnd::Current, OomProof::Proven), (WhichEnd::Last, OomProof::Likely)]);
}

#[test]
fn signal_nine_is_a_sigkill_whatever_the_code() {
    let killed = Termination { signal: Some(9), ..end("Error", Some(1)) };
    assert_eq!(proof(&killed, None), OomProof::Possible);
}

proptest! {
    /// Only the runtime's own word proves a kill, whatever the code.
    #[test]
    fn nothing_but_the_reason_proves_it(code in -1_i64..300, reason in "[A-Za-z]{0,12}") {
        let found = proof(&end(&reason, Some(code)), None);
        let is_proven = matches!(found, OomProof::Proven | OomProof::ProvenInChild);
        prop_assert_eq!(is_proven, reason == "OOMKilled");
    }
}
