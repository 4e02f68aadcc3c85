//! The rules of alerting as the configuration writes them: what every rule has, and what some have besides.

use crate::agent_config::Severity;
use crate::placed::Placed;
use schemars::JsonSchema;
use serde::Deserialize;

/// The rules.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Little is left before an OOM kill, and that gets less. Held for `10s`.
    #[serde(default)]
    pub near_limit: NearLimit,
    /// Swap used, as a share of the container's swap limit: a notice, and critical when pages come back and tasks wait for them.
    /// Held for `1m`; fires at 0.8, is good below 0.7.
    #[serde(default)]
    pub swap_usage: Ratio,
    /// The share of time in which every task waits for memory. Held for `30s`; fires at 0.05, is good below 0.025, critical at 0.25.
    #[serde(default)]
    pub pressure: Pressure,
    /// The kernel killed for memory. Critical.
    #[serde(default)]
    pub oom_kill: Plain,
    /// The kernel killed a child, and the container runs on with a part missing. Critical.
    #[serde(default)]
    pub invisible_kill: Plain,
    /// Memory grows and is not given back. A notice when suspected, a warning when confirmed.
    #[serde(default)]
    pub leak: Plain,
    /// The kernel enforces another limit than was declared. Held for `1m`.
    #[serde(default)]
    pub limit_drift: Plain,
    /// The machine's swap used, as a share of it. Held for `1m`; fires at 0.9, is good below 0.8.
    #[serde(default)]
    pub node_swap: Ratio,
    /// The kubelet evicts before the kernel swaps.
    #[serde(default)]
    pub eviction_line: Plain,
    /// The kernel counted kills that nothing explains.
    #[serde(default)]
    pub unattributed_kills: Plain,
}

/// What every rule has.
pub struct Basics<'a> {
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// For how long it must be broken.
    pub hold: Option<&'a Placed<String>>,
}

/// A rule: serde's `flatten` would let unknown keys pass, so what every rule has is written here once.
macro_rules! rule {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// `false` switches it off. Left out: on.
            pub enabled: Option<bool>,
            /// How bad it is, whatever the figures say.
            pub severity: Option<Severity>,
            /// It must be broken for so long before anybody is told.
            #[serde(rename = "for")]
            pub hold: Option<Placed<String>>,
            $($(#[$field_about])* pub $field: Option<Placed<$type>>,)*
        }

        impl $name {
            /// What every rule has.
            #[must_use]
            pub const fn basics(&self) -> Basics<'_> {
                Basics { enabled: self.enabled, severity: self.severity, hold: self.hold.as_ref() }
            }
        }
    };
}

rule! {
    /// A rule without thresholds.
    Plain {}
}

rule! {
    /// A rule with a share at which it fires, and one at which all is well again.
    Ratio {
        /// It fires from this share on.
        #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
        fires_ratio: f64,
        /// All is well below this share.
        #[schemars(extend("minimum" = 0.0, "exclusiveMaximum" = 1.0))]
        clears_ratio: f64,
    }
}

rule! {
    /// Tasks wait for memory.
    Pressure {
        /// It fires from this share of time on.
        #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
        fires_ratio: f64,
        /// All is well below this share.
        #[schemars(extend("minimum" = 0.0, "exclusiveMaximum" = 1.0))]
        clears_ratio: f64,
        /// From this share on it is critical. Left out: 0.25.
        #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
        critical_ratio: f64,
    }
}

rule! {
    /// Little is left, and that gets less.
    NearLimit {
        /// It fires when less than this share of the limit is left. Left out: 0.1.
        #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
        headroom_ratio: f64,
        /// All is well when more than this share is left. Left out: 0.15.
        #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
        clears_headroom_ratio: f64,
        /// It fires below this share also when it stands still. Left out: 0.03.
        #[schemars(extend("minimum" = 0.0, "maximum" = 1.0))]
        critical_headroom_ratio: f64,
        /// It fires only when nothing would be left within this time. Left out: `1h`.
        time_left: String,
    }
}
