//! A policy as the file that says all of it.

use super::{
    ApiVersion, Class, Classes, Defaults, EnvironmentName, Environments, Kind, Match, Metadata, PolicyFile,
    Rule, Spec, Swap, SwapMode, Treatment,
};
use crate::placed::Placed;
use model::policy::{Environment, MemoryPolicy, SwapWish, WorkloadClass};
use std::collections::BTreeMap;

/// The file of a policy: every rule and every treatment, also those that are built in.
#[must_use]
pub fn file(policy: &MemoryPolicy) -> PolicyFile {
    let rules = policy.rules.iter().map(|rule| {
        let selector = rule.selector.clone();
        Placed::nowhere(Rule {
            name: rule.name.clone(),
            selector: Match {
                labels: selector.labels.into_iter().collect(),
                namespaces: selector.namespaces,
                images: selector.images,
                names: selector.names,
            },
            class: rule.class.map(class),
            environment: rule.environment.map(environment),
        })
    });
    PolicyFile {
        api_version: ApiVersion::V1Alpha1,
        kind: Kind::MemoryPolicy,
        metadata: Metadata {
            name: policy.name.clone(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        },
        spec: Spec {
            defaults: Some(Defaults {
                class: Some(class(policy.class_default)),
                environment: Some(environment(policy.environment_default)),
            }),
            rules: Some(rules.collect()),
            classes: classes(policy),
        },
    }
}

fn classes(policy: &MemoryPolicy) -> Classes {
    let of = |class: WorkloadClass| {
        let of = |environment| Some(treatment(policy.treatment(class, environment)));
        Some(Environments {
            production: of(Environment::Production),
            staging: of(Environment::Staging),
            development: of(Environment::Development),
        })
    };
    Classes {
        api: of(WorkloadClass::Api),
        web: of(WorkloadClass::Web),
        database: of(WorkloadClass::Database),
        cache: of(WorkloadClass::Cache),
        batch: of(WorkloadClass::Batch),
        development: of(WorkloadClass::Development),
    }
}

fn treatment(treatment: &model::policy::Treatment) -> Treatment {
    Treatment {
        swap: Placed::nowhere(swap(treatment.swap)),
        swappiness: treatment.swappiness.map(|value| Placed::nowhere(i64::from(value))),
        memory_high_ratio: treatment.high_ratio.map(Placed::nowhere),
        memory_low_ratio: treatment.low_ratio.map(Placed::nowhere),
        memory_min_ratio: treatment.min_ratio.map(Placed::nowhere),
        reason: treatment.reason.clone(),
    }
}

fn swap(wish: SwapWish) -> Swap {
    let plain = |mode| Swap { mode, ratio: None, amount: None, node_free_ratio_min: None };
    match wish {
        SwapWish::None => plain(SwapMode::None),
        SwapWish::Proportional => plain(SwapMode::Proportional),
        SwapWish::RatioOfMemory(ratio) => {
            Swap { ratio: Some(Placed::nowhere(ratio)), ..plain(SwapMode::Ratio) }
        }
        SwapWish::Fixed(amount) => {
            Swap { amount: Some(Placed::nowhere(amount.0.to_string())), ..plain(SwapMode::Fixed) }
        }
        SwapWish::Unlimited { node_free_ratio_min } => {
            let guard = Some(Placed::nowhere(node_free_ratio_min));
            Swap { node_free_ratio_min: guard, ..plain(SwapMode::Unlimited) }
        }
    }
}

const fn class(class: WorkloadClass) -> Class {
    match class {
        WorkloadClass::Api => Class::Api,
        WorkloadClass::Web => Class::Web,
        WorkloadClass::Database => Class::Database,
        WorkloadClass::Cache => Class::Cache,
        WorkloadClass::Batch => Class::Batch,
        WorkloadClass::Development => Class::Development,
    }
}

const fn environment(environment: Environment) -> EnvironmentName {
    match environment {
        Environment::Production => EnvironmentName::Production,
        Environment::Staging => EnvironmentName::Staging,
        Environment::Development => EnvironmentName::Development,
    }
}

#[cfg(test)]
mod tests {
    use super::file;
    use crate::placed::to_yaml;
    use crate::policy::{built_in, convert};

    #[test]
    fn the_built_in_policy_survives_being_written_and_read() {
        let policy = built_in::policy();
        let text = to_yaml(&file(&policy)).unwrap();
        let read = convert::read(&text).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
        assert_eq!(read.policy, policy);
        assert_eq!(read.rule_places.len(), policy.rules.len());
        let json = serde_json::to_string(&file(&policy)).unwrap();
        assert_eq!(convert::read(&json).unwrap().policy, policy);
    }
}
