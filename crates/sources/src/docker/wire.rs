//! The parts of Docker's API answers that are read, as they come: every field may be missing, every word is open.
//!
//! Podman's Docker-compatible service answers with words that Docker does not have (`"State": "stopped"`), so no word
//! is an enum here: one unknown word must not cost the whole list.

use serde::Deserialize;
use std::collections::HashMap;

/// An element of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listed {
    /// The full id.
    pub id: Option<String>,
    /// Names with a leading slash; those of old links have a second one.
    pub names: Option<Vec<String>>,
    /// As given to `run`, or the image's id once its tag points elsewhere.
    pub image: Option<String>,
    /// Labels.
    pub labels: Option<HashMap<String, String>>,
    /// `running`, `paused` and others.
    pub state: Option<String>,
}

/// `GET /containers/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspected {
    /// With a leading slash.
    pub name: Option<String>,
    /// The process.
    pub state: Option<State>,
    /// What was asked for, apart from the host.
    pub config: Option<Config>,
    /// What was asked of the host.
    pub host_config: Option<HostConfig>,
}

/// `State`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct State {
    /// The first process; 0 when there is none.
    pub pid: Option<i64>,
    /// Of the last end.
    pub exit_code: Option<i64>,
    /// Whether the engine heard of an OOM kill since the last start.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: Option<bool>,
    /// When it last ended: RFC 3339, in UTC with Docker.
    pub finished_at: Option<String>,
}

/// `Config`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Config {
    /// The image as the user wrote it.
    pub image: Option<String>,
    /// Labels.
    pub labels: Option<HashMap<String, String>>,
}

/// `HostConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostConfig {
    /// Bytes; 0 is no limit.
    pub memory: Option<i64>,
    /// Bytes of memory and swap; -1 is no limit, and 0 depends.
    pub memory_swap: Option<i64>,
    /// Bytes; 0 is none.
    pub memory_reservation: Option<i64>,
    /// 0 to 100; null or -1 is none.
    pub memory_swappiness: Option<i64>,
}

/// A line of `GET /events`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event {
    /// `create`, `start`, `oom`, `die`; Podman's `died`.
    #[serde(rename = "Action")]
    pub action: Option<String>,
    /// Of whom.
    #[serde(rename = "Actor")]
    pub actor: Option<Actor>,
    /// Nanoseconds since 1970.
    #[serde(rename = "timeNano")]
    pub time_nano: Option<u64>,
}

/// `Actor`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Actor {
    /// The full id.
    #[serde(rename = "ID")]
    pub id: Option<String>,
    /// `name`, `image`, `exitCode` and the container's labels.
    #[serde(rename = "Attributes")]
    pub attributes: Option<HashMap<String, String>>,
}

/// `GET /info`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EngineInfo {
    /// `26.1.5+dfsg1`.
    pub server_version: Option<String>,
    /// `systemd`, `cgroupfs` or `none`.
    pub cgroup_driver: Option<String>,
    /// `1` or `2`; since 20.10.
    pub cgroup_version: Option<String>,
    /// `overlay2`.
    pub driver: Option<String>,
    /// `/var/lib/docker`.
    pub docker_root_dir: Option<String>,
    /// Whether swap can be limited.
    pub swap_limit: Option<bool>,
}

/// The body of an answer with an error status.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorAnswer {
    /// What went wrong.
    pub message: Option<String>,
}
