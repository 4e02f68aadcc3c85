//! Policies: who is of which class and environment, what that comes to in bytes, and which rules can never be reached.

pub mod pattern;

use kernel::bytes::Bytes;
use model::policy::{
    AssignedBy, AssignmentRule, MemoryPolicy, PolicyAssignment, PolicyFacts, PolicySubject, Selector,
    SwapWish, Treatment, WantedAmount, WantedMemory,
};

/// The kernel keeps limits in pages; every machine that is seen here has pages of this size or a multiple.
const PAGE_BYTES: u64 = 4096;

/// Finds class and environment: of each, the first rule that is about the subject and gives one decides.
#[must_use]
pub fn assign(policy: &MemoryPolicy, subject: &PolicySubject) -> PolicyAssignment {
    let mut about = policy.rules.iter().enumerate().filter(|(_, rule)| is_about(&rule.selector, subject));
    let mut class = None;
    let mut environment = None;
    while class.is_none() || environment.is_none() {
        let Some((number, rule)) = about.next() else { break };
        class = class.or(rule.class.map(|class| (class, AssignedBy::Rule(number))));
        environment = environment.or(rule.environment.map(|found| (found, AssignedBy::Rule(number))));
    }
    let (class, class_by) = class.unwrap_or((policy.class_default, AssignedBy::Default));
    let (environment, environment_by) =
        environment.unwrap_or((policy.environment_default, AssignedBy::Default));
    PolicyAssignment { class, class_by, environment, environment_by }
}

/// Whether a rule is about a subject. What is not known of a subject matches nothing, not even `*`.
#[must_use]
pub fn is_about(selector: &Selector, subject: &PolicySubject) -> bool {
    let any = |patterns: &[String], values: &[&str]| {
        patterns.is_empty()
            || patterns.iter().any(|pattern| values.iter().any(|value| pattern::matches(pattern, value)))
    };
    let labels = selector.labels.iter().all(|(key, pattern)| {
        subject.labels.iter().any(|(own, value)| own == key && pattern::matches(pattern, value))
    });
    let namespace: Vec<&str> = subject.namespace.as_deref().into_iter().collect();
    let names: Vec<&str> = subject.names.iter().map(String::as_str).collect();
    let image = subject.image.as_deref().map(image_forms).unwrap_or_default();
    labels
        && any(&selector.namespaces, &namespace)
        && any(&selector.images, &image)
        && any(&selector.names, &names)
}

/// An image as people may name it: the whole reference, without tag and digest, and the last part of that.
fn image_forms(image: &str) -> Vec<&str> {
    let without_digest = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon before the last slash is the registry's port.
    let last_slash = without_digest.rfind('/').map_or(0, |at| at + 1);
    let last = without_digest.get(last_slash..).unwrap_or(without_digest);
    let tag = last.find(':').map(|at| last_slash + at);
    let name = tag.and_then(|at| without_digest.get(..at)).unwrap_or(without_digest);
    vec![image, name, name.get(last_slash..).unwrap_or(name)]
}

/// A rule that gives nothing to anybody: those above it take all whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The rule, counted from zero.
    pub rule: usize,
    /// The rule above it that is about everybody whom it is about.
    pub behind: usize,
}

/// Finds rules that no workload can reach, each behind one rule above it.
#[must_use]
pub fn unreachable(policy: &MemoryPolicy) -> Vec<Unreachable> {
    let rules = policy.rules.iter().enumerate();
    let found = rules.filter_map(|(number, rule)| {
        let above = policy.rules.iter().take(number);
        let behind = above.enumerate().find(|(_, above)| takes_all(above, rule)).map(|(behind, _)| behind)?;
        Some(Unreachable { rule: number, behind })
    });
    found.collect()
}

fn takes_all(above: &AssignmentRule, rule: &AssignmentRule) -> bool {
    let gives_as_much = (above.class.is_some() || rule.class.is_none())
        && (above.environment.is_some() || rule.environment.is_none());
    let covers = |wide: &[String], narrow: &[String]| {
        let is_covered = |narrow: &String| wide.iter().any(|wide| pattern::covers(wide, narrow));
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(is_covered))
    };
    let labels = above.selector.labels.iter().all(|(key, wide)| {
        rule.selector.labels.iter().any(|(own, narrow)| own == key && pattern::covers(wide, narrow))
    });
    gives_as_much
        && labels
        && covers(&above.selector.namespaces, &rule.selector.namespaces)
        && covers(&above.selector.images, &rule.selector.images)
        && covers(&above.selector.names, &rule.selector.names)
}

/// What a treatment comes to for one container.
#[must_use]
pub fn wanted(treatment: &Treatment, facts: &PolicyFacts) -> WantedMemory {
    let share = |ratio: Option<f64>, of: Option<Bytes>, name: &'static str| match (ratio, of) {
        (None, _) => WantedAmount::Unset,
        (Some(ratio), Some(of)) => WantedAmount::At(times(of, ratio)),
        (Some(_), None) => WantedAmount::Needs(name),
    };
    let request = facts.request.or(facts.limit);
    WantedMemory {
        swap: wanted_swap(treatment.swap, facts),
        high: share(treatment.high_ratio, facts.limit, "a memory limit"),
        low: share(treatment.low_ratio, request, "a memory request or limit"),
        min: share(treatment.min_ratio, request, "a memory request or limit"),
        swappiness: treatment.swappiness,
    }
}

fn wanted_swap(wish: SwapWish, facts: &PolicyFacts) -> WantedAmount {
    match wish {
        SwapWish::None => WantedAmount::At(Bytes(0)),
        SwapWish::Fixed(amount) => WantedAmount::At(whole_pages(amount.0)),
        SwapWish::Unlimited { node_free_ratio_min: _ } => WantedAmount::Unlimited,
        SwapWish::RatioOfMemory(ratio) => match facts.limit {
            Some(limit) => WantedAmount::At(times(limit, ratio)),
            None => WantedAmount::Needs("a memory limit"),
        },
        SwapWish::Proportional => proportional(facts),
    }
}

/// `floor(request / node memory × node swap)` (kubelet, `calcSwapForBurstablePods`), in the whole pages that the kernel keeps.
fn proportional(facts: &PolicyFacts) -> WantedAmount {
    let PolicyFacts { limit: _, request, node_memory, node_swap } = *facts;
    match (request, node_memory, node_swap) {
        (None, _, _) => WantedAmount::Needs("a memory request"),
        (_, None | Some(Bytes(0)), _) => WantedAmount::Needs("the node's memory"),
        (_, _, None) => WantedAmount::Needs("the node's swap"),
        (Some(Bytes(request)), Some(Bytes(memory)), Some(Bytes(swap))) => {
            let share = u128::from(request) * u128::from(swap) / u128::from(memory);
            WantedAmount::At(whole_pages(u64::try_from(share).unwrap_or(u64::MAX)))
        }
    }
}

const fn whole_pages(bytes: u64) -> Bytes {
    Bytes(bytes / PAGE_BYTES * PAGE_BYTES)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a ratio of an amount is rounded to whole pages anyway, and a cast of a float keeps to the type's bounds"
)]
fn times(amount: Bytes, ratio: f64) -> Bytes {
    whole_pages((amount.0 as f64 * ratio) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Unreachable, assign, image_forms, unreachable, wanted};
    use kernel::bytes::Bytes;
    use model::policy::{
        AssignedBy, AssignmentRule, Environment, MemoryPolicy, PolicyFacts, PolicySubject, Selector,
        SwapWish, Treatment, WantedAmount, WorkloadClass,
    };

    const GIB: u64 = 1 << 30;

    fn treatment(swap: SwapWish) -> Treatment {
        Treatment {
            swap,
            swappiness: None,
            high_ratio: None,
            low_ratio: None,
            min_ratio: None,
            reason: "because".to_owned(),
        }
    }

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn rule(selector: Selector, class: Option<WorkloadClass>, env: Option<Environment>) -> AssignmentRule {
        AssignmentRule { name: None, selector, class, environment: env }
    }

    fn images(patterns: &[&str]) -> Selector {
        Selector { images: strings(patterns), ..Selector::default() }
    }

    fn policy(rules: Vec<AssignmentRule>) -> MemoryPolicy {
        let none = || treatment(SwapWish::None);
        MemoryPolicy {
            name: "test".to_owned(),
            rules,
            class_default: WorkloadClass::Api,
            environment_default: Environment::Production,
            treatments: std::array::from_fn(|_| [none(), none(), none()]),
        }
    }

    #[test]
    fn the_first_rule_that_gives_a_class_decides_and_another_may_give_the_environment() {
        let staging = Selector { namespaces: strings(&["*-staging"]), ..Selector::default() };
        let policy = policy(vec![
            rule(staging, None, Some(Environment::Staging)),
            rule(images(&["postgres"]), Some(WorkloadClass::Database), None),
            rule(images(&["*"]), Some(WorkloadClass::Batch), Some(Environment::Development)),
        ]);
        let subject = PolicySubject {
            namespace: Some("shop-staging".to_owned()),
            image: Some("docker.io/library/postgres:16".to_owned()),
            ..PolicySubject::default()
        };
        let found = assign(&policy, &subject);
        assert_eq!((found.class, found.class_by), (WorkloadClass::Database, AssignedBy::Rule(1)));
        assert_eq!((found.environment, found.environment_by), (Environment::Staging, AssignedBy::Rule(0)));
        // Nothing is known of the image: not even `*` is about it.
        let found = assign(&policy, &PolicySubject::default());
        assert_eq!((found.class, found.class_by), (WorkloadClass::Api, AssignedBy::Default));
        assert_eq!(found.environment_by, AssignedBy::Default);
    }

    #[test]
    fn an_image_is_known_by_three_names() {
        let forms = image_forms("registry:5000/team/redis:7@sha256:abc");
        assert_eq!(forms, ["registry:5000/team/redis:7@sha256:abc", "registry:5000/team/redis", "redis"]);
        assert_eq!(image_forms("redis"), ["redis", "redis", "redis"]);
    }

    #[test]
    fn a_rule_behind_a_wider_one_is_unreachable() {
        let cache = Some(WorkloadClass::Cache);
        let rules = vec![
            rule(images(&["redis*"]), cache, None),
            rule(images(&["redis-stack"]), cache, None),
            // Gives an environment too, which the first does not.
            rule(images(&["redis-stack"]), cache, Some(Environment::Staging)),
            rule(images(&["redis", "valkey"]), cache, None),
            rule(Selector::default(), cache, Some(Environment::Staging)),
            rule(images(&["anything"]), None, Some(Environment::Staging)),
        ];
        let found = unreachable(&policy(rules));
        assert_eq!(found, [Unreachable { rule: 1, behind: 0 }, Unreachable { rule: 5, behind: 4 }]);
    }

    #[test]
    fn proportional_swap_is_the_kubelets() {
        // KEP-2400's own figures and the measured node's.
        for (request, memory, swap, expected) in [
            (20 * GIB, 40 * GIB, 40 * GIB, 20 * GIB),
            (2 * GIB, 16 * GIB, 8 * GIB, GIB),
            (GIB / 2, 16 * GIB, 30 * GIB, 960 << 20),
            (1, 16 * GIB, 30 * GIB, 0),
        ] {
            let facts = PolicyFacts {
                limit: None,
                request: Some(Bytes(request)),
                node_memory: Some(Bytes(memory)),
                node_swap: Some(Bytes(swap)),
            };
            let wanted = wanted(&treatment(SwapWish::Proportional), &facts);
            assert_eq!(wanted.swap, WantedAmount::At(Bytes(expected)), "{request} of {memory}");
        }
    }

    #[test]
    fn what_a_wish_needs_and_nobody_knows_is_named() {
        let mut treatment = treatment(SwapWish::RatioOfMemory(0.5));
        treatment.high_ratio = Some(0.9);
        treatment.min_ratio = Some(1.0);
        let nothing = wanted(&treatment, &PolicyFacts::default());
        assert_eq!(nothing.swap, WantedAmount::Needs("a memory limit"));
        assert_eq!(nothing.min, WantedAmount::Needs("a memory request or limit"));
        assert_eq!(nothing.low, WantedAmount::Unset);
        let facts = PolicyFacts { limit: Some(Bytes(GIB)), ..PolicyFacts::default() };
        let found = wanted(&treatment, &facts);
        assert_eq!(found.swap, WantedAmount::At(Bytes(GIB / 2)));
        assert_eq!(found.high, WantedAmount::At(Bytes(966_365_184)));
        assert_eq!(found.min, WantedAmount::At(Bytes(GIB)));
    }
}
