//! The PromQL that is asked: names of cAdvisor, the kubelet and kube-state-metrics, and how their series become containers.

use std::fmt::Write;

/// What the series tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Containers of pods, as a kubelet's cAdvisor names them.
    Kubernetes,
    /// Containers of an engine, as cAdvisor alone names them.
    Engine,
}

impl World {
    /// The labels that tell containers apart. Several clusters may be in one server, with pods of the same name.
    #[must_use]
    pub const fn labels(self) -> &'static str {
        match self {
            Self::Kubernetes => "cluster,namespace,pod,container",
            Self::Engine => "instance,name",
        }
    }

    /// What leaves containers alone: a pod's cgroup and its pause container have memory too.
    #[must_use]
    pub const fn containers(self) -> &'static str {
        match self {
            Self::Kubernetes => r#"container!="",container!="POD",pod!="""#,
            Self::Engine => r#"name!="",pod="""#,
        }
    }
}

/// Memory in use, best first: the working set is what the kernel cannot simply drop.
pub const MEMORY: [&str; 3] =
    ["container_memory_working_set_bytes", "container_memory_usage_bytes", "container_memory_rss"];

/// What is seldom more than zero, so that it is first asked where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rare {
    /// Swap in use, by cAdvisor.
    Swap,
    /// Swap in use, by the kubelet's own metrics.
    KubeletSwap,
    /// Kills inside a container, by cAdvisor.
    OomEvent,
    /// Containers that ended because they were killed, by kube-state-metrics.
    OomKilled,
}

/// All of them.
pub const RARE: [Rare; 4] = [Rare::Swap, Rare::KubeletSwap, Rare::OomEvent, Rare::OomKilled];

/// What is asked about the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Present {
    /// Which containers there are.
    Container,
    /// Memory limits.
    Limit,
    /// Memory requests.
    Request,
    /// Limits as the kernel has them, by cAdvisor; zero is none.
    KernelLimit,
    /// Swap limits, by the kubelet.
    SwapLimit,
    /// The working set, as an average of the last hour like the parts below.
    WorkingSet,
    /// Anonymous memory: cAdvisor's `rss` is the kernel's `anon`.
    Anonymous,
    /// Page cache, tmpfs and shared memory: the kernel's `file`, or v1's `cache`.
    Cache,
    /// Page cache that was used lately.
    ActiveFile,
    /// Page cache that was not.
    InactiveFile,
}

/// What cAdvisor calls the parts of memory.
const PARTS: [(Present, &str); 5] = [
    (Present::WorkingSet, "container_memory_working_set_bytes"),
    (Present::Anonymous, "container_memory_rss"),
    (Present::Cache, "container_memory_cache"),
    (Present::ActiveFile, "container_memory_total_active_file_bytes"),
    (Present::InactiveFile, "container_memory_total_inactive_file_bytes"),
];

/// One moment may be any; more than an hour would be many samples of every container.
pub const PARTS_SECONDS: u64 = 3600;

/// All of it.
pub const PRESENT: [Present; 10] = [
    Present::Container,
    Present::Limit,
    Present::Request,
    Present::KernelLimit,
    Present::SwapLimit,
    Present::WorkingSet,
    Present::Anonymous,
    Present::Cache,
    Present::ActiveFile,
    Present::InactiveFile,
];

/// Label sets that say who owns whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Of pods.
    Pod,
    /// Of replica sets.
    ReplicaSet,
    /// Of jobs.
    Job,
}

/// All of them.
pub const OWNERS: [Owner; 3] = [Owner::Pod, Owner::ReplicaSet, Owner::Job];

impl Owner {
    /// The name in kube-state-metrics.
    #[must_use]
    pub const fn metric(self) -> &'static str {
        match self {
            Self::Pod => "kube_pod_owner",
            Self::ReplicaSet => "kube_replicaset_owner",
            Self::Job => "kube_job_owner",
        }
    }
}

impl Rare {
    const fn metric(self) -> &'static str {
        match self {
            Self::Swap => "container_memory_swap",
            Self::KubeletSwap => "container_swap_usage_bytes",
            Self::OomEvent => "container_oom_events_total",
            Self::OomKilled => "kube_pod_container_status_last_terminated_reason",
        }
    }

    /// Whether it is asked for in this world.
    #[must_use]
    pub const fn is_in(self, world: World) -> bool {
        match (self, world) {
            (Self::Swap | Self::OomEvent, World::Kubernetes | World::Engine) => true,
            (Self::KubeletSwap | Self::OomKilled, World::Kubernetes) => true,
            (Self::KubeletSwap | Self::OomKilled, World::Engine) => false,
        }
    }
}

/// A metric with matchers of labels.
#[must_use]
pub fn selector(metric: &str, matchers: &[&str]) -> String {
    let matchers: Vec<&str> = matchers.iter().copied().filter(|matcher| !matcher.is_empty()).collect();
    format!("{metric}{{{}}}", matchers.join(","))
}

/// How many containers each namespace has, from time to time.
#[must_use]
pub fn counts(world: World, metric: &str, filter: &str, step_seconds: u64) -> String {
    let selector = selector(metric, &[world.containers(), filter]);
    format!("count by (namespace) (last_over_time({selector}[{}s]))", 2 * step_seconds)
}

/// How many samples the densest container has in an hour at the end.
#[must_use]
pub fn density(world: World, metric: &str, filter: &str) -> String {
    let selector = selector(metric, &[world.containers(), filter]);
    format!("max(count_over_time({selector}[3600s]))")
}

/// The peak of each step, a series for each start of a container.
///
/// Joining them by labels would cost the server as much again as the peaks; they are joined here.
#[must_use]
pub fn peaks(world: World, metric: &str, filter: &str, step_seconds: u64) -> String {
    format!("max_over_time({}[{}])", selector(metric, &[world.containers(), filter]), window(step_seconds))
}

/// The samples as they are: where there are few in a step, that costs the server a tenth of their peaks.
#[must_use]
pub fn samples(world: World, metric: &str, filter: &str, span_seconds: u64) -> String {
    format!("{}[{span_seconds}s]", selector(metric, &[world.containers(), filter]))
}

/// Which containers had any of it in a stretch of time.
#[must_use]
pub fn whether(world: World, rare: Rare, filter: &str, span_seconds: u64) -> String {
    let selector = selector(rare.metric(), &[rare_matchers(world, rare), filter]);
    format!("max by ({}) (max_over_time({selector}[{span_seconds}s])) > 0", world.labels())
}

/// When they had how much swap, sample by sample; zeros too.
#[must_use]
pub fn swap_samples(world: World, rare: Rare, filter: &str, span_seconds: u64) -> String {
    format!("{}[{span_seconds}s]", selector(rare.metric(), &[rare_matchers(world, rare), filter]))
}

/// When they had it, and how much.
#[must_use]
pub fn when(world: World, rare: Rare, filter: &str, step_seconds: u64) -> String {
    let labels = world.labels();
    let own = selector(rare.metric(), &[rare_matchers(world, rare), filter]);
    match rare {
        Rare::Swap | Rare::KubeletSwap => {
            format!("max by ({labels}) (max_over_time({own}[{}])) > 0", window(step_seconds))
        }
        Rare::OomEvent => {
            format!("(sum by ({labels}) ({own}) - sum by ({labels}) ({own} offset {step_seconds}s)) > 0")
        }
        Rare::OomKilled => killed(labels, &own, filter, step_seconds),
    }
}

/// The limit that was set when a container was killed.
#[must_use]
pub fn limits_when_killed(world: World, filter: &str, step_seconds: u64) -> String {
    let labels = world.labels();
    let own = selector(Rare::OomKilled.metric(), &[rare_matchers(world, Rare::OomKilled), filter]);
    let killed = killed(labels, &own, filter, step_seconds);
    format!("({}) and on ({labels}) ({killed})", resource("limits", filter))
}

/// It restarted, and its last end was a kill: the reason alone stays where it is after the kill.
///
/// No series are joined by labels here: that would double the server's work, and each scraper's series tell the same.
fn killed(labels: &str, reason: &str, filter: &str, step_seconds: u64) -> String {
    let restarts = selector("kube_pod_container_status_restarts_total", &[filter]);
    format!("(({restarts} - {restarts} offset {step_seconds}s) > 0) and on ({labels}) ({reason} > 0)")
}

/// The limits that are set at a moment.
#[must_use]
pub fn limits(world: World, filter: &str) -> String {
    format!("max by ({}) ({})", world.labels(), resource("limits", filter))
}

/// What holds at the end.
#[must_use]
pub fn present(world: World, present: Present, filter: &str, within_seconds: u64) -> Option<String> {
    let labels = world.labels();
    let last =
        |selector: String| format!("max by ({labels}) (last_over_time({selector}[{within_seconds}s]))");
    let of_pods = |expression: String| (world == World::Kubernetes).then_some(expression);
    match present {
        Present::Container => of_pods(last(selector("kube_pod_container_info", &[filter]))),
        Present::Limit => of_pods(limits(world, filter)),
        Present::Request => of_pods(format!("max by ({labels}) ({})", resource("requests", filter))),
        Present::KernelLimit => {
            Some(last(selector("container_spec_memory_limit_bytes", &[world.containers(), filter])))
        }
        Present::SwapLimit => {
            of_pods(last(selector("container_swap_limit_bytes", &[world.containers(), filter])))
        }
        Present::WorkingSet
        | Present::Anonymous
        | Present::Cache
        | Present::ActiveFile
        | Present::InactiveFile => {
            let (_, metric) = PARTS.into_iter().find(|(part, _)| *part == present)?;
            let selector = selector(metric, &[world.containers(), filter]);
            Some(format!("max by ({labels}) (avg_over_time({selector}[{PARTS_SECONDS}s]))"))
        }
    }
}

/// Since kube-state-metrics 2.0 the resource is a label; before, each had a name of its own.
fn resource(kind: &str, filter: &str) -> String {
    let now = selector(&format!("kube_pod_container_resource_{kind}"), &[r#"resource="memory""#, filter]);
    let before = selector(&format!("kube_pod_container_resource_{kind}_memory_bytes"), &[filter]);
    format!("{now} or {before}")
}

const fn rare_matchers(world: World, rare: Rare) -> &'static str {
    match rare {
        Rare::OomKilled => r#"reason="OOMKilled""#,
        Rare::Swap | Rare::KubeletSwap | Rare::OomEvent => world.containers(),
    }
}

/// One millisecond less than a step: a sample on the border belongs to one step, not to two.
fn window(step_seconds: u64) -> String {
    format!("{}ms", step_seconds * 1000 - 1)
}

/// A matcher of any of these values; none matches all.
#[must_use]
pub fn any_of<'value>(label: &str, operator: &str, values: impl IntoIterator<Item = &'value str>) -> String {
    let values: Vec<String> = values.into_iter().map(literal).collect();
    if values.is_empty() {
        return String::new();
    }
    format!("{label}{operator}\"{}\"", values.join("|"))
}

/// A matcher of names that are one of these, or that with `-` and more behind it.
#[must_use]
pub fn any_beginning<'value>(label: &str, values: impl IntoIterator<Item = &'value str>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| format!("{}(-.*)?", literal(value))).collect();
    format!("{label}=~\"{}\"", values.join("|"))
}

/// A value as a regular expression inside PromQL's quotes.
fn literal(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\\\\\"),
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\\\{letter}");
            }
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Rare, World, any_of, limits_when_killed, peaks, selector, when};

    #[test]
    fn a_step_has_each_sample_once() {
        let expression = peaks(World::Kubernetes, "m", r#"namespace=~"a""#, 300);
        let expected = r#"max_over_time(m{container!="",container!="POD",pod!="",namespace=~"a"}[299999ms])"#;
        assert_eq!(expression, expected);
    }

    #[test]
    fn names_are_no_patterns() {
        assert_eq!(any_of("namespace", "=~", ["a.b", "c\"d\\"]), r#"namespace=~"a\\.b|c\"d\\\\""#);
        assert_eq!(any_of("namespace", "=~", []), "");
        assert_eq!(selector("m", &["", "a=\"b\""]), "m{a=\"b\"}");
    }

    #[test]
    fn a_kill_is_a_restart_whose_reason_is_a_kill() {
        let expression = when(World::Kubernetes, Rare::OomKilled, "", 60);
        assert!(
            expression.contains("offset 60s) > 0) and on (cluster,namespace,pod,container)"),
            "{expression}"
        );
        assert!(limits_when_killed(World::Kubernetes, "", 60).ends_with(&format!("({expression})")));
    }
}
