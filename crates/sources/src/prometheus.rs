//! A Prometheus server's history of containers: few bulk queries, read as they stream in, and never more at once than stated.

mod answer;
mod assemble;
mod client;
mod connection;
pub mod error;
mod gathered;
mod job;
mod json;
mod page;
mod plan;
mod query;
mod server;
pub mod settings;
mod shards;
mod tls;
pub mod token;
pub mod url;
mod workers;

use assemble::Circumstances;
use error::PrometheusError;
use gathered::Gathered;
use job::{Ask, Job};
use query::{MEMORY, OWNERS, World};
use server::Server;
use settings::{FetchProgress, FetchSettings, FetchedHistories, PartialAnswers};
use shards::{Shard, Span};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tls::Tls;

/// Fetches what containers used, their kills, limits and owners; `tell` hears of every answer.
///
/// # Errors
/// When the server cannot be asked, has nothing, or does not answer everything: a part of a history is no history.
pub fn fetch(
    settings: &FetchSettings,
    tell: &(dyn Fn(FetchProgress) + Sync),
) -> Result<FetchedHistories, PrometheusError> {
    let tls = settings.url.is_secure.then(|| Tls::new(&settings.url, settings.authority.as_deref()));
    let server = Server {
        url: settings.url.clone(),
        token: settings.token.clone(),
        tls: tls.transpose()?,
        deadline: settings.bounds.deadline,
        answer_bytes_max: settings.bounds.answer_bytes_max,
        read_bytes: 0.into(),
    };
    Fetch { settings, server: &server, tell, gathered: Mutex::default(), warnings: BTreeSet::new() }.run()
}

/// What there is to be had.
struct Found {
    /// Whose containers.
    world: World,
    /// The metric that tells of them.
    metric: &'static str,
    /// Matchers for those that are wanted.
    filter: String,
    /// How their memory is asked for.
    memory: Ask,
}

struct Fetch<'fetch> {
    settings: &'fetch FetchSettings,
    server: &'fetch Server,
    tell: &'fetch workers::Tell<'fetch>,
    gathered: Mutex<Gathered>,
    warnings: BTreeSet<String>,
}

/// A server whose clock is further off than this is told of.
const CLOCKS_SECONDS_APART_MAX: u64 = 300;

impl Fetch<'_> {
    fn run(mut self) -> Result<FetchedHistories, PrometheusError> {
        let (now, clock_remark) = self.server_clock()?;
        let span = plan::span(self.settings, now);
        let whole = Shard { span, filter: plan::namespaces(self.settings) };
        let owners = OWNERS.map(|owner| Job::new(Ask::Owners(owner), World::Kubernetes, whole.clone()));
        let Some(Found { world, metric, filter, memory }) = self.memory_metric(span, owners.into())? else {
            return Err(if self.settings.workloads.is_empty() {
                self.empty(span)
            } else {
                self.no_workload(span)
            });
        };
        self.gathered().counts.retain(|_, count| *count > 0);
        let jobs = plan::bulk(self.settings, &self.gathered(), world, memory, span, &filter);
        self.ask(jobs)?;
        let jobs = plan::rare(self.settings, &self.gathered(), world, memory, span);
        self.ask(jobs)?;
        let jobs = plan::limits_when_killed(self.settings, &self.gathered(), world, span);
        self.ask(jobs)?;
        let circumstances = Circumstances {
            world,
            metric,
            step_seconds: span.step_seconds,
            clock_remark,
            warnings: self.warnings.into_iter().collect(),
        };
        let gathered = self.gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut fetched = assemble::histories(gathered, self.settings, &circumstances);
        fetched.read_bytes = self.server.read_bytes.load(Ordering::Relaxed);
        Ok(fetched)
    }

    fn gathered(&self) -> std::sync::MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&mut self, jobs: Vec<Job>) -> Result<(), PrometheusError> {
        let take = |job: &Job, answer| self.gathered().take(job, answer);
        let warnings = workers::run(self.server, &self.settings.bounds, jobs, &take, self.tell)?;
        match (self.settings.partial, warnings.first()) {
            (PartialAnswers::Refused, Some(words)) => {
                Err(PrometheusError::Partial { url: self.settings.url.to_string(), words: words.clone() })
            }
            (PartialAnswers::Refused | PartialAnswers::Kept, _) => {
                self.warnings.extend(warnings);
                Ok(())
            }
        }
    }

    /// The server's own now: its samples are stamped with it. Also finds out whether it is one.
    fn server_clock(&mut self) -> Result<(i64, Option<String>), PrometheusError> {
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let span = Span { start: 0, end: 0, step_seconds: self.settings.step_seconds };
        self.ask(vec![Job::new(Ask::Clock, World::Kubernetes, Shard { span, filter: String::new() })])?;
        let theirs = self.gathered().number.map_or(ours, |seconds| seconds as u64);
        let apart = theirs.abs_diff(ours);
        let remark = (apart > CLOCKS_SECONDS_APART_MAX)
            .then(|| format!("its clock is {apart} s apart from this machine's: the server's is taken"));
        Ok((self.settings.end.unwrap_or_else(|| theirs.cast_signed()), remark))
    }

    /// The best metric that there is, and whose containers it tells of; counts them as it looks, and asks who owns whom.
    fn memory_metric(&mut self, span: Span, mut owners: Vec<Job>) -> Result<Option<Found>, PrometheusError> {
        // The pods of a workload are found by their owners; where all are wanted, nothing waits for these.
        if !self.settings.workloads.is_empty() {
            self.ask(std::mem::take(&mut owners))?;
        }
        for world in [World::Kubernetes, World::Engine] {
            let filter = plan::filter(self.settings, &self.gathered(), world);
            for metric in MEMORY {
                let whole = Shard { span, filter: filter.clone() };
                let job = |ask| Job::new(ask, world, whole.clone());
                let mut jobs = vec![job(Ask::Counts(metric)), job(Ask::Density(metric))];
                jobs.append(&mut owners);
                self.gathered().number = None;
                self.ask(jobs)?;
                if self.gathered().counts.values().any(|count| *count > 0) {
                    let memory = plan::memory(metric, self.gathered().number, span.step_seconds);
                    return Ok(Some(Found { world, metric, filter, memory }));
                }
            }
        }
        Ok(None)
    }

    fn no_workload(&self, span: Span) -> PrometheusError {
        let known = plan::known_workloads(&self.gathered());
        self.nothing(span, &format!("the workload {}", self.settings.workloads.join(", ")), known)
    }

    fn empty(&mut self, span: Span) -> PrometheusError {
        let looked_for = match plan::namespaces(self.settings) {
            filter if filter.is_empty() => MEMORY.join(", "),
            filter => format!("{} with {filter}", MEMORY.join(", ")),
        };
        let shard = Shard { span, filter: String::new() };
        let question = Job::new(Ask::Names, World::Kubernetes, shard).question(self.settings.bounds.deadline);
        let names = question.and_then(|question| {
            let mut client = client::Client::new(self.server).ok()?;
            client.ask(&question, &mut |_| {}).ok()
        });
        let known = match names.map(|verdict| verdict.series) {
            Some(0) => "it has no metric at all in that time".to_owned(),
            Some(count) => {
                format!(
                    "it has {count} other metrics in that time. Is a kubelet's /metrics/cadvisor, or cAdvisor, among its targets?"
                )
            }
            None => "it would not tell what it has".to_owned(),
        };
        self.nothing(span, &looked_for, known)
    }

    fn nothing(&self, span: Span, looked_for: &str, known: String) -> PrometheusError {
        PrometheusError::Empty {
            url: self.settings.url.to_string(),
            since: date(span.start),
            until: date(span.end),
            looked_for: looked_for.to_owned(),
            known,
        }
    }
}

/// A moment as people read it, in UTC.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}
