//! The policy that holds where no file says otherwise, with its reasons.

use model::policy::{
    AssignmentRule, Environment, MemoryPolicy, Selector, SwapWish, Treatment, WorkloadClass,
};

/// The built-in policy: strict in production, generous where only a developer waits.
#[must_use]
pub fn policy() -> MemoryPolicy {
    MemoryPolicy {
        name: "built-in".to_owned(),
        rules: rules(),
        // The strictest: nobody loses anything by it but memory.
        class_default: WorkloadClass::Api,
        environment_default: Environment::Production,
        treatments: [api(), web(), database(), cache(), batch(), development()],
    }
}

/// A treatment with nothing but its swap and its reason.
fn swap(swap: SwapWish, swappiness: u8, reason: &str) -> Treatment {
    Treatment {
        swap,
        swappiness: Some(swappiness),
        high_ratio: None,
        low_ratio: None,
        min_ratio: None,
        reason: reason.to_owned(),
    }
}

/// Slowed down and reclaimed from this share of the limit on: there must be something to reclaim.
fn throttled(treatment: Treatment, high_ratio: f64) -> Treatment {
    Treatment { high_ratio: Some(high_ratio), ..treatment }
}

/// Reclaimed last, up to this share of its request.
fn protected(treatment: Treatment, low_ratio: f64) -> Treatment {
    Treatment { low_ratio: Some(low_ratio), ..treatment }
}

fn api() -> [Treatment; 3] {
    [
        protected(
            swap(
                SwapWish::None,
                0,
                "Somebody waits for every answer: a page that comes back from disk costs milliseconds, and a slow instance \
                 takes requests that a restarted one would answer. No throttling either: without swap there is little to reclaim.",
            ),
            0.8,
        ),
        swap(
            SwapWish::RatioOfMemory(0.25),
            10,
            "A little swap shows a leak as swap that grows, before it shows as a kill.",
        ),
        swap(SwapWish::RatioOfMemory(1.0), 60, "Slow is better than gone while somebody debugs it."),
    ]
}

fn web() -> [Treatment; 3] {
    [
        throttled(
            protected(
                swap(
                    SwapWish::RatioOfMemory(0.5),
                    10,
                    "Most of its memory after the start is never read again; half of its limit in swap takes that, and file \
                     cache keeps the rest fast.",
                ),
                0.5,
            ),
            0.9,
        ),
        throttled(
            swap(SwapWish::RatioOfMemory(0.5), 30, "As in production, without protection from others."),
            0.9,
        ),
        swap(SwapWish::RatioOfMemory(1.0), 60, "Slow is better than gone while somebody debugs it."),
    ]
}

fn database() -> [Treatment; 3] {
    [
        protected(
            swap(
                SwapWish::None,
                0,
                "It sized its own cache to be in memory: a swapped cache page is read from disk to be written to disk. Its file \
                 cache can still be taken, which stalls it as much, so its whole request is protected.",
            ),
            1.0,
        ),
        protected(
            swap(SwapWish::None, 0, "As in production: figures measured with swap would mislead."),
            0.5,
        ),
        swap(SwapWish::RatioOfMemory(0.5), 30, "Its cache is mostly idle here."),
    ]
}

fn cache() -> [Treatment; 3] {
    [
        protected(
            swap(
                SwapWish::None,
                0,
                "A cache that answers from disk is no cache. Saving to disk copies pages (fork), so the limit needs room above \
                 what it holds.",
            ),
            0.8,
        ),
        swap(SwapWish::None, 0, "As in production: figures measured with swap would mislead."),
        swap(SwapWish::RatioOfMemory(0.5), 30, "Most of what it keeps is not asked for here."),
    ]
}

fn batch() -> [Treatment; 3] {
    [
        throttled(
            swap(
                SwapWish::RatioOfMemory(2.0),
                60,
                "Nobody waits for a single answer, and a killed run is lost whole: twice its limit in swap takes peaks, and \
                 throttling keeps it from taking the disk from others.",
            ),
            0.9,
        ),
        throttled(swap(SwapWish::RatioOfMemory(2.0), 60, "As in production."), 0.9),
        swap(
            SwapWish::RatioOfMemory(4.0),
            80,
            "Large inputs shall run through on a small machine, however slowly.",
        ),
    ]
}

fn development() -> [Treatment; 3] {
    [
        throttled(
            swap(
                SwapWish::Proportional,
                60,
                "Tools of people among users' workloads get the share of the node's swap that they asked of its memory, and no \
                 more.",
            ),
            0.9,
        ),
        swap(SwapWish::RatioOfMemory(2.0), 60, "An idle session costs swap, not memory."),
        swap(
            SwapWish::Unlimited { node_free_ratio_min: 0.25 },
            80,
            "Idle sessions may go to swap whole; a quarter of the node's swap stays free for everybody else.",
        ),
    ]
}

fn rules() -> Vec<AssignmentRule> {
    let mut rules = Vec::new();
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut give = |name: &str, selector: Selector, class, environment| {
        rules.push(AssignmentRule { name: Some(name.to_owned()), selector, class, environment });
    };
    let label = |key: &str, value: &str| Selector {
        labels: vec![(key.to_owned(), value.to_owned())],
        ..Selector::default()
    };
    for class in WorkloadClass::ALL {
        give("said by its label", label("highwater.dev/class", class.name()), Some(class), None);
    }
    for environment in Environment::ALL {
        let said = label("highwater.dev/environment", environment.name());
        give("said by its label", said, None, Some(environment));
    }
    for (environment, short) in [
        (Environment::Production, "prod*"),
        (Environment::Staging, "stag*"),
        (Environment::Development, "dev*"),
    ] {
        for key in ["app.kubernetes.io/environment", "environment", "env"] {
            give("a usual label", label(key, short), None, Some(environment));
        }
        let spaces = [short.to_owned(), format!("*-{short}")];
        let selector = Selector { namespaces: spaces.to_vec(), ..Selector::default() };
        give("a usual namespace", selector, None, Some(environment));
    }
    for (class, images) in IMAGES {
        let selector = Selector { images: strings(images), ..Selector::default() };
        give("a well-known image", selector, Some(class), None);
    }
    for (class, names) in NAMES {
        let selector = Selector { names: strings(names), ..Selector::default() };
        give("a usual name", selector, Some(class), None);
    }
    rules
}

/// Images that say what a workload does.
const IMAGES: [(WorkloadClass, &[&str]); 4] = [
    (
        WorkloadClass::Database,
        &[
            "postgres",
            "postgresql",
            "postgis",
            "timescaledb*",
            "mysql",
            "mysql-server",
            "mariadb",
            "percona*",
            "mongo",
            "mongodb",
            "cassandra",
            "scylla",
            "cockroach",
            "clickhouse*",
            "elasticsearch",
            "opensearch",
            "etcd",
            "neo4j",
            "influxdb",
            "couchdb",
            "kafka",
        ],
    ),
    (
        WorkloadClass::Cache,
        &["redis", "redis-stack*", "valkey", "keydb", "dragonfly", "memcached", "varnish"],
    ),
    (
        WorkloadClass::Web,
        &["nginx", "nginx-unprivileged", "httpd", "caddy", "traefik", "haproxy", "envoy", "apache"],
    ),
    (
        WorkloadClass::Development,
        &["code-server", "*-notebook", "jupyter*", "devcontainers/*", "gitpod*", "openvscode-server"],
    ),
];

/// Names that say what a workload does. Words in the middle say little, so only ends are looked at.
const NAMES: [(WorkloadClass, &[&str]); 3] = [
    (
        WorkloadClass::Batch,
        &["*-worker", "*-workers", "*-job", "*-batch", "*-cron", "*-cronjob", "*-etl", "batch-*"],
    ),
    (WorkloadClass::Api, &["api", "*-api", "api-*"]),
    (WorkloadClass::Web, &["web", "*-web", "frontend", "*-frontend"]),
];

#[cfg(test)]
mod tests {
    use super::policy;
    use model::policy::{Environment, SwapWish, WorkloadClass};

    #[test]
    fn whoever_users_wait_for_has_no_swap_in_production() {
        let policy = policy();
        for class in [WorkloadClass::Api, WorkloadClass::Database, WorkloadClass::Cache] {
            assert_eq!(policy.treatment(class, Environment::Production).swap, SwapWish::None, "{class:?}");
        }
    }

    #[test]
    fn every_treatment_has_a_reason() {
        for treatment in policy().treatments.iter().flatten() {
            assert!(treatment.reason.ends_with('.'), "{treatment:?}");
        }
    }
}
