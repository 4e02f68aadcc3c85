//! What Docker's engine says of itself: driver of cgroups, driver of storage, whether it can limit swap.

use crate::docker::client::Client;
use crate::docker::error::DockerError;
use crate::docker::host::DockerHost;
use crate::docker::wire::EngineInfo;
use crate::docker::{EngineKind, engine as maker, prefix};
use model::node::DockerEngine;
use model::reading::Reading;
use std::time::Duration;
use tokio::time::timeout;

/// Asks. Absent when Podman answers, whose own defaults follow other rules.
///
/// Blocks: not for use inside an asynchronous runtime.
///
/// # Errors
/// When there is no answer within the deadline, or none that can be understood.
pub fn engine(host: &DockerHost, deadline: Duration) -> Result<Reading<DockerEngine>, DockerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|source| DockerError::Prepare { source })?;
    runtime.block_on(async {
        let answer = timeout(deadline, ask(host)).await;
        answer.map_err(|_| DockerError::Deadline { socket: host.socket().to_owned(), deadline })?
    })
}

async fn ask(host: &DockerHost) -> Result<Reading<DockerEngine>, DockerError> {
    let mut client = Client::new(host.clone());
    let headers = client.get("/_ping").await?.headers;
    if maker(&headers).kind == EngineKind::Podman {
        return Ok(Reading::Absent);
    }
    let told: EngineInfo = client.get_json(&format!("{}/info", prefix(&headers))).await?;
    Ok(Reading::Value(DockerEngine {
        version: told.server_version.unwrap_or_default(),
        cgroup_driver: told.cgroup_driver.unwrap_or_default(),
        cgroup_version: told.cgroup_version.filter(|version| !version.is_empty()).into(),
        storage_driver: told.driver.unwrap_or_default(),
        data_root: told.docker_root_dir.unwrap_or_default(),
        swap_limit: told.swap_limit.into(),
    }))
}
