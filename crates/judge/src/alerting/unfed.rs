//! Rules that nothing can be said of, and why: a rule that is silent because it sees nothing must not look like one that finds nothing.

use super::Look;
use crate::swap_effect::stalled_ratio;
use model::alert::AlertRule;
use model::alert::rules::AlertRules;
use model::cgroup::Cgroup;
use model::reading::Reading;

/// Every rule that is on and cannot be judged, with the reason. `leaks` is why nobody could look for leaks.
#[must_use]
pub fn unfed(look: &Look<'_>, rules: &AlertRules, leaks: Option<&str>) -> Vec<(AlertRule, String)> {
    let on = AlertRule::ALL.into_iter().filter(|rule| rules.rules.contains_key(rule));
    on.filter_map(|rule| Some((rule, why(look, leaks, rule)?))).collect()
}

fn why(look: &Look<'_>, leaks: Option<&str>, rule: AlertRule) -> Option<String> {
    match rule {
        AlertRule::NearLimit => {
            of_nobody(look, |cgroup| cgroup.memory.usage.clone().map(drop), "no memory is counted")
        }
        AlertRule::SwapUsage => {
            of_nobody(look, |cgroup| cgroup.swap_usage().map(drop), "the kernel counts no swap by cgroup")
        }
        AlertRule::Pressure => {
            let words = "the kernel tells no pressure by cgroup: that needs cgroup v2, and no psi=0";
            of_nobody(look, |cgroup| stalled_ratio(cgroup).map(drop), words)
        }
        AlertRule::LimitDrift => {
            let words = "neither a container engine nor systemd tells what was declared";
            of_nobody(look, declared, words)
        }
        AlertRule::Leak => leaks.map(str::to_owned),
        AlertRule::NodeSwap => failed(&look.snapshot.host.swap_total()),
        AlertRule::EvictionLine => failed(look.eviction),
        AlertRule::UnattributedKills => failed(look.unattributed_kills),
        // Who cannot hear the kernel's log says so by itself, and counters tell of kills all the same.
        AlertRule::OomKill | AlertRule::InvisibleKill => None,
    }
}

fn declared(cgroup: &Cgroup) -> Reading<()> {
    let container = cgroup.container.as_ref().map_or(Reading::Absent, |it| it.declared.clone().map(drop));
    if container.value().is_some() { container } else { cgroup.unit.clone().map(drop) }
}

/// Why a figure is known of nobody; nothing where one has it, or where there is nobody.
fn of_nobody(look: &Look<'_>, figure: impl Fn(&Cgroup) -> Reading<()>, absent: &str) -> Option<String> {
    let mut found = None;
    for cgroup in look.watched.iter().filter_map(|index| look.snapshot.cgroup(*index)) {
        match figure(cgroup) {
            Reading::Value(()) => return None,
            Reading::Absent => found = Some(absent.to_owned()),
            Reading::Failed(why) => found = found.or_else(|| Some(why.to_string())),
        }
    }
    found
}

fn failed<T>(reading: &Reading<T>) -> Option<String> {
    match reading {
        Reading::Value(_) | Reading::Absent => None,
        Reading::Failed(why) => Some(why.to_string()),
    }
}
