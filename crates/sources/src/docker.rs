//! The containers that a Docker or Podman engine knows, asked through its socket within a deadline.
//!
//! The client is `hyper` with a few structs of our own: `bollard` 0.21 loses the whole list when Podman 4.3 says
//! `"State": "stopped"`, and brings some fifty crates more.

pub mod ended;
pub mod engine;
pub mod error;
pub mod events;
pub mod host;

mod client;
mod date;
mod translate;
mod wire;

use crate::docker::client::Client;
use crate::docker::error::DockerError;
use crate::docker::host::DockerHost;
use crate::docker::wire::{Inspected, Listed};
use hyper::header::HeaderMap;
use model::container::RuntimeRecord;
use model::reading::Reading;
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Inspections under way at once. One takes an engine about 2 ms, most of it in the engine.
const CONNECTIONS_MAX: usize = 4;

/// What an engine answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The containers that have processes, in the engine's order.
    pub records: Vec<RuntimeRecord>,
    /// Who answered.
    pub engine: Engine,
    /// What could not be read, one line each.
    pub failures: Vec<String>,
}

/// The engine behind a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Whose rules its records follow.
    pub kind: EngineKind,
    /// `20.10.24+dfsg1`; absent behind a proxy that hides it.
    pub version: Reading<String>,
}

/// Who made an engine. Anything that does not say it is Podman is taken at its word that it is Docker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Docker's `dockerd`.
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
}

/// Lists and inspects the running and paused containers. Returns within `deadline`, whatever the engine does.
///
/// Blocks: not for use inside an asynchronous runtime.
///
/// # Errors
/// When there is no list. A container that ended meanwhile is left out; one that could not be inspected keeps what the
/// list says of it, and its other readings have failed.
pub fn containers(host: &DockerHost, deadline: Duration) -> Result<Answer, DockerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|source| DockerError::Prepare { source })?;
    runtime.block_on(answer(host, deadline))
}

async fn answer(host: &DockerHost, deadline: Duration) -> Result<Answer, DockerError> {
    let started = Instant::now();
    let listing = timeout(deadline, list(host)).await;
    let listing =
        listing.map_err(|_| DockerError::Deadline { socket: host.socket().to_owned(), deadline })??;
    let calls = Calls { host: host.clone(), kind: listing.engine.kind, prefix: listing.prefix };
    let mut answer = Answer { records: Vec::new(), engine: listing.engine, failures: listing.failures };
    let mut unanswered = 0;
    let time_left = deadline.saturating_sub(started.elapsed());
    for share in start_inspections(&calls, listing.containers, time_left) {
        match share.await {
            Ok(outcomes) => outcomes.into_iter().for_each(|outcome| match outcome {
                Outcome::Read(record) => answer.records.push(record),
                Outcome::Ended => {}
                Outcome::Failed { record, why } => {
                    answer.records.push(record);
                    answer.failures.push(why);
                }
                Outcome::Unanswered(record) => {
                    answer.records.push(record);
                    unanswered += 1;
                }
            }),
            Err(error) => answer.failures.push(format!("{host}: {error}")),
        }
    }
    if unanswered > 0 {
        let all = answer.records.len();
        answer
            .failures
            .push(format!("{host}: {unanswered} of {all} containers not inspected within {deadline:?}"));
    }
    Ok(answer)
}

/// A container that the list names.
struct Named {
    id: String,
    listed: Listed,
}

struct Listing {
    engine: Engine,
    /// `/v1.41`.
    prefix: String,
    containers: Vec<Named>,
    failures: Vec<String>,
}

async fn list(host: &DockerHost) -> Result<Listing, DockerError> {
    let mut client = Client::new(host.clone());
    // Not `/version`: for that Docker starts runc and docker-init, and Podman took 0.4 s.
    let headers = client.get("/_ping").await?.headers;
    let (engine, prefix) = (engine(&headers), prefix(&headers));
    // Podman's short list leaves out the paused ones, and those that are being stopped; Docker's has them.
    let request = match engine.kind {
        EngineKind::Docker => format!("{prefix}/containers/json"),
        EngineKind::Podman => format!("{prefix}/containers/json?all=true"),
    };
    let elements: Vec<serde_json::Value> = client.get_json(&request).await?;
    let mut listing = Listing { engine, prefix, containers: Vec::new(), failures: Vec::new() };
    for element in elements {
        match named(element) {
            Ok(named) if translate::may_be_alive(&named.listed) => listing.containers.push(named),
            Ok(_) => {}
            Err(why) => listing.failures.push(format!("{host}: GET {request}: {why}")),
        }
    }
    Ok(listing)
}

fn named(element: serde_json::Value) -> Result<Named, String> {
    let mut listed: Listed = serde_json::from_value(element).map_err(|error| error.to_string())?;
    let id = listed.id.take().unwrap_or_default();
    // The id becomes a part of the next request.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("expected a container id, found `{id}`"));
    }
    Ok(Named { id, listed })
}

/// `Server: Docker/20.10.24+dfsg1 (linux)` or `Server: Libpod/4.3.1 (linux)`.
fn engine(headers: &HeaderMap) -> Engine {
    let server = headers.get(hyper::header::SERVER).and_then(|server| server.to_str().ok());
    let (maker, version) = server.and_then(|server| server.split_once('/')).unwrap_or_default();
    let version = version.split_whitespace().next().map(str::to_owned);
    if maker == "Libpod" || headers.contains_key("libpod-api-version") {
        Engine { kind: EngineKind::Podman, version: version.into() }
    } else {
        Engine { kind: EngineKind::Docker, version: version.filter(|_| maker == "Docker").into() }
    }
}

/// The engine's own version of the API: the one version that it never refuses. What is read has been there since 1.18.
fn prefix(headers: &HeaderMap) -> String {
    let version = headers.get("api-version").and_then(|version| version.to_str().ok());
    let is_plain = |version: &&str| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    version.filter(is_plain).map(|version| format!("/v{version}")).unwrap_or_default()
}

/// What every inspection needs.
#[derive(Clone)]
struct Calls {
    host: DockerHost,
    kind: EngineKind,
    prefix: String,
}

enum Outcome {
    Read(RuntimeRecord),
    Ended,
    Failed { record: RuntimeRecord, why: String },
    Unanswered(RuntimeRecord),
}

/// Each connection takes its share of the list, one container after another.
fn start_inspections(
    calls: &Calls,
    mut containers: Vec<Named>,
    time_left: Duration,
) -> Vec<JoinHandle<Vec<Outcome>>> {
    let share = containers.len().div_ceil(CONNECTIONS_MAX).max(1);
    let mut shares = Vec::new();
    while !containers.is_empty() {
        let rest = containers.split_off(share.min(containers.len()));
        shares.push(tokio::spawn(inspect_share(calls.clone(), containers, time_left)));
        containers = rest;
    }
    shares
}

async fn inspect_share(calls: Calls, share: Vec<Named>, time_left: Duration) -> Vec<Outcome> {
    let started = Instant::now();
    let mut client = Client::new(calls.host.clone());
    let mut outcomes = Vec::with_capacity(share.len());
    let mut waiting = share.into_iter();
    for named in waiting.by_ref() {
        let request = format!("{}/containers/{}/json", calls.prefix, named.id);
        let time_left = time_left.saturating_sub(started.elapsed());
        let Ok(inspected) = timeout(time_left, client.get_json(&request)).await else {
            outcomes.push(unanswered(named));
            break;
        };
        outcomes.push(outcome(calls.kind, named, inspected));
    }
    outcomes.extend(waiting.map(unanswered));
    outcomes
}

fn outcome(kind: EngineKind, named: Named, inspected: Result<Inspected, DockerError>) -> Outcome {
    let Named { id, listed } = named;
    match inspected {
        Ok(inspected) => Outcome::Read(translate::record(kind, id, listed, inspected)),
        Err(DockerError::Status { status: 404, .. }) => Outcome::Ended,
        Err(error) => {
            let reason = chain(&error);
            let why = format!("{}: {reason}", translate::name_in_message(&id, &listed));
            Outcome::Failed { record: translate::record_of_failed(id, listed, &reason), why }
        }
    }
}

fn unanswered(named: Named) -> Outcome {
    let why = "the engine did not answer in time";
    Outcome::Unanswered(translate::record_of_failed(named.id, named.listed, why))
}

/// The error and what caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}
