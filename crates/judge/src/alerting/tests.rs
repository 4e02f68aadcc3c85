//! Tests of alerting as a whole: every rule, and what holds whatever the figures do.

use super::verdict::{Judged, Verdict};
use super::{Happened, Look, calm, containers, notice_key::notice_key, step, subject};
use crate::assess::assess;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::alert::book::AlertBook;
use model::alert::evidence::EvidenceKey;
use model::alert::rules::{AlertRules, Band};
use model::alert::silence::{Silence, SilenceSpan};
use model::alert::{AlertChange, AlertKey, AlertRule, ChangeKind, Moment, Phase, Resolution};
use model::cgroup::CgroupIndex;
use model::finding::Severity;
use model::kernel_log::BootId;
use model::leak::{GrowingPart, Leak, LeakCertainty, LeakEvidence};
use model::outcome::eviction::{EvictionLine, FirstToAct};
use model::rates::Rates;
use model::reading::Reading;
use model::replay::Interval;
use model::snapshot::{Snapshot, Timestamp};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use testkit::imagined::{Imagined, at_mib, declares, mib, stat_mib, swaps};

/// A container `web` of 1000 MiB as one look sees it.
#[derive(Clone, Debug)]
struct Web {
    anon_mib: u64,
    swap_mib: u64,
    stalled: f64,
    refaults: f64,
    declared_mib: u64,
    is_there: bool,
}

const CALM: Web =
    Web { anon_mib: 100, swap_mib: 0, stalled: 0.0, refaults: 0.0, declared_mib: 1000, is_there: true };

fn machine(web: &Web) -> Snapshot {
    let mut machine = Imagined::new(CgroupVersion::V2);
    if web.is_there {
        machine.cgroup("/system.slice/docker-web.scope", |cgroup| {
            let swap = if web.swap_mib > 0 { 100 } else { 0 };
            let declared = |mib| Limit::At(Bytes::from_mib(mib));
            declares(cgroup, declared(web.declared_mib), declared(web.declared_mib + swap), None);
            cgroup.memory.usage = mib(web.anon_mib);
            cgroup.memory.limit = at_mib(1000);
            cgroup.stat = stat_mib(CgroupVersion::V2, &[("anon", web.anon_mib)]);
            swaps(cgroup, web.swap_mib, at_mib(swap));
            cgroup.rates = Some(Rates {
                seconds: 1.0,
                refault_anon: Reading::Value(web.refaults),
                stalled_full: Reading::Value(web.stalled),
                ..Rates::default()
            });
        });
    }
    machine.snapshot
}

/// A watch over `web`, a second a look.
struct Watch {
    book: AlertBook,
    rules: AlertRules,
    silences: Vec<Silence>,
    now: Moment,
    unattributed: Reading<u64>,
    eviction: Reading<EvictionLine>,
    leaks: Option<Vec<Leak>>,
}

impl Watch {
    fn new() -> Self {
        let now = Moment {
            wall: Timestamp(1_700_000_000_000),
            uptime: Duration::from_secs(1000),
            boot: Some(BootId(7)),
        };
        Self {
            book: AlertBook::default(),
            rules: AlertRules::default(),
            silences: Vec::new(),
            now,
            unattributed: Reading::Absent,
            eviction: Reading::Absent,
            leaks: None,
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now.uptime += Duration::from_secs(seconds);
        self.now.wall.0 += seconds * 1000;
    }

    fn look(&mut self, web: &Web) -> Vec<AlertChange> {
        self.looks(web, 1)
    }

    /// So many looks at the same.
    fn looks(&mut self, web: &Web, count: usize) -> Vec<AlertChange> {
        let snapshot = machine(web);
        let containers = snapshot.cgroups.iter().enumerate().filter(|(_, cgroup)| cgroup.container.is_some());
        let watched: Vec<_> = containers.map(|(index, _)| CgroupIndex(index)).collect();
        let mut changes = Vec::new();
        for _ in 0..count {
            self.wait(1);
            let look = Look {
                snapshot: &snapshot,
                watched: &watched,
                interval: Duration::from_secs(1),
                incidents: &[] as &[Happened<'_>],
                leaks: self.leaks.as_deref(),
                eviction: &self.eviction,
                unattributed_kills: &self.unattributed,
            };
            changes.extend(step(&mut self.book, &self.rules, &self.silences, &look, &self.now));
        }
        changes
    }
}

/// What is told, in short.
fn told(changes: &[AlertChange]) -> Vec<(AlertRule, ChangeKind, Severity)> {
    changes.iter().map(|change| (change.alert.key.rule, change.kind, change.alert.severity)).collect()
}

const CLEARED: ChangeKind = ChangeKind::Resolved(Resolution::Cleared);

#[test]
fn growth_towards_the_limit_is_told_with_the_time_left() {
    let mut watch = Watch::new();
    // A MiB a second: less than ten percent is left from 900 on, and nothing a hundred seconds later.
    let changes: Vec<AlertChange> =
        (850..960).flat_map(|anon_mib| watch.look(&Web { anon_mib, ..CALM })).collect();
    assert_eq!(told(&changes), [(AlertRule::NearLimit, ChangeKind::Fired, Severity::Critical)]);
    let evidence = &changes[0].alert.evidence;
    let seconds_left = evidence.number(EvidenceKey::TimeLeft).unwrap();
    let left = evidence.bytes(EvidenceKey::Headroom).unwrap();
    assert!((60.0..150.0).contains(&seconds_left), "{seconds_left}");
    assert!(left < Bytes::from_mib(100), "{left:?}");
    let labels = &changes[0].alert.labels;
    assert_eq!(labels.get("container").map(String::as_str), Some("web"));
    assert_eq!(told(&watch.looks(&CALM, 59)), []);
    assert_eq!(told(&watch.looks(&CALM, 3)), [(AlertRule::NearLimit, CLEARED, Severity::Critical)]);
}

#[test]
fn who_asks_for_a_larger_share_is_told_earlier_with_the_true_time() {
    let mut watch = Watch::new();
    watch.rules.headroom = Band { fires: 0.4, clears: 0.5 };
    // Two MiB a second: 400 MiB are left after 200 s, and last as long again.
    let looks = (100..400).map(|look| Web { anon_mib: look * 2, ..CALM });
    let changes: Vec<AlertChange> = looks.flat_map(|web| watch.look(&web)).collect();
    let left = changes[0].alert.evidence.bytes(EvidenceKey::Headroom).unwrap();
    assert!(left > Bytes::from_mib(250), "{left:?}");
    let seconds_left = changes[0].alert.evidence.number(EvidenceKey::TimeLeft).unwrap();
    let is_true = (0.9..1.1).contains(&(seconds_left * 2.0 / (left.0 >> 20) as f64));
    assert!(is_true, "{seconds_left} s for {left:?}");
}

#[test]
fn standing_still_near_the_limit_is_told_only_when_hardly_anything_is_left() {
    let mut watch = Watch::new();
    assert_eq!(told(&watch.looks(&Web { anon_mib: 915, ..CALM }, 120)), []);
    let changes = watch.looks(&Web { anon_mib: 985, ..CALM }, 400);
    assert_eq!(changes.len(), 1, "{:?}", told(&changes));
    assert_eq!(changes[0].alert.key.rule, AlertRule::NearLimit);
}

#[test]
fn full_swap_is_a_notice_and_a_page_when_it_hurts() {
    let mut watch = Watch::new();
    let full = Web { swap_mib: 85, ..CALM };
    let notice = [(AlertRule::SwapUsage, ChangeKind::Fired, Severity::Notice)];
    assert_eq!(told(&watch.looks(&full, 62)), notice);
    let hurts = Web { stalled: 0.1, refaults: 500.0, ..full };
    let worse = (AlertRule::SwapUsage, ChangeKind::Escalated, Severity::Critical);
    assert_eq!(told(&watch.look(&hurts)), [worse]);
    assert!(told(&watch.looks(&full, 30)).iter().all(|(rule, _, _)| *rule == AlertRule::Pressure));
}

#[test]
fn waiting_must_last_before_it_is_told() {
    let mut watch = Watch::new();
    let waits = Web { stalled: 0.3, ..CALM };
    assert_eq!(told(&watch.looks(&waits, 20)), []);
    assert_eq!(told(&watch.looks(&CALM, 1)), []);
    assert_eq!(told(&watch.looks(&waits, 30)), []);
    assert_eq!(told(&watch.look(&waits)), [(AlertRule::Pressure, ChangeKind::Fired, Severity::Critical)]);
}

#[test]
fn what_stands_is_told_again_after_the_repeat() {
    let mut watch = Watch::new();
    watch.rules.repeat = Duration::from_secs(100);
    let waits = Web { stalled: 0.1, ..CALM };
    let kinds: Vec<ChangeKind> = watch.looks(&waits, 300).iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Fired, ChangeKind::Repeated, ChangeKind::Repeated]);
}

#[test]
fn a_container_that_is_gone_ends_its_alerts() {
    let mut watch = Watch::new();
    watch.looks(&Web { stalled: 0.1, swap_mib: 90, ..CALM }, 70);
    assert_eq!(watch.book.alerts.len(), 2);
    let kinds: Vec<ChangeKind> =
        watch.look(&Web { is_there: false, ..CALM }).iter().map(|c| c.kind).collect();
    assert_eq!(kinds, [ChangeKind::Resolved(Resolution::Gone); 2]);
    assert!(watch.book.alerts.is_empty());
}

#[test]
fn a_rule_that_is_switched_off_ends_its_alerts() {
    let mut watch = Watch::new();
    watch.looks(&Web { stalled: 0.1, ..CALM }, 40);
    watch.rules.rules.remove(&AlertRule::Pressure);
    let kinds: Vec<ChangeKind> =
        watch.looks(&Web { stalled: 0.1, ..CALM }, 40).iter().map(|c| c.kind).collect();
    assert_eq!(kinds, [ChangeKind::Resolved(Resolution::RuleOff)]);
}

#[test]
fn a_silence_keeps_back_what_begins_and_ends() {
    let mut watch = Watch::new();
    watch.silences = vec![silence(&watch, 300)];
    let waits = Web { stalled: 0.1, ..CALM };
    assert_eq!(told(&watch.looks(&waits, 299)), []);
    // It still stands when the silence ends.
    assert_eq!(told(&watch.looks(&waits, 2)), [(AlertRule::Pressure, ChangeKind::Fired, Severity::Warning)]);
    // One that began and ended meanwhile was never there for anybody.
    watch.silences = vec![silence(&watch, 3000)];
    assert_eq!(told(&watch.looks(&CALM, 70)), [(AlertRule::Pressure, CLEARED, Severity::Warning)]);
    assert_eq!(told(&watch.looks(&waits, 100)), []);
    assert_eq!(told(&watch.looks(&CALM, 100)), []);
}

fn silence(watch: &Watch, seconds: u64) -> Silence {
    Silence {
        id: "s1".to_owned(),
        names: vec!["w*".to_owned()],
        rules: vec![AlertRule::Pressure],
        reason: None,
        span: SilenceSpan::For { from: watch.now, duration: Duration::from_secs(seconds) },
    }
}

#[test]
fn a_limit_that_is_full_of_file_cache_is_calm() {
    let mut machine = Imagined::new(CgroupVersion::V2);
    let index = machine.cgroup("/system.slice/docker-web.scope", |cgroup| {
        cgroup.memory.usage = mib(999);
        cgroup.memory.limit = at_mib(1000);
        cgroup.stat =
            stat_mib(CgroupVersion::V2, &[("anon", 100), ("inactive_file", 500), ("active_file", 399)]);
    });
    assert!(calm::is_calm(&machine.snapshot, index, &AlertRules::default()));
    machine.snapshot.cgroups[index.0].stat = stat_mib(CgroupVersion::V2, &[("anon", 900)]);
    assert!(!calm::is_calm(&machine.snapshot, index, &AlertRules::default()));
}

#[test]
fn a_pause_of_the_agent_is_no_time_in_which_a_rule_was_broken() {
    let mut watch = Watch::new();
    let waits = Web { stalled: 0.1, ..CALM };
    watch.looks(&waits, 5);
    watch.wait(3600);
    assert_eq!(told(&watch.looks(&waits, 29)), []);
    assert_eq!(watch.looks(&waits, 5).len(), 1);
}

#[test]
fn a_limit_that_is_not_the_declared_one_is_told() {
    let mut watch = Watch::new();
    let drifted = Web { declared_mib: 900, ..CALM };
    let changes = watch.looks(&drifted, 61);
    assert_eq!(told(&changes), [(AlertRule::LimitDrift, ChangeKind::Fired, Severity::Warning)]);
    assert_eq!(changes[0].alert.evidence.bytes(EvidenceKey::Declared), Some(Bytes::from_mib(900)));
    assert_eq!(told(&watch.looks(&CALM, 61)), [(AlertRule::LimitDrift, CLEARED, Severity::Warning)]);
}

#[test]
fn drift_leaks_and_the_machine_have_their_rules() {
    let mut watch = Watch::new();
    watch.eviction = Reading::Value(EvictionLine {
        eviction: Bytes::from_mib(100),
        kswapd_wakes: Bytes::from_mib(40),
        kswapd_sleeps: Bytes::from_mib(60),
        first: FirstToAct::Kubelet,
    });
    watch.leaks = Some(vec![leak()]);
    watch.unattributed = Reading::Value(3);
    let changes = watch.look(&CALM);
    let fired = ChangeKind::Fired;
    let expected = [
        (AlertRule::Leak, fired, Severity::Warning),
        (AlertRule::EvictionLine, fired, Severity::Warning),
        (AlertRule::UnattributedKills, fired, Severity::Warning),
    ];
    assert_eq!(told(&changes), expected);
    assert_eq!(changes[2].alert.evidence.count(EvidenceKey::Kills), Some(3));
    // Nobody looked for leaks or at the kubelet's line: both stand. The kills have been told.
    (watch.leaks, watch.eviction) = (None, Reading::failed("nobody looked"));
    let quiet: Vec<_> = told(&watch.looks(&CALM, 601));
    let over = ChangeKind::Resolved(Resolution::Quiet);
    assert_eq!(quiet, [(AlertRule::UnattributedKills, over, Severity::Warning)]);
    watch.leaks = Some(Vec::new());
    let gone = ChangeKind::Resolved(Resolution::Gone);
    assert_eq!(told(&watch.look(&CALM)), [(AlertRule::Leak, gone, Severity::Warning)]);
}

fn leak() -> Leak {
    Leak {
        name: "web".to_owned(),
        origin: "agent".to_owned(),
        certainty: LeakCertainty::Confirmed(LeakEvidence::DayOverDay),
        part: GrowingPart::Usage,
        bytes_per_day: 1e8,
        interval: Interval { low: 9e7, high: 1.1e8 },
        since_seconds: 0,
        usage: Bytes::from_mib(500),
        limit: None,
        seconds_to_limit: None,
    }
}

/// What may become of `web` from one look to the next.
fn webs() -> impl Strategy<Value = Vec<(Web, u64, i64)>> {
    let web = (50_u64..1100, 0_u64..=100, 0.0_f64..0.5, 0.0_f64..1000.0, 0_u8..10).prop_map(
        |(anon_mib, swap_mib, stalled, refaults, there)| Web {
            anon_mib,
            swap_mib,
            stalled,
            refaults,
            declared_mib: 1000,
            is_there: there > 0,
        },
    );
    // A figure stays for a while; sometimes the agent pauses, or the wall clock steps.
    let steps = (web, 1_u64..90, prop::option::weighted(0.1, -100_000_i64..100_000));
    prop::collection::vec(steps.prop_map(|(web, looks, clock)| (web, looks, clock.unwrap_or(0))), 1..25)
}

/// Runs a story to its end: the container goes, then everything is quiet.
fn story(watch: &mut Watch, webs: &[(Web, u64, i64)]) -> Vec<AlertChange> {
    let mut changes = Vec::new();
    for (web, looks, clock) in webs {
        watch.now.wall.0 = watch.now.wall.0.saturating_add_signed(clock * 1000);
        changes.extend(watch.looks(web, *looks as usize));
    }
    changes.extend(watch.look(&Web { is_there: false, ..CALM }));
    changes
}

proptest! {
    #![proptest_config(Config::with_cases(48))]

    #[test]
    fn every_alert_that_is_told_has_one_beginning_and_one_end(webs in webs(), is_silenced in any::<bool>()) {
        let mut watch = Watch::new();
        if is_silenced {
            watch.silences = vec![silence(&watch, 200)];
        }
        let mut standing: BTreeSet<AlertKey> = BTreeSet::new();
        let mut keys: BTreeMap<String, ChangeKind> = BTreeMap::new();
        for change in story(&mut watch, &webs) {
            let key = change.alert.key.clone();
            match change.kind {
                ChangeKind::Fired => prop_assert!(standing.insert(key)),
                ChangeKind::Escalated | ChangeKind::Repeated => prop_assert!(standing.contains(&key)),
                ChangeKind::Resolved(_) => prop_assert!(standing.remove(&key)),
            }
            prop_assert_eq!(keys.insert(notice_key(&change), change.kind), None);
        }
        prop_assert!(standing.is_empty());
        prop_assert!(watch.book.alerts.is_empty());
    }

    #[test]
    fn a_clock_that_steps_changes_nothing(webs in webs()) {
        let steady: Vec<_> = webs.iter().cloned().map(|(web, looks, _)| (web, looks, 0)).collect();
        let (mut one, mut other) = (Watch::new(), Watch::new());
        let (stepped, steady) = (story(&mut one, &webs), story(&mut other, &steady));
        prop_assert_eq!(told(&stepped), told(&steady));
        let uptimes = |changes: &[AlertChange]| changes.iter().map(|c| c.at.uptime).collect::<Vec<_>>();
        prop_assert_eq!(uptimes(&stepped), uptimes(&steady));
    }

    #[test]
    fn what_trembles_about_a_threshold_is_told_once(noise in prop::collection::vec(-0.02_f64..0.02, 100..400)) {
        let mut watch = Watch::new();
        let waits = Web { stalled: 0.1, ..CALM };
        let mut changes = watch.looks(&waits, 40);
        for noise in &noise {
            changes.extend(watch.look(&Web { stalled: 0.05 + noise, ..CALM }));
        }
        prop_assert_eq!(told(&changes), vec![(AlertRule::Pressure, ChangeKind::Fired, Severity::Warning)]);
    }

    #[test]
    fn a_silence_ends_whatever_the_clock_does(
        seconds in 1_u64..100_000, wall in 0_u64..4_000_000_000_000, boot in 6_u128..9, uptime in 0_u64..300_000
    ) {
        let watch = Watch::new();
        let silence = silence(&watch, seconds);
        let now = Moment {
            wall: Timestamp(wall),
            uptime: Duration::from_secs(uptime),
            boot: Some(BootId(boot)),
        };
        let left = silence.left(&now);
        prop_assert!(left.is_none_or(|left| left <= Duration::from_secs(seconds)));
        if uptime >= 1000 + seconds {
            prop_assert_eq!(left, None);
        }
    }

    #[test]
    fn who_is_calm_breaks_no_rule(anon_mib in 0_u64..1100, swap_mib in 0_u64..=100, stalled in 0.0_f64..0.5, declared_mib in 999_u64..1002) {
        let web = Web { anon_mib, swap_mib, stalled, declared_mib, ..CALM };
        let snapshot = machine(&web);
        let (name, index) = subject::names(&snapshot, &[CgroupIndex(1)]).remove(0);
        let watch = Watch::new();
        if calm::is_calm(&snapshot, index, &watch.rules) {
            let (mut judged, mut trends) = (Judged::default(), BTreeMap::new());
            let assessment = assess(&snapshot, index).unwrap();
            let whom = (name.as_str(), &assessment);
            containers::judge(&mut judged, &mut trends, &watch.rules, &snapshot, whom, &watch.now);
            let broken = judged.verdicts.values().any(|verdict| matches!(verdict, Verdict::Broken(_)));
            prop_assert!(!broken && trends.is_empty(), "{judged:?}");
        } else {
            // What is far from every threshold must be calm, or all are judged each second.
            prop_assert!(anon_mib > 750 || swap_mib > 0 || stalled >= 0.05 || declared_mib != 1000);
        }
    }

    #[test]
    fn a_restart_of_the_agent_changes_nothing_but_the_pace(webs in webs(), cut in 0_usize..20) {
        let mut watch = Watch::new();
        for (web, looks, _) in webs.iter().take(cut) {
            watch.looks(web, *looks as usize);
        }
        let before = watch.book.clone();
        watch.book.trends.clear();
        watch.wait(10);
        let changes = watch.look(&webs.get(cut.saturating_sub(1)).map_or(CALM, |(web, _, _)| web.clone()));
        for change in &changes {
            if change.kind == ChangeKind::Fired {
                let held = before.alerts.get(&change.alert.key).map(|alert| alert.phase);
                prop_assert!(matches!(held, Some(Phase::Held)), "told twice: {change:?}");
            }
        }
    }
}
