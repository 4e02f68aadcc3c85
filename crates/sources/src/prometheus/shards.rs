//! How a long question becomes many small ones: by time and by namespace, none above a stated number of points.

use crate::prometheus::query::any_of;

/// Prometheus refuses more steps in one query.
pub const STEPS_MAX: u64 = 11_000;

/// A part of the time: moments from `start` to `end`, both asked for, `step_seconds` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub start: i64,
    /// The last one.
    pub end: i64,
    /// How far apart they are.
    pub step_seconds: u64,
}

impl Span {
    /// How many moments.
    #[must_use]
    pub fn steps(self) -> u64 {
        self.end.abs_diff(self.start) / self.step_seconds.max(1) + 1
    }

    /// How long, its first step included.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.steps() * self.step_seconds
    }

    /// Two halves, unless it is one moment.
    #[must_use]
    pub fn halves(self) -> Option<[Self; 2]> {
        let steps = self.steps();
        let first = self.part(0, steps / 2)?;
        Some([first, self.part(steps / 2, steps - steps / 2)?])
    }

    /// So many moments after so many; `None` when there are none.
    fn part(self, skipped: u64, steps: u64) -> Option<Self> {
        let after = |steps: u64| i64::try_from(steps * self.step_seconds).ok();
        let start = self.start.checked_add(after(skipped)?)?;
        let end = start.checked_add(after(steps.checked_sub(1)?)?)?;
        Some(Self { start, end, ..self })
    }
}

/// A part of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its time.
    pub span: Span,
    /// Matchers for its namespaces; empty is all.
    pub filter: String,
}

/// Which namespaces there are, and how many containers each has at most at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceCount {
    /// Its name; empty where series have none.
    pub namespace: String,
    /// How many.
    pub containers: u64,
}

/// Namespaces asked for, or all of them.
#[derive(Clone, Copy, Debug)]
pub enum Namespaces<'a> {
    /// All; also those that were not counted, because their pods live short.
    All,
    /// These.
    Some(&'a [String]),
}

/// A namespace is not cut: this many steps of the largest are in a part at least.
const STEPS_MIN: u64 = 12;

/// The parts, each of at most so many points if the counts are right.
#[must_use]
pub fn shards(
    counts: &[NamespaceCount],
    namespaces: Namespaces<'_>,
    span: Span,
    points_max: u64,
) -> Vec<Shard> {
    let groups = groups(counts, points_max / span.steps().clamp(1, day_steps(span)));
    let mut shards = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let is_last = index + 1 == groups.len();
        let filter = filter(group, &groups, namespaces, is_last);
        let containers: u64 = group.iter().map(|count| count.containers).sum();
        let steps_max = (points_max / containers.max(1)).clamp(STEPS_MIN, STEPS_MAX);
        let parts = span.steps().div_ceil(steps_max);
        let steps = span.steps().div_ceil(parts);
        let cut = (0..parts)
            .filter_map(|part| span.part(part * steps, steps.min(span.steps().saturating_sub(part * steps))));
        shards.extend(cut.map(|span| Shard { span, filter: filter.clone() }));
    }
    shards
}

fn day_steps(span: Span) -> u64 {
    (86_400 / span.step_seconds.max(1)).max(1)
}

/// Small namespaces together, large ones alone.
fn groups(counts: &[NamespaceCount], containers_max: u64) -> Vec<Vec<&NamespaceCount>> {
    let mut groups: Vec<Vec<&NamespaceCount>> = vec![Vec::new()];
    let mut held = 0;
    for count in counts {
        if held > 0 && held + count.containers > containers_max {
            groups.push(Vec::new());
            held = 0;
        }
        held += count.containers;
        if let Some(group) = groups.last_mut() {
            group.push(count);
        }
    }
    groups
}

/// The last of several groups also has whatever was not counted.
fn filter(
    group: &[&NamespaceCount],
    groups: &[Vec<&NamespaceCount>],
    namespaces: Namespaces<'_>,
    is_last: bool,
) -> String {
    let names = |group: &[&NamespaceCount], operator| {
        any_of("namespace", operator, group.iter().map(|count| count.namespace.as_str()))
    };
    match (namespaces, groups.len(), is_last) {
        (Namespaces::All, 0 | 1, _) => String::new(),
        (Namespaces::Some(wanted), 0 | 1, _) => any_of("namespace", "=~", wanted.iter().map(String::as_str)),
        (Namespaces::All, _, true) => {
            let others: Vec<&NamespaceCount> =
                groups.iter().take(groups.len() - 1).flatten().copied().collect();
            names(&others, "!~")
        }
        (Namespaces::All | Namespaces::Some(_), _, _) => names(group, "=~"),
    }
}

#[cfg(test)]
mod tests {
    use super::{NamespaceCount, Namespaces, STEPS_MAX, Shard, Span, shards};
    use proptest::prelude::{ProptestConfig, prop, proptest};

    const SPAN: Span = Span { start: 300, end: 4032 * 300, step_seconds: 300 };

    fn counts(containers: &[u64]) -> Vec<NamespaceCount> {
        let names = (0..).map(|number| format!("n{number}"));
        names
            .zip(containers)
            .map(|(namespace, &containers)| NamespaceCount { namespace, containers })
            .collect()
    }

    fn moments(shards: &[Shard]) -> Vec<i64> {
        let spans = shards.iter().map(|shard| shard.span);
        let mut moments: Vec<i64> = spans.flat_map(|span| (span.start..=span.end).step_by(300)).collect();
        moments.sort_unstable();
        moments
    }

    #[test]
    fn a_small_cluster_is_one_question_for_each_part_of_the_time() {
        let cut = shards(&counts(&[60, 40]), Namespaces::All, SPAN, 250_000);
        assert_eq!(cut.len(), 2);
        assert!(cut.iter().all(|shard| shard.filter.is_empty()));
        assert_eq!(moments(&cut), (300..=SPAN.end).step_by(300).collect::<Vec<_>>());
        assert_eq!(shards(&[], Namespaces::All, SPAN, 250_000).len(), 1);
    }

    #[test]
    fn what_was_not_counted_is_asked_for_too() {
        let cut = shards(&counts(&[900, 800, 10]), Namespaces::All, SPAN, 250_000);
        let filters: std::collections::BTreeSet<&str> =
            cut.iter().map(|shard| shard.filter.as_str()).collect();
        assert!(filters.contains(r#"namespace=~"n0""#), "{filters:?}");
        assert!(filters.contains(r#"namespace!~"n0""#), "{filters:?}");
        assert_eq!(filters.len(), 2);
        let wanted = ["n0".to_owned(), "n1".to_owned()];
        let cut = shards(&counts(&[900, 800]), Namespaces::Some(&wanted), SPAN, 250_000);
        assert!(cut.iter().all(|shard| shard.filter.starts_with("namespace=~")), "{cut:?}");
    }

    #[test]
    fn a_moment_has_no_halves() {
        let moment = Span { start: 300, end: 300, step_seconds: 300 };
        assert_eq!((moment.halves(), moment.seconds()), (None, 300));
        let [one, other] = SPAN.halves().unwrap();
        assert_eq!((one.steps() + other.steps(), other.start - one.end), (4032, 300));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn every_moment_of_every_namespace_is_asked_for_once(
            containers in prop::collection::vec(1_u64..3000, 1..12), points_max in 1_000_u64..2_000_000,
        ) {
            let counts = counts(&containers);
            let cut = shards(&counts, Namespaces::All, SPAN, points_max);
            for name in counts.iter().map(|count| count.namespace.as_str()).chain(["other"]) {
                let quoted = |shard: &Shard| {
                    let names = shard.filter.split('"').nth(1).unwrap_or_default();
                    names.split('|').any(|one| one == name)
                };
                let here = cut.iter().filter(|shard| match shard.filter.as_str() {
                    "" => true,
                    filter if filter.contains("!~") => !quoted(shard),
                    _ => quoted(shard),
                });
                let here: Vec<Shard> = here.cloned().collect();
                assert_eq!(moments(&here).len(), 4032, "{name}: {here:?}");
            }
            assert!(cut.iter().all(|shard| shard.span.steps() <= STEPS_MAX));
        }
    }
}
