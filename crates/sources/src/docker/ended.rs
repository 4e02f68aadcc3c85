//! The containers that an engine remembers though they have ended: their names, and how they ended.

use crate::docker::client::Client;
use crate::docker::error::DockerError;
use crate::docker::host::DockerHost;
use crate::docker::wire::{Inspected, State};
use crate::docker::{EngineKind, Named, date, engine, named, prefix, translate};
use kernel::cgroup_path::Runtime;
use model::container::{Container, EndedContainer};
use std::time::Duration;
use tokio::time::timeout;

/// As many are asked for, newest first: one inspection takes an engine 2 ms.
const ENDED_MAX: usize = 256;

/// `{"status":["exited","dead"]}`.
const ONLY_ENDED: &str = "%7B%22status%22%3A%5B%22exited%22%2C%22dead%22%5D%7D";

/// The containers that have ended, newest first, as many as can be inspected until the deadline.
///
/// Blocks: not for use inside an asynchronous runtime.
///
/// # Errors
/// When there is no list within the deadline.
pub fn ended(host: &DockerHost, deadline: Duration) -> Result<Vec<EndedContainer>, DockerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|source| DockerError::Prepare { source })?;
    let mut found = Vec::new();
    let answered = runtime.block_on(async {
        let mut is_listed = false;
        let asked = timeout(deadline, ask(host, &mut found, &mut is_listed)).await;
        match asked {
            Ok(answered) => answered,
            Err(_) if is_listed => Ok(()),
            Err(_) => Err(DockerError::Deadline { socket: host.socket().to_owned(), deadline }),
        }
    });
    answered.map(|()| found)
}

async fn ask(
    host: &DockerHost,
    found: &mut Vec<EndedContainer>,
    is_listed: &mut bool,
) -> Result<(), DockerError> {
    let mut client = Client::new(host.clone());
    let headers = client.get("/_ping").await?.headers;
    let (kind, prefix) = (engine(&headers).kind, prefix(&headers));
    let request = format!("{prefix}/containers/json?all=true&filters={ONLY_ENDED}");
    let elements: Vec<serde_json::Value> = client.get_json(&request).await?;
    *is_listed = true;
    for named in elements.into_iter().filter_map(|element| named(element).ok()).take(ENDED_MAX) {
        let request = format!("{prefix}/containers/{}/json", named.id);
        // One that was removed meanwhile, or that cannot be told, is left out.
        if let Ok(inspected) = client.get_json::<Inspected>(&request).await {
            found.extend(translated(kind, named, inspected));
        }
    }
    Ok(())
}

fn translated(kind: EngineKind, named: Named, mut inspected: Inspected) -> Option<EndedContainer> {
    let state: State = inspected.state.take()?;
    let exit_code = i32::try_from(state.exit_code?).ok()?;
    let record = translate::record(kind, named.id, named.listed, inspected);
    Some(EndedContainer {
        container: Container::of_record(runtime_of(kind), record),
        exit_code,
        oom_killed: state.oom_killed.unwrap_or(false),
        ended_at: state.finished_at.as_deref().and_then(date::parse).into(),
    })
}

/// Whose containers an engine's are.
#[must_use]
pub const fn runtime_of(kind: EngineKind) -> Runtime {
    match kind {
        EngineKind::Docker => Runtime::Docker,
        EngineKind::Podman => Runtime::Podman,
    }
}
