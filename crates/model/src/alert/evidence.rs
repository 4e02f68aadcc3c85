//! The figures of an alert, each under the key that it has in JSON.

use kernel::bytes::Bytes;

/// The figures of an alert, in the order in which they matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence(pub Vec<(EvidenceKey, Figure)>);

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKey {
    /// What is left before an OOM kill, swap included.
    Headroom,
    /// The limit in force.
    Limit,
    /// How much less is left each second.
    ShrinksPerSecond,
    /// Until nothing is left.
    TimeLeft,
    /// Swap used.
    SwapUsage,
    /// The swap limit in force, or the machine's swap.
    SwapLimit,
    /// Whether swap helps or hurts.
    SwapEffect,
    /// The share of time in which every task waited.
    StalledRatio,
    /// Processes that were killed.
    Kills,
    /// The incident, for `highwater oom show`.
    Incident,
    /// What happened, in the incident's own words.
    Cause,
    /// The limit of which two witnesses disagree.
    Drifted,
    /// What was declared.
    Declared,
    /// What systemd would write.
    Systemd,
    /// What the kernel enforces.
    Enforced,
    /// How many limits drifted.
    DriftedCount,
    /// How much more is held after a day.
    GrowthPerDay,
    /// How sure a leak is.
    Certainty,
    /// What is used.
    Usage,
    /// The kubelet's threshold of eviction.
    Eviction,
    /// Above this much free memory the kernel does not reclaim.
    KswapdSleeps,
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// An amount.
    Bytes(Bytes),
    /// A number with the unit that its key names.
    Number(f64),
    /// How many.
    Count(u64),
    /// A word or a name.
    Word(String),
}

impl EvidenceKey {
    /// Every key.
    pub const ALL: [Self; 21] = [
        Self::Headroom,
        Self::Limit,
        Self::ShrinksPerSecond,
        Self::TimeLeft,
        Self::SwapUsage,
        Self::SwapLimit,
        Self::SwapEffect,
        Self::StalledRatio,
        Self::Kills,
        Self::Incident,
        Self::Cause,
        Self::Drifted,
        Self::Declared,
        Self::Systemd,
        Self::Enforced,
        Self::DriftedCount,
        Self::GrowthPerDay,
        Self::Certainty,
        Self::Usage,
        Self::Eviction,
        Self::KswapdSleeps,
    ];

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Headroom => "headroom_bytes",
            Self::Limit => "limit_bytes",
            Self::ShrinksPerSecond => "shrinks_bytes_per_second",
            Self::TimeLeft => "left_seconds",
            Self::SwapUsage => "swap_usage_bytes",
            Self::SwapLimit => "swap_limit_bytes",
            Self::SwapEffect => "swap_effect",
            Self::StalledRatio => "stalled_ratio",
            Self::Kills => "kills",
            Self::Incident => "incident",
            Self::Cause => "cause",
            Self::Drifted => "drifted_limit",
            Self::Declared => "declared_bytes",
            Self::Systemd => "systemd_bytes",
            Self::Enforced => "enforced_bytes",
            Self::DriftedCount => "drifted_limits",
            Self::GrowthPerDay => "growth_bytes_per_day",
            Self::Certainty => "certainty",
            Self::Usage => "usage_bytes",
            Self::Eviction => "eviction_bytes",
            Self::KswapdSleeps => "kswapd_sleeps_bytes",
        }
    }

    /// The key of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }
}

impl Evidence {
    /// With one figure more.
    #[must_use]
    pub fn and(mut self, key: EvidenceKey, figure: Figure) -> Self {
        self.0.push((key, figure));
        self
    }

    /// With one figure more, where it is known.
    #[must_use]
    pub fn and_known(self, key: EvidenceKey, figure: Option<Figure>) -> Self {
        match figure {
            Some(figure) => self.and(key, figure),
            None => self,
        }
    }

    /// The amount under a key.
    #[must_use]
    pub fn bytes(&self, key: EvidenceKey) -> Option<Bytes> {
        match self.get(key)? {
            Figure::Bytes(bytes) => Some(*bytes),
            Figure::Number(_) | Figure::Count(_) | Figure::Word(_) => None,
        }
    }

    /// The number under a key.
    #[must_use]
    pub fn number(&self, key: EvidenceKey) -> Option<f64> {
        match self.get(key)? {
            Figure::Number(number) => Some(*number),
            Figure::Bytes(_) | Figure::Count(_) | Figure::Word(_) => None,
        }
    }

    /// The count under a key.
    #[must_use]
    pub fn count(&self, key: EvidenceKey) -> Option<u64> {
        match self.get(key)? {
            Figure::Count(count) => Some(*count),
            Figure::Bytes(_) | Figure::Number(_) | Figure::Word(_) => None,
        }
    }

    /// The word under a key.
    #[must_use]
    pub fn word(&self, key: EvidenceKey) -> Option<&str> {
        match self.get(key)? {
            Figure::Word(word) => Some(word),
            Figure::Bytes(_) | Figure::Number(_) | Figure::Count(_) => None,
        }
    }

    fn get(&self, key: EvidenceKey) -> Option<&Figure> {
        self.0.iter().find(|(found, _)| *found == key).map(|(_, figure)| figure)
    }
}

#[cfg(test)]
mod tests {
    use super::EvidenceKey;

    #[test]
    fn every_key_is_found_by_its_name() {
        for key in EvidenceKey::ALL {
            assert_eq!(EvidenceKey::parse(key.as_str()), Some(key));
        }
    }
}
