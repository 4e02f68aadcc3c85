//! What the answers say, by container: samples, kills, limits and owners, before they become histories.

use crate::prometheus::answer::{Point, SeriesAnswer};
use crate::prometheus::job::{Ask, Job};
use crate::prometheus::query::{Owner, Present, Rare, World};
use crate::prometheus::shards::Span;
use kernel::bytes::Bytes;
use model::history::Sample;
use std::collections::{BTreeMap, BTreeSet};

/// What tells a container from all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerKey {
    /// The cluster, where there are several.
    pub cluster: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod; without one, the machine.
    pub pod: String,
    /// The container's name.
    pub container: String,
}

/// An object of a namespace, by its kind.
pub type OwnedKey = (Owner, String, String, String);

/// Values that could not be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// NaN and infinite.
    pub not_numbers: u64,
    /// Below zero.
    pub negative: u64,
    /// Not later than the one before.
    pub unordered: u64,
    /// Samples of moments that there is another sample of.
    pub twice: u64,
}

/// Everything that was answered.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Memory in use.
    pub peaks: BTreeMap<ContainerKey, Vec<Sample>>,
    /// What is rare, where it was.
    pub rare: BTreeMap<(ContainerKey, Rare), Vec<Sample>>,
    /// Containers that had any of what is rare.
    pub suspects: BTreeMap<Rare, BTreeSet<ContainerKey>>,
    /// Limits at kills.
    pub limits_when_killed: BTreeMap<ContainerKey, Vec<Sample>>,
    /// What holds at the end.
    pub present: BTreeMap<ContainerKey, BTreeMap<Present, f64>>,
    /// Kind and name of owners.
    pub owners: BTreeMap<OwnedKey, (String, String)>,
    /// What was odd.
    pub oddities: BTreeMap<ContainerKey, Oddities>,
    /// Containers by namespace, at most at one time.
    pub counts: BTreeMap<String, u64>,
    /// The answer to a question for one number.
    pub number: Option<f64>,
}

impl Gathered {
    /// Keeps what the answer to this question says.
    pub fn take(&mut self, job: &Job, answer: Vec<SeriesAnswer>) {
        for mut series in answer {
            let key = ContainerKey::of(job.world, &series);
            match job.ask {
                Ask::Clock | Ask::Density(_) => self.number = series.points.first().map(|point| point.value),
                Ask::Names => {}
                Ask::Counts(_) => self.count(&series),
                Ask::Peaks(_) | Ask::Samples(_) => {
                    if matches!(job.ask, Ask::Samples(_)) {
                        to_peaks(&mut series.points, job.shard.span);
                    }
                    let odd = self.oddities.entry(key.clone()).or_default();
                    append(self.peaks.entry(key).or_default(), &series.points, odd);
                }
                Ask::Whether(rare) => {
                    self.suspects.entry(rare).or_default().insert(key);
                }
                Ask::When(rare) | Ask::SwapSamples(rare) => {
                    if matches!(job.ask, Ask::SwapSamples(_)) {
                        to_peaks(&mut series.points, job.shard.span);
                        series.points.retain(|point| point.value != 0.0);
                    }
                    let odd = self.oddities.entry(key.clone()).or_default();
                    append(self.rare.entry((key, rare)).or_default(), &series.points, odd);
                }
                Ask::LimitsWhenKilled | Ask::LimitsThen => {
                    let odd = self.oddities.entry(key.clone()).or_default();
                    append(self.limits_when_killed.entry(key).or_default(), &series.points, odd);
                }
                Ask::Present(present) => {
                    if let Some(point) = series.points.last() {
                        self.present.entry(key).or_default().insert(present, point.value);
                    }
                }
                Ask::Owners(owner) => self.own(owner, &series),
            }
        }
    }

    fn count(&mut self, series: &SeriesAnswer) {
        let most = series.points.iter().map(|point| point.value).fold(0.0, f64::max);
        let count = self.counts.entry(series.label("namespace").to_owned()).or_default();
        *count = (*count).max(most as u64);
    }

    fn own(&mut self, owner: Owner, series: &SeriesAnswer) {
        let name = match owner {
            Owner::Pod => series.label("pod"),
            Owner::ReplicaSet => series.label("replicaset"),
            Owner::Job => series.label("job_name"),
        };
        let of = |label: &str| series.label(label).to_owned();
        // kube-state-metrics writes `<none>` where nobody owns it.
        let is_owned = !series.label("owner_name").is_empty() && series.label("owner_kind") != "<none>";
        if is_owned && series.label("owner_name") != "<none>" {
            let key = (owner, of("cluster"), of("namespace"), name.to_owned());
            self.owners.insert(key, (of("owner_kind"), of("owner_name")));
        }
    }

    /// Containers that ended because they were killed, and when.
    pub fn killed(&self) -> impl Iterator<Item = (&ContainerKey, i64)> {
        let told = self.rare.iter().filter(|((_, rare), _)| *rare == Rare::OomKilled);
        told.flat_map(|((key, _), samples)| samples.iter().map(move |sample| (key, sample.seconds)))
    }

    /// Whether the owner of any pod is known.
    #[must_use]
    pub fn knows_pods(&self) -> bool {
        self.owners.keys().any(|(owner, ..)| *owner == Owner::Pod)
    }

    /// Kind and name of the workload that a pod belongs to, as far up as the owners are known.
    #[must_use]
    pub fn workload(&self, key: &ContainerKey) -> Option<(String, String)> {
        let owner_of = |owner: Owner, name: &str| {
            self.owners.get(&(owner, key.cluster.clone(), key.namespace.clone(), name.to_owned())).cloned()
        };
        let (kind, name) = owner_of(Owner::Pod, &key.pod)?;
        let above = match kind.as_str() {
            "ReplicaSet" => owner_of(Owner::ReplicaSet, &name),
            "Job" => owner_of(Owner::Job, &name),
            _ => None,
        };
        Some(above.unwrap_or((kind, name)))
    }
}

impl ContainerKey {
    fn of(world: World, series: &SeriesAnswer) -> Self {
        let label = |name: &str| series.label(name).to_owned();
        match world {
            World::Kubernetes => Self {
                cluster: label("cluster"),
                namespace: label("namespace"),
                pod: label("pod"),
                container: label("container"),
            },
            World::Engine => Self { pod: label("instance"), container: label("name"), ..Self::default() },
        }
    }

    /// As people read it.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = [&self.cluster, &self.namespace, &self.pod, &self.container];
        let parts: Vec<&str> =
            parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
        parts.join("/")
    }
}

/// Of each step only the largest sample, at the moment that ends the step, as the server's own peaks are.
fn to_peaks(points: &mut Vec<Point>, span: Span) {
    let step = span.step_seconds.cast_signed().max(1);
    let end_of_step = |seconds: i64| span.end - (span.end - seconds).div_euclid(step) * step;
    for point in &mut *points {
        point.seconds = end_of_step(point.seconds);
    }
    // A range has its left border too: that sample is in the step before, which is another part's.
    points.retain(|point| point.seconds >= span.start);
    points.dedup_by(|next, kept| {
        let is_same = next.seconds == kept.seconds;
        // What is no number stays no number only where nothing else is.
        if is_same && (kept.value.is_nan() || next.value > kept.value) {
            kept.value = next.value;
        }
        is_same
    });
}

/// Adds what is a number of bytes.
fn append(samples: &mut Vec<Sample>, points: &[Point], odd: &mut Oddities) {
    samples.reserve(points.len());
    let mut last = None;
    for point in points {
        odd.unordered += u64::from(last.is_some_and(|last| point.seconds <= last));
        last = Some(point.seconds);
        if !point.value.is_finite() {
            odd.not_numbers += 1;
        } else if point.value < 0.0 {
            odd.negative += 1;
        } else {
            samples.push(Sample { seconds: point.seconds, usage: Bytes(point.value as u64) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Point, Span, to_peaks};

    #[test]
    fn samples_become_the_peaks_of_their_steps() {
        let span = Span { start: 600, end: 1200, step_seconds: 300 };
        let point = |seconds, value| Point { seconds, value };
        let mut points = vec![
            point(300, 9.0),
            point(301, 1.0),
            point(600, 2.0),
            point(601, 5.0),
            point(900, 3.0),
            point(1101, 4.0),
        ];
        to_peaks(&mut points, span);
        assert_eq!(points, [point(600, 2.0), point(900, 5.0), point(1200, 4.0)]);
    }
}
