//! A policy file into the policy that it means, with everything that is wrong in it and where.

use super::{
    Class, Classes, EnvironmentName, Environments, Match, PolicyFile, Rule, Spec, Swap, SwapMode, Treatment,
    built_in,
};
use crate::placed::{Fault, Place, Placed, from_yaml};
use model::policy::{AssignmentRule, Environment, MemoryPolicy, Selector, SwapWish, WorkloadClass};
use model::quantity::Quantity;
use std::ops::RangeInclusive;

/// A policy, and where its rules stand in its file.
#[derive(Clone, Debug)]
pub struct ReadPolicy {
    /// The file as it was read.
    pub file: PolicyFile,
    /// What it means.
    pub policy: MemoryPolicy,
    /// The places of its rules; none where the rules are the built-in ones.
    pub rule_places: Vec<Place>,
}

/// Reads a policy file.
///
/// # Errors
/// With all faults. A text that does not fit the schema has one fault, the first.
pub fn read(text: &str) -> Result<ReadPolicy, Vec<Fault>> {
    let file: PolicyFile = from_yaml(text).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let base = built_in::policy();
    let PolicyFile { api_version: _, kind: _, metadata, spec } = &file;
    let Spec { defaults, rules, classes } = spec;
    let rule_places: Vec<Place> = rules.iter().flatten().map(Placed::place).collect();
    let defaults = defaults.clone().unwrap_or_default();
    let policy = MemoryPolicy {
        name: metadata.name.clone(),
        rules: match rules {
            Some(rules) => rules.iter().map(|written| rule(written, &mut faults)).collect(),
            None => base.rules.clone(),
        },
        class_default: defaults.class.map_or(base.class_default, class),
        environment_default: defaults.environment.map_or(base.environment_default, environment),
        treatments: treatments(classes, &base, &mut faults),
    };
    faults.sort();
    if faults.is_empty() { Ok(ReadPolicy { file, policy, rule_places }) } else { Err(faults) }
}

/// What every rule and treatment of a file means, without a base: how the built-in policy is read.
pub(super) fn treatments(
    classes: &Classes,
    base: &MemoryPolicy,
    faults: &mut Vec<Fault>,
) -> [[model::policy::Treatment; 3]; 6] {
    let Classes { api, web, database, cache, batch, development } = classes;
    let written = [api, web, database, cache, batch, development];
    let mut all = base.treatments.clone();
    for (row, written) in all.iter_mut().zip(written) {
        let Some(Environments { production, staging, development }) = written else { continue };
        for (cell, written) in row.iter_mut().zip([production, staging, development]) {
            if let Some(written) = written {
                *cell = treatment(written, faults);
            }
        }
    }
    all
}

fn rule(written: &Placed<Rule>, faults: &mut Vec<Fault>) -> AssignmentRule {
    let Rule { name, selector, class: gives_class, environment: gives_environment } = &**written;
    if gives_class.is_none() && gives_environment.is_none() {
        let words = "this rule gives nothing: expected `class`, `environment` or both".to_owned();
        faults.push(Fault { place: written.place(), words });
    }
    let Match { labels, namespaces, images, names } = selector.clone();
    AssignmentRule {
        name: name.clone(),
        selector: Selector { labels: labels.into_iter().collect(), namespaces, images, names },
        class: gives_class.map(class),
        environment: gives_environment.map(environment),
    }
}

/// The class that a file names.
#[must_use]
pub const fn class(written: Class) -> WorkloadClass {
    match written {
        Class::Api => WorkloadClass::Api,
        Class::Web => WorkloadClass::Web,
        Class::Database => WorkloadClass::Database,
        Class::Cache => WorkloadClass::Cache,
        Class::Batch => WorkloadClass::Batch,
        Class::Development => WorkloadClass::Development,
    }
}

/// The environment that a file names.
#[must_use]
pub const fn environment(written: EnvironmentName) -> Environment {
    match written {
        EnvironmentName::Production => Environment::Production,
        EnvironmentName::Staging => Environment::Staging,
        EnvironmentName::Development => Environment::Development,
    }
}

fn treatment(written: &Treatment, faults: &mut Vec<Fault>) -> model::policy::Treatment {
    let Treatment { swap, swappiness, memory_high_ratio, memory_low_ratio, memory_min_ratio, reason } =
        written;
    let mut ratio = |written: &Option<Placed<f64>>, range: Range| -> Option<f64> {
        let written = written.as_ref()?;
        within(written, range, faults);
        Some(**written)
    };
    let above_zero = Range { bounds: 0.0..=1.0, excludes_start: true, excludes_end: false };
    let from_zero = Range { bounds: 0.0..=1.0, excludes_start: false, excludes_end: false };
    let high_ratio = ratio(memory_high_ratio, above_zero);
    let low_ratio = ratio(memory_low_ratio, from_zero.clone());
    let min_ratio = ratio(memory_min_ratio, from_zero);
    let swappiness = swappiness.as_ref().and_then(|written| {
        let value = u8::try_from(**written).ok().filter(|value| *value <= 100);
        if value.is_none() {
            let words = format!("expected a swappiness from 0 to 100, found `{}`", **written);
            faults.push(Fault { place: written.place(), words });
        }
        value
    });
    let swap = swap_wish(swap, faults);
    model::policy::Treatment { swap, swappiness, high_ratio, low_ratio, min_ratio, reason: reason.clone() }
}

/// The numbers that a ratio may have.
#[derive(Clone)]
struct Range {
    bounds: RangeInclusive<f64>,
    excludes_start: bool,
    excludes_end: bool,
}

fn within(written: &Placed<f64>, range: Range, faults: &mut Vec<Fault>) {
    let Range { bounds, excludes_start, excludes_end } = range;
    let value = **written;
    let is_excluded =
        (excludes_start && value <= *bounds.start()) || (excludes_end && value >= *bounds.end());
    if !bounds.contains(&value) || is_excluded {
        let from = if excludes_start { "above" } else { "from" };
        let to = if excludes_end { "below" } else { "up to" };
        let words =
            format!("expected a ratio {from} {} {to} {}, found `{value}`", bounds.start(), bounds.end());
        faults.push(Fault { place: written.place(), words });
    }
}

fn swap_wish(written: &Placed<Swap>, faults: &mut Vec<Fault>) -> SwapWish {
    let Swap { mode, ratio, amount, node_free_ratio_min } = &**written;
    let (key, found) = match mode {
        SwapMode::None | SwapMode::Proportional => (None, true),
        SwapMode::Ratio => (Some("ratio"), ratio.is_some()),
        SwapMode::Fixed => (Some("amount"), amount.is_some()),
        SwapMode::Unlimited => (Some("nodeFreeRatioMin"), node_free_ratio_min.is_some()),
    };
    if let (Some(key), false) = (key, found) {
        let words = format!("mode `{mode:?}` needs `{key}`");
        faults.push(Fault { place: written.place(), words });
    }
    let given = [
        ("ratio", ratio.as_ref().map(Placed::place)),
        ("amount", amount.as_ref().map(Placed::place)),
        ("nodeFreeRatioMin", node_free_ratio_min.as_ref().map(Placed::place)),
    ];
    for (other, place) in given {
        if let Some(place) = place.filter(|_| key != Some(other)) {
            faults.push(Fault { place, words: format!("`{other}` means nothing with mode `{mode:?}`") });
        }
    }
    match mode {
        SwapMode::None => SwapWish::None,
        SwapMode::Proportional => SwapWish::Proportional,
        SwapMode::Ratio => SwapWish::RatioOfMemory(ratio.as_ref().map_or(0.0, |ratio| {
            within(ratio, Range { bounds: 0.0..=16.0, excludes_start: true, excludes_end: false }, faults);
            **ratio
        })),
        SwapMode::Fixed => SwapWish::Fixed(amount.as_ref().map_or(Default::default(), |amount| {
            match amount.parse::<Quantity>() {
                Ok(Quantity::Bytes(bytes)) => bytes,
                Ok(Quantity::Ratio(_)) | Err(_) => {
                    let words = format!("expected an amount such as `512Mi`, found `{}`", **amount);
                    faults.push(Fault { place: amount.place(), words });
                    Default::default()
                }
            }
        })),
        SwapMode::Unlimited => {
            let guard = node_free_ratio_min.as_ref().map_or(0.0, |ratio| {
                within(ratio, Range { bounds: 0.0..=1.0, excludes_start: true, excludes_end: true }, faults);
                **ratio
            });
            SwapWish::Unlimited { node_free_ratio_min: guard }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use model::policy::{Environment, SwapWish, WorkloadClass};

    const HEAD: &str = "apiVersion: highwater.dev/v1alpha1\nkind: MemoryPolicy\nmetadata:\n  name: ours\n";

    fn faults(spec: &str) -> Vec<String> {
        match read(&format!("{HEAD}spec:\n{spec}")) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn what_a_file_leaves_out_is_as_built_in() {
        let spec = "spec:\n  classes:\n    api:\n      staging:\n        swap: {mode: Fixed, amount: 64Mi}\n        reason: ours\n";
        let policy = read(&format!("{HEAD}{spec}")).unwrap().policy;
        let ours = policy.treatment(WorkloadClass::Api, Environment::Staging);
        assert_eq!(ours.swap, SwapWish::Fixed(kernel::bytes::Bytes(64 << 20)));
        let base = super::built_in::policy();
        let untouched = (WorkloadClass::Api, Environment::Production);
        assert_eq!(policy.treatment(untouched.0, untouched.1), base.treatment(untouched.0, untouched.1));
        assert_eq!((policy.rules, policy.name.as_str()), (base.rules, "ours"));
    }

    #[test]
    fn every_value_out_of_range_is_told_with_its_place() {
        let spec = "  rules:\n    - match: {names: [a]}\n  classes:\n    api:\n      production:\n        swap:\n          mode: Ratio\n          amount: 1Gi\n        swappiness: 101\n        memoryHighRatio: 0\n        memoryLowRatio: 1.5\n        reason: x\n";
        insta::assert_snapshot!(faults(spec).join("\n"));
    }

    #[test]
    fn what_the_schema_does_not_know_is_told_with_its_place() {
        insta::assert_snapshot!(
            [
                faults("  rulez: []\n"),
                faults("  rules:\n    - match: {image: [a]}\n      class: api\n"),
                faults("  rules:\n    - class: frontend\n"),
                faults("  classes:\n    api:\n      production:\n        swap: {mode: Nothing}\n        reason: x\n"),
                faults("  classes:\n    api:\n      production:\n        swap: {mode: None}\n"),
                faults("  classes: {\n"),
                faults("  classes:\n    api:\n      production:\n        swappiness: many\n"),
            ]
            .concat()
            .join("\n")
        );
    }
}
