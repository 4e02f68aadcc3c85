//! Questions asked by a stated number of connections at once, again after a pause, and in halves where they are too much.

use crate::prometheus::answer::{SeriesAnswer, Verdict};
use crate::prometheus::client::Client;
use crate::prometheus::error::PrometheusError;
use crate::prometheus::job::Job;
use crate::prometheus::server::{Question, Server};
use crate::prometheus::settings::{Bounds, FetchProgress};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A server that wants to be left alone for longer is asked again by the user.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Whom the answers go to.
pub type Take<'take> = dyn Fn(&Job, Vec<SeriesAnswer>) + Sync + 'take;

/// Whom progress is told to.
pub type Tell<'tell> = dyn Fn(FetchProgress) + Sync + 'tell;

/// Work that several connections share.
struct Round<'round> {
    server: &'round Server,
    bounds: &'round Bounds,
    take: &'round Take<'round>,
    tell: &'round Tell<'round>,
    waiting: Mutex<VecDeque<Job>>,
    failure: Mutex<Option<PrometheusError>>,
    warnings: Mutex<BTreeSet<String>>,
    done: AtomicUsize,
    total: AtomicUsize,
}

/// Asks everything; returns what the server warned of.
///
/// # Errors
/// At the first question that is not answered, after the attempts that the bounds allow.
pub fn run(
    server: &Server,
    bounds: &Bounds,
    jobs: Vec<Job>,
    take: &Take<'_>,
    tell: &Tell<'_>,
) -> Result<BTreeSet<String>, PrometheusError> {
    let connections = bounds.parallel.clamp(1, jobs.len().max(1));
    let round = Round {
        server,
        bounds,
        take,
        tell,
        total: jobs.len().into(),
        done: 0.into(),
        waiting: Mutex::new(jobs.into()),
        failure: Mutex::default(),
        warnings: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                if let Err(error) = round.work() {
                    locked(&round.failure).get_or_insert(error);
                }
            });
        }
    });
    match round.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(round.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

impl Round<'_> {
    fn work(&self) -> Result<(), PrometheusError> {
        let mut client = Client::new(self.server)?;
        while let Some(job) = self.next() {
            let mut parts = vec![job];
            while let Some(part) = parts.pop() {
                parts.extend(self.part(&mut client, &part)?);
                if locked(&self.failure).is_some() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<Job> {
        if locked(&self.failure).is_some() {
            return None;
        }
        locked(&self.waiting).pop_front()
    }

    /// Asks, and returns what is to be asked instead where it was too much.
    fn part(&self, client: &mut Client<'_>, job: &Job) -> Result<Vec<Job>, PrometheusError> {
        let Some(question) = job.question(self.bounds.deadline) else {
            self.count();
            return Ok(Vec::new());
        };
        match patiently(client, &question, self.bounds) {
            Ok((series, verdict)) => {
                locked(&self.warnings).extend(verdict.warnings);
                (self.take)(job, series);
                self.count();
                Ok(Vec::new())
            }
            Err(error) if error.is_too_much() => match job.halves() {
                Some([first, second]) => {
                    self.total.fetch_add(1, Ordering::Relaxed);
                    Ok(vec![second, first])
                }
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn count(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.tell)(FetchProgress {
            done,
            total: self.total.load(Ordering::Relaxed),
            read_bytes: self.server.read_bytes.load(Ordering::Relaxed),
        });
    }
}

/// Asks until there is a whole answer, at most as often as the bounds say.
///
/// # Errors
/// With the last refusal, or the first that will not pass.
pub fn patiently(
    client: &mut Client<'_>,
    question: &Question,
    bounds: &Bounds,
) -> Result<(Vec<SeriesAnswer>, Verdict), PrometheusError> {
    let mut pause = bounds.pause;
    let mut attempts_left = bounds.attempts.max(1);
    loop {
        // What came of an answer that was cut is not kept.
        let mut series = Vec::new();
        let error = match client.ask(question, &mut |one| series.push(one.clone())) {
            Ok(verdict) => return Ok((series, verdict)),
            Err(error) => error,
        };
        attempts_left -= 1;
        if attempts_left == 0 || error.is_too_much() || !error.is_passing() {
            return Err(error);
        }
        thread::sleep(wanted_pause(&error).unwrap_or(pause).min(PAUSE_MAX));
        pause = pause.saturating_mul(2);
    }
}

const fn wanted_pause(error: &PrometheusError) -> Option<Duration> {
    if let PrometheusError::Refused { retry_after, .. } = error { *retry_after } else { None }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
