//! Kills as verdicts: each incident is an alert of its own, told once.

use super::verdict::{Broken, Judged, Verdict};
use super::{Happened, Look, subject};
use kernel::limit::Limit;
use model::alert::evidence::{Evidence, EvidenceKey, Figure};
use model::alert::{AlertKey, AlertRule};
use model::finding::Severity;
use model::incident::FirstProcess;

/// Says what happened, and how many kills nothing explains beyond those that were told.
pub fn judge(judged: &mut Judged, unattributed_told: &mut u64, look: &Look<'_>) {
    let host = subject::of_host(look.snapshot);
    for happened in look.incidents {
        let incident = happened.incident;
        let key = AlertKey {
            rule: rule(happened),
            subject: subject::of_place(&incident.place, &host),
            occurrence: Some(incident.id.0.clone()),
        };
        let labels = subject::place_labels(look.snapshot, &incident.place);
        let broken = Broken { severity: Severity::Critical, evidence: evidence(happened), labels };
        judged.verdicts.insert(key, Verdict::Broken(broken));
    }
    let Some(count) = look.unattributed_kills.get() else { return };
    let more = count.saturating_sub(*unattributed_told);
    // The count begins anew with the agent; kills may also be explained later.
    *unattributed_told = count;
    if more > 0 {
        let evidence = Evidence::default().and(EvidenceKey::Kills, Figure::Count(count));
        let labels = subject::of_machine(look.snapshot);
        let broken = Broken { severity: Severity::Warning, evidence, labels };
        judged.say(AlertRule::UnattributedKills, &host, Verdict::Broken(broken));
    }
}

const fn rule(happened: &Happened<'_>) -> AlertRule {
    match happened.incident.first_process {
        FirstProcess::Lives => AlertRule::InvisibleKill,
        FirstProcess::Killed | FirstProcess::Ended { .. } | FirstProcess::Unknown(_) => AlertRule::OomKill,
    }
}

fn evidence(happened: &Happened<'_>) -> Evidence {
    let incident = happened.incident;
    let limit = incident.limit_hit().get().and_then(Limit::bytes);
    Evidence::default()
        .and(EvidenceKey::Kills, Figure::Count(incident.kills))
        .and_known(EvidenceKey::Limit, limit.map(Figure::Bytes))
        .and(EvidenceKey::Incident, Figure::Word(incident.id.0.clone()))
        .and(EvidenceKey::Cause, Figure::Word(happened.sentence.to_owned()))
}
