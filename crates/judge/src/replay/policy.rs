//! The rules by name, and how each is started and asked.

use crate::recommend::one_number::OneNumber;
use crate::recommend::rivals::krr::{Krr, OomData};
use crate::recommend::rivals::limits_today::LimitsSet;
use crate::recommend::rivals::static_rule::StaticRule;
use crate::recommend::rivals::vpa::{PERCENTILE, Vpa};
use crate::recommend::rivals::with_swap::WithSwap;
use crate::recommend::two_numbers::TwoNumbers;
use crate::recommend::{Limits, Rule};
use model::replay::ReplayTiming;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rival {
    /// Set once.
    Static,
    /// KRR's default: daily, kills ignored.
    KrrWithoutOomData,
    /// KRR with kills.
    Krr,
    /// VPA at a percentile.
    Vpa(f64),
    /// What is set.
    LimitsToday,
    /// Ours, with swap of at most the memory again.
    TwoNumbers,
    /// Ours, for classes without swap.
    OneNumber,
}

/// A rule, and what the host grants it of swap when it says nothing of swap itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// The rule.
    pub rival: Rival,
    /// Swap of so many times the memory.
    pub swap_ratio: Option<f64>,
}

/// Whether a rule is asked again when a kill happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// At once.
    ToKills,
    /// Only when it is due.
    WhenDue,
}

/// The rules that a replay shows when nobody names others.
pub const USUAL: [&str; 9] = [
    "static",
    "krr-no-oom-data",
    "krr",
    "vpa",
    "krr+swap",
    "vpa+swap",
    "highwater-no-swap",
    "highwater",
    "limits-today",
];

/// The most that swap may be of memory where no class says otherwise.
pub const SWAP_RATIO_MAX: f64 = 1.0;

impl Policy {
    /// A rule on a host without swap of its own.
    #[must_use]
    pub const fn of(rival: Rival) -> Self {
        Self { rival, swap_ratio: None }
    }

    /// The rule of a name: one of [`USUAL`], `vpa-p99` for another percentile, and `+swap` behind a rival.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some(rule) = name.strip_suffix("+swap") {
            let policy = Self::named(rule)?;
            let knows_swap =
                matches!(policy.rival, Rival::TwoNumbers | Rival::OneNumber | Rival::LimitsToday);
            return (!knows_swap && policy.swap_ratio.is_none())
                .then_some(Self { swap_ratio: Some(1.0), ..policy });
        }
        let rival = match name {
            "static" => Rival::Static,
            "krr-no-oom-data" => Rival::KrrWithoutOomData,
            "krr" => Rival::Krr,
            "vpa" => Rival::Vpa(PERCENTILE),
            "limits-today" => Rival::LimitsToday,
            "highwater" => Rival::TwoNumbers,
            "highwater-no-swap" => Rival::OneNumber,
            _ => Rival::Vpa(percentile(name.strip_prefix("vpa-p")?)?),
        };
        Some(Self::of(rival))
    }

    /// The rule, before its first sample; `None` where nothing is set today.
    #[must_use]
    pub fn start(&self, timing: &ReplayTiming, today: Option<Limits>) -> Option<Box<dyn Rule>> {
        let rule: Box<dyn Rule> = match self.rival {
            Rival::Static => Box::new(StaticRule::default()),
            Rival::KrrWithoutOomData => Box::new(Krr::new(OomData::Ignored)),
            Rival::Krr => Box::new(Krr::new(OomData::Used)),
            Rival::Vpa(percentile) => Box::new(Vpa::new(percentile)),
            Rival::LimitsToday => Box::new(LimitsSet { limits: today? }),
            Rival::TwoNumbers => Box::new(TwoNumbers::new(timing, SWAP_RATIO_MAX)),
            Rival::OneNumber => Box::new(OneNumber::new(timing)),
        };
        Some(match self.swap_ratio {
            Some(ratio) => Box::new(WithSwap { rule, ratio }),
            None => rule,
        })
    }

    /// How often it decides: KRR's default runs daily, ours lives on the node and decides at each sample.
    #[must_use]
    pub fn decision_seconds(&self, timing: &ReplayTiming) -> u64 {
        match self.rival {
            Rival::Krr | Rival::Vpa(_) => timing.decision_seconds,
            Rival::KrrWithoutOomData | Rival::LimitsToday => 86_400,
            Rival::Static => u64::MAX / 2,
            Rival::TwoNumbers | Rival::OneNumber => timing.interval_seconds,
        }
    }

    /// Whether a kill makes it decide at once.
    #[must_use]
    pub const fn reaction(&self) -> Reaction {
        match self.rival {
            Rival::Static | Rival::KrrWithoutOomData | Rival::LimitsToday => Reaction::WhenDue,
            Rival::Krr | Rival::Vpa(_) | Rival::TwoNumbers | Rival::OneNumber => Reaction::ToKills,
        }
    }
}

fn percentile(text: &str) -> Option<f64> {
    let percent: f64 = text.parse().ok()?;
    (percent > 0.0 && percent <= 100.0).then_some(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::{Policy, Rival, USUAL};

    #[test]
    fn every_usual_name_is_a_rule_and_swap_is_for_rivals() {
        assert!(USUAL.iter().all(|name| Policy::named(name).is_some()));
        assert_eq!(Policy::named("vpa-p99"), Some(Policy::of(Rival::Vpa(0.99))));
        let swapping = Policy { rival: Rival::Krr, swap_ratio: Some(1.0) };
        assert_eq!(Policy::named("krr+swap"), Some(swapping));
        for name in ["", "vpa-p0", "vpa-pNaN", "vpa-p101", "highwater+swap", "krr+swap+swap", "KRR"] {
            assert_eq!(Policy::named(name), None, "{name}");
        }
    }
}
