//! An imagined cluster as OpenMetrics: fifty deployments with two pods each, fourteen days, a sample every five minutes.
//!
//! What a pod uses is computed from its number and the step alone, so that an answer can be checked to the byte.

use std::io::{self, Write};

/// Goes into the name of what is kept: another text needs another version.
pub const VERSION: &str = "4: 100 pods, 14 days, 300 s";

/// The last sample, a whole step.
pub const END: i64 = 1_700_000_100;
/// How far apart samples are.
pub const STEP: i64 = 300;
/// How many.
pub const STEPS: i64 = 4032;
/// How many pods; each has one container.
pub const PODS: u64 = 100;
/// kube-state-metrics' slow facts are written this seldom, and at the end.
const SLOW_STEPS: usize = 12;
const MIB: u64 = 1 << 20;
/// What every pod may use.
pub const LIMIT: u64 = 1024 * MIB;
/// What every pod requests.
pub const REQUEST: u64 = 256 * MIB;
/// Pods that are killed, and when.
pub const KILLS: [(u64, i64); 4] = [(7, 1000), (23, 2000), (23, 2500), (61, 4000)];

/// The deployment that lives of the page cache.
pub const PAGE_CACHE: u64 = 4;
/// The deployment that is mostly tmpfs.
pub const TMPFS: u64 = 6;

/// One pod.
#[derive(Clone, Copy)]
pub struct Pod(pub u64);

impl Pod {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PODS).map(Self)
    }

    /// Its deployment.
    pub fn deployment(self) -> String {
        format!("app-{:02}", self.0 / 2)
    }

    /// Its namespace: ten deployments each.
    pub fn namespace(self) -> String {
        format!("team-{}", self.0 / 20)
    }

    /// Its replica set.
    pub fn replica_set(self) -> String {
        format!("{}-6d4cf56db6", self.deployment())
    }

    /// Its name.
    pub fn name(self) -> String {
        let letter = |power: u32| {
            let index = (self.0 * 7919 + 12_345) / 27_u64.pow(power) % 27;
            // Kubernetes' own letters for names (k8s.io/apimachinery/pkg/util/rand).
            b"bcdfghjklmnpqrstvwxz2456789"
                .get(usize::try_from(index).unwrap_or(0))
                .map_or('b', |byte| char::from(*byte))
        };
        let own: String = (0..5).map(letter).collect();
        format!("{}-{own}", self.replica_set())
    }

    /// The working set: a base, a wave a day, and noise.
    pub fn memory(self, step: i64) -> u64 {
        let base = (64 + self.0 * 4) * MIB;
        let hour = (step.unsigned_abs() % 288).abs_diff(144) * MIB / 4;
        base + hour + mixed(self.0 << 32 | step.unsigned_abs()) % (8 * MIB)
    }

    /// Swap in use: some pods, some of the time.
    pub fn swap(self, step: i64) -> u64 {
        if self.0.is_multiple_of(10) && step % 100 < 20 { (1 + self.0) * 4096 } else { 0 }
    }

    /// CPU time since it began, which nothing of ours asks for.
    pub fn cpu_seconds(self, step: i64) -> u64 {
        step.unsigned_abs() * (30 + self.0 % 60)
    }

    /// Percents of its memory: anonymous, active page cache, tmpfs.
    pub fn parts(self) -> [u64; 3] {
        match self.0 / 2 {
            PAGE_CACHE => [30, 62, 8],
            TMPFS => [25, 5, 70],
            _ => [75, 20, 5],
        }
    }

    /// How often it was killed until then.
    pub fn kills_until(self, step: i64) -> usize {
        KILLS.iter().filter(|(pod, at)| *pod == self.0 && *at <= step).count()
    }

    fn labels(self) -> String {
        format!(r#"namespace="{}",pod="{}",container="app""#, self.namespace(), self.name())
    }
}

/// The moment of a step.
pub fn moment(step: i64) -> i64 {
    END - (STEPS - 1 - step) * STEP
}

/// Writes everything.
pub fn write(out: &mut impl Write) -> io::Result<()> {
    let every = 0..STEPS;
    for (name, value) in [
        ("container_memory_working_set_bytes", Pod::memory as fn(Pod, i64) -> u64),
        ("container_memory_swap", Pod::swap),
        ("container_oom_events_total", |_, _| 0),
        ("container_cpu_usage_seconds_total", Pod::cpu_seconds),
    ] {
        // OpenMetrics names the family of a counter without its ending.
        match name.strip_suffix("_total") {
            Some(family) => writeln!(out, "# TYPE {family} counter")?,
            None => writeln!(out, "# TYPE {name} gauge")?,
        }
        for pod in Pod::all() {
            let id = format!(r#"id="/kubepods/burstable/pod{:016x}",image="registry/app:1""#, mixed(pod.0));
            let labels =
                format!(r#"{},{id},instance="node-{}:10250",job="kubelet""#, pod.labels(), pod.0 % 8);
            lines(out, name, &labels, every.clone(), |step| Some(value(pod, step)))?;
        }
    }
    parts(out)?;
    states(out)?;
    writeln!(out, "# EOF")
}

/// A part of a pod's memory, in percents.
type Percent = fn(Pod) -> u64;

/// What memory is made of, as cAdvisor tells it.
fn parts(out: &mut impl Write) -> io::Result<()> {
    let part: [(&str, Percent); 4] = [
        ("container_memory_rss", |pod| pod.parts()[0]),
        ("container_memory_total_active_file_bytes", |pod| pod.parts()[1]),
        ("container_memory_total_inactive_file_bytes", |_| 7),
        ("container_memory_cache", |pod| pod.parts()[1] + pod.parts()[2] + 7),
    ];
    for (name, percent) in part {
        writeln!(out, "# TYPE {name} gauge")?;
        for pod in Pod::all() {
            let steps = (0..STEPS).rev().step_by(SLOW_STEPS).collect::<Vec<_>>().into_iter().rev();
            let labels = format!(r#"{},job="kubelet""#, pod.labels());
            lines(out, name, &labels, steps, |step| Some(pod.memory(step) / 100 * percent(pod)))?;
        }
    }
    Ok(())
}

/// What kube-state-metrics tells.
fn states(out: &mut impl Write) -> io::Result<()> {
    let job = r#"instance="kube-state-metrics:8080",job="kube-state-metrics""#;
    let slow = || (0..STEPS).rev().step_by(SLOW_STEPS).collect::<Vec<_>>().into_iter().rev();
    for (name, more, value) in [
        ("kube_pod_container_info", r#"image="registry/app:1""#, 1),
        ("kube_pod_container_resource_limits", r#"resource="memory",unit="byte""#, LIMIT),
        ("kube_pod_container_resource_requests", r#"resource="memory",unit="byte""#, REQUEST),
    ] {
        writeln!(out, "# TYPE {name} gauge")?;
        for pod in Pod::all() {
            // A limit is needed at every kill.
            let is_killed = KILLS.iter().any(|(killed, _)| *killed == pod.0);
            let labels = format!("{},{more},{job}", pod.labels());
            if is_killed {
                lines(out, name, &labels, 0..STEPS, |_| Some(value))?;
            } else {
                lines(out, name, &labels, slow(), |_| Some(value))?;
            }
        }
    }
    writeln!(out, "# TYPE kube_pod_owner gauge")?;
    for pod in Pod::all() {
        let owner = format!(r#"owner_kind="ReplicaSet",owner_name="{}""#, pod.replica_set());
        let labels = format!(r#"namespace="{}",pod="{}",{owner},{job}"#, pod.namespace(), pod.name());
        lines(out, "kube_pod_owner", &labels, slow(), |_| Some(1))?;
    }
    writeln!(out, "# TYPE kube_replicaset_owner gauge")?;
    for pod in Pod::all().step_by(2) {
        let owner = format!(r#"owner_kind="Deployment",owner_name="{}""#, pod.deployment());
        let labels =
            format!(r#"namespace="{}",replicaset="{}",{owner},{job}"#, pod.namespace(), pod.replica_set());
        lines(out, "kube_replicaset_owner", &labels, slow(), |_| Some(1))?;
    }
    ends(out, job)
}

/// Restarts, and why containers ended.
fn ends(out: &mut impl Write, job: &str) -> io::Result<()> {
    let (restarts, reason) =
        ("kube_pod_container_status_restarts", "kube_pod_container_status_last_terminated_reason");
    writeln!(out, "# TYPE {restarts} counter")?;
    for pod in Pod::all() {
        let labels = format!("{},{job}", pod.labels());
        lines(out, &format!("{restarts}_total"), &labels, 0..STEPS, |step| {
            Some(pod.kills_until(step) as u64)
        })?;
    }
    writeln!(out, "# TYPE {reason} gauge")?;
    for pod in Pod::all() {
        let labels = format!(r#"{},reason="OOMKilled",{job}"#, pod.labels());
        lines(out, reason, &labels, 0..STEPS, |step| (pod.kills_until(step) > 0).then_some(1))?;
    }
    Ok(())
}

fn lines(
    out: &mut impl Write,
    name: &str,
    labels: &str,
    steps: impl Iterator<Item = i64>,
    value: impl Fn(i64) -> Option<u64>,
) -> io::Result<()> {
    for step in steps {
        if let Some(value) = value(step) {
            writeln!(out, "{name}{{{labels}}} {value} {}", moment(step))?;
        }
    }
    Ok(())
}

/// A number that looks like any other (SplitMix64).
fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::{END, KILLS, Pod, STEPS, moment};
    use std::collections::BTreeSet;

    #[test]
    fn pods_have_names_of_their_own_and_memory_that_moves() {
        let names: BTreeSet<String> = Pod::all().map(Pod::name).collect();
        assert_eq!(names.len(), 100);
        let values: BTreeSet<u64> = (0..100).map(|step| Pod(3).memory(step)).collect();
        assert!(values.len() > 90);
        assert_eq!(moment(STEPS - 1), END);
    }

    #[test]
    fn somebody_swaps_and_somebody_is_killed_twice() {
        assert!(Pod(10).swap(119) > 0 && Pod(10).swap(120) == 0 && Pod(11).swap(5) == 0);
        assert_eq!(KILLS.iter().map(|(pod, _)| Pod(*pod).kills_until(STEPS)).max(), Some(2));
    }
}
