//! What is written of an incident is read again.

use super::{
    Bytes, Cause, CauseKind, Censored, Confidence, Consumer, CounterName, Duration, Evidence, Growth, NoHelp,
    Reading, Survival, SwapCost, SwapCounterfactual, cause, consumer, read, survival, swap,
};
use crate::incidents::judgement;
use model::incident::cause::MemoryPart;
use serde_json::json;

const A: Bytes = Bytes(4_096);
const B: Bytes = Bytes(8_192);
const OVER: Duration = Duration::from_millis(8_250);

fn every_evidence() -> Vec<Evidence> {
    let (path, comm) = ("/a".to_owned(), "java".to_owned());
    let mut all = vec![
        Evidence::Full { counter: CounterName::MemorySwap, limit: A },
        Evidence::Room { counter: CounterName::Swap, usage: A, limit: B },
        Evidence::KernelPart { key: "slab".to_owned(), bytes: A },
        Evidence::ProcessHeld { pid: 7, comm: comm.clone(), bytes: A, of: B },
        Evidence::VictimHeldLittle { comm, bytes: A, of: B },
        Evidence::NeighbourHeld { path: path.clone(), bytes: A, of: B },
        Evidence::OwnHeld { bytes: A, of: B },
        Evidence::Grew { from: A, to: B, over: OVER },
        Evidence::StoodAt { ratio: 0.75, over: OVER },
        Evidence::GrewSteadily { bytes: A, over: OVER },
        Evidence::SwapForbidden,
        Evidence::NoSwap,
        Evidence::MachineSwapFull { total: A },
        Evidence::MachineFree { free: A, total: B },
        Evidence::Order { order: -1 },
        Evidence::NoLimitHit,
        Evidence::AllowedNodes { nodes: "0-1".to_owned() },
        Evidence::GroupKilled { path, kills: 3 },
        Evidence::KilledInARow { kills: 2 },
        Evidence::SysRq,
    ];
    all.extend(MemoryPart::ALL.map(|part| Evidence::PartHeld { part, bytes: A, of: B }));
    all
}

#[test]
fn every_cause_with_every_evidence_is_read_again() {
    for (kind, confidence) in CauseKind::ALL.into_iter().zip(Confidence::ALL.into_iter().cycle()) {
        let known = Cause { kind, confidence, rule: "spike".to_owned(), evidence: every_evidence() };
        assert_eq!(cause(&judgement::cause(&known)), Some(known));
    }
}

#[test]
fn every_consumer_is_read_again() {
    let (pid, comm) = (7, "java".to_owned());
    for known in [
        Consumer::Victim { bytes: A },
        Consumer::Process { pid, comm, bytes: A },
        Consumer::ManyProcesses { count: 3, bytes: A },
        Consumer::Tmpfs { bytes: A },
        Consumer::PageCache { bytes: A },
        Consumer::Kernel { bytes: A },
        Consumer::Neighbour { path: "/a".to_owned(), bytes: A },
        Consumer::Unknown("no table".to_owned()),
    ] {
        assert_eq!(consumer(&judgement::consumer(&known)), Some(known));
    }
}

#[test]
fn what_would_have_survived_is_read_again() {
    let growth = Growth { bytes_per_second: 8_400_000.5, over: OVER };
    for censored in [Censored::AtLimit, Censored::WhileGrowing, Censored::NoLimitHit, Censored::Unknown] {
        for growth in [Reading::Value(growth), Reading::Absent] {
            let (lower_bound, unreclaimable) = (Reading::Value(A), Reading::Absent);
            let counter = CounterName::Memory;
            let known = Survival { counter, lower_bound, unreclaimable, growth, censored };
            assert_eq!(survival(&judgement::survival(&known)), Some(known));
        }
    }
    let costs = [SwapCost::Little, SwapCost::Waits { refaults: 9 }, SwapCost::Unknown];
    let times = [Reading::Value(OVER), Reading::Absent];
    let (in_use, together) = (NoHelp::InUse, NoHelp::CountedTogether);
    let reasons =
        [NoHelp::KernelMemory, NoHelp::PageCache, together, in_use, NoHelp::NotShort, NoHelp::NotAmount];
    let verdicts = costs
        .map(|cost| SwapCounterfactual::Absorbs { at_most: A, cost })
        .into_iter()
        .chain(times.map(|time| SwapCounterfactual::Delays { at_most: A, time }))
        .chain(reasons.map(SwapCounterfactual::CannotHelp))
        .chain([SwapCounterfactual::WasFull { limit: A }, SwapCounterfactual::Unknown("why".to_owned())]);
    for known in verdicts {
        assert_eq!(swap(&judgement::swap(&known)), Some(known));
    }
}

#[test]
fn what_is_no_incident_of_ours_is_none() {
    for document in [json!({}), json!({"incident": null}), json!({"incident": {"cause": {"kind": "spike"}}})]
    {
        assert_eq!(read(&document), None, "{document}");
    }
}
