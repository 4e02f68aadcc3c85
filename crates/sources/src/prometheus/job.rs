//! One question of a fetch: what is asked, for which part of the time and which namespaces.

use crate::prometheus::query::{self, Owner, Present, Rare, World};
use crate::prometheus::server::Question;
use crate::prometheus::shards::Shard;
use std::time::Duration;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The server's clock.
    Clock,
    /// How many containers each namespace has, by this metric.
    Counts(&'static str),
    /// The names of all metrics.
    Names,
    /// How many samples an hour has at most, of this metric.
    Density(&'static str),
    /// The peak of each step, of this metric.
    Peaks(&'static str),
    /// The samples as they are, of this metric.
    Samples(&'static str),
    /// Which containers had some of it.
    Whether(Rare),
    /// When, and how much.
    When(Rare),
    /// Swap as it was sampled.
    SwapSamples(Rare),
    /// The limits at kills.
    LimitsWhenKilled,
    /// The limits at one moment.
    LimitsThen,
    /// What holds at the end.
    Present(Present),
    /// Who owns whom.
    Owners(Owner),
}

/// A question, and what it may be divided into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What.
    pub ask: Ask,
    /// Of which world.
    pub world: World,
    /// Of which part.
    pub shard: Shard,
    /// How often it may still be halved.
    pub halvings_left: u32,
}

/// A question that is still too much for an eighth of its time is too much.
const HALVINGS_MAX: u32 = 3;

/// How far apart the counts are that the parts are planned with.
const COUNTS: u64 = 14;

/// What scrapers write at least so often is there now.
const PRESENT_SECONDS: u64 = 600;

impl Job {
    /// A question about a part.
    #[must_use]
    pub const fn new(ask: Ask, world: World, shard: Shard) -> Self {
        Self { ask, world, shard, halvings_left: HALVINGS_MAX }
    }

    /// Two questions about half of the time each, when halves help.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        let halvings_left = self.halvings_left.checked_sub(1)?;
        let is_range = match self.ask {
            Ask::Peaks(_)
            | Ask::Samples(_)
            | Ask::When(_)
            | Ask::SwapSamples(_)
            | Ask::Whether(_)
            | Ask::LimitsWhenKilled
            | Ask::Owners(_) => true,
            Ask::Clock
            | Ask::Counts(_)
            | Ask::Density(_)
            | Ask::LimitsThen
            | Ask::Names
            | Ask::Present(_) => false,
        };
        let halves = is_range.then(|| self.shard.span.halves())??;
        let of = |span| Self { shard: Shard { span, ..self.shard.clone() }, halvings_left, ..*self };
        Some(halves.map(of))
    }

    /// The question as the server understands it; `None` where this world has no such thing.
    #[must_use]
    pub fn question(&self, deadline: Duration) -> Option<Question> {
        let Shard { span, filter } = &self.shard;
        let step = span.step_seconds;
        let range = |query: String| of_range(query, span.start, span.end, step, deadline);
        let moment = |query: String| of_moment(query, span.end, deadline);
        let question = match self.ask {
            Ask::Clock => {
                Question { endpoint: "query", parameters: vec![("query", "vector(time())".to_owned())] }
            }
            Ask::Names => {
                Question { endpoint: "label/__name__/values", parameters: span_of(span.start, span.end) }
            }
            Ask::Counts(metric) => {
                let apart = (span.steps() / COUNTS).max(1) * step;
                of_range(
                    query::counts(self.world, metric, filter, step),
                    span.start,
                    span.end,
                    apart,
                    deadline,
                )
            }
            Ask::Density(metric) => moment(query::density(self.world, metric, filter)),
            Ask::Samples(metric) => moment(query::samples(self.world, metric, filter, span.seconds())),
            Ask::Peaks(metric) => range(query::peaks(self.world, metric, filter, step)),
            Ask::Whether(rare) => moment(query::whether(self.world, rare, filter, span.seconds())),
            Ask::When(rare) => range(query::when(self.world, rare, filter, step)),
            Ask::SwapSamples(rare) => moment(query::swap_samples(self.world, rare, filter, span.seconds())),
            Ask::LimitsThen => moment(query::limits(self.world, filter)),
            Ask::LimitsWhenKilled => range(query::limits_when_killed(self.world, filter, step)),
            Ask::Present(present) => {
                let within = PRESENT_SECONDS.max(2 * step);
                moment(query::present(self.world, present, filter, within)?)
            }
            Ask::Owners(owner) => {
                let mut parameters = vec![("match[]", query::selector(owner.metric(), &[filter]))];
                parameters.extend(span_of(span.start, span.end));
                Question { endpoint: "series", parameters }
            }
        };
        Some(question)
    }
}

fn span_of(start: i64, end: i64) -> Vec<(&'static str, String)> {
    vec![("start", start.to_string()), ("end", end.to_string())]
}

/// The server is told when we give up, so that it does not work for nobody.
fn of_range(query: String, start: i64, end: i64, step: u64, deadline: Duration) -> Question {
    let mut parameters = vec![("query", query)];
    parameters.extend(span_of(start, end));
    parameters.extend([("step", step.to_string()), ("timeout", given_up(deadline))]);
    Question { endpoint: "query_range", parameters }
}

fn of_moment(query: String, time: i64, deadline: Duration) -> Question {
    let parameters = vec![("query", query), ("time", time.to_string()), ("timeout", given_up(deadline))];
    Question { endpoint: "query", parameters }
}

fn given_up(deadline: Duration) -> String {
    format!("{}ms", deadline.as_millis())
}

#[cfg(test)]
mod tests {
    use super::{Ask, Job};
    use crate::prometheus::query::{Present, World};
    use crate::prometheus::shards::{Shard, Span};
    use std::time::Duration;

    fn job(ask: Ask, world: World) -> Job {
        let span = Span { start: 300, end: 3000, step_seconds: 300 };
        Job::new(ask, world, Shard { span, filter: String::new() })
    }

    #[test]
    fn a_question_is_halved_until_it_is_small_and_no_further() {
        let mut jobs = vec![job(Ask::Peaks("m"), World::Kubernetes)];
        let mut leaves = 0;
        while let Some(job) = jobs.pop() {
            match job.halves() {
                Some(halves) => jobs.extend(halves),
                None => leaves += 1,
            }
        }
        assert_eq!(leaves, 8);
        assert_eq!(job(Ask::Clock, World::Kubernetes).halves(), None);
    }

    #[test]
    fn a_question_says_when_we_give_up() {
        let question = job(Ask::Peaks("m"), World::Engine).question(Duration::from_secs(120)).unwrap();
        assert_eq!(question.endpoint, "query_range");
        assert!(question.parameters.contains(&("timeout", "120000ms".to_owned())), "{question:?}");
        let limits = job(Ask::Present(Present::Limit), World::Engine);
        assert_eq!(limits.question(Duration::from_secs(1)), None);
    }
}
