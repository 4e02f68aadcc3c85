//! What an engine says while it happens: containers made, started, out of memory, ended.
//!
//! A hint and no more: on cgroup v1 the OOM event is sent for every container below the limit. What it is good for are names
//! of containers that are gone before anybody asks, and exit codes.

use crate::docker::client::Client;
use crate::docker::ended::runtime_of;
use crate::docker::error::DockerError;
use crate::docker::host::DockerHost;
use crate::docker::wire::{Event, Inspected, Listed};
use crate::docker::{engine, translate};
use hyper::body::{Body, Incoming};
use kernel::cgroup_path::Runtime;
use model::container::{Container, RuntimeRecord};
use model::reading::Reading;
use model::snapshot::Timestamp;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime};
use tokio::time::{sleep, timeout};

/// Events that wait to be read; a reader that is this far behind loses hints, not kills.
const WAITING_MAX: usize = 4_096;

/// A line that is longer is no event.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// An engine that was away is asked again after these.
const BACKOFF_MIN: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// An answer to one question takes at most this.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// `{"type":["container"],"event":["create","start","oom","die","died"]}`.
const WANTED: &str = "%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C%22oom%22%2C%22die%22%2C%22died%22%5D%7D";

/// Something that an engine said of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEvent {
    /// As much as is known of the container.
    pub container: Container,
    /// When, by the wall clock.
    pub at: Timestamp,
    /// What.
    pub happened: Happened,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It was made.
    Created,
    /// It was started; its first process is known.
    Started,
    /// The engine heard of an OOM.
    Oom,
    /// It ended.
    Died {
        /// With this exit code.
        code: i32,
    },
}

/// A thread that listens to one engine. It ends some time after this value is dropped.
#[derive(Debug)]
pub struct EventStream {
    heard: Receiver<ContainerEvent>,
    is_open: Arc<AtomicBool>,
}

impl EventStream {
    /// Begins to listen. An engine that is not there, or goes away, is asked again and again.
    #[must_use]
    pub fn start(host: DockerHost) -> Self {
        let (sender, heard) = sync_channel(WAITING_MAX);
        let is_open = Arc::new(AtomicBool::new(false));
        let opened = Arc::clone(&is_open);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(Listener { host, sender, opened, last: now_nanos() }.listen());
            }
        });
        Self { heard, is_open }
    }

    /// Whether the engine answers just now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// What was said since the last call, without waiting.
    #[must_use]
    pub fn heard(&self) -> Vec<ContainerEvent> {
        self.heard.try_iter().collect()
    }

    /// The next that is said, when it is said in time.
    #[must_use]
    pub fn next(&self, within: Duration) -> Option<ContainerEvent> {
        self.heard.recv_timeout(within).ok()
    }
}

/// Whether anybody still reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Listens,
    Gone,
}

struct Listener {
    host: DockerHost,
    sender: SyncSender<ContainerEvent>,
    opened: Arc<AtomicBool>,
    /// Nanoseconds since 1970 of the last event: after a break the engine tells what was missed.
    last: u64,
}

impl Listener {
    async fn listen(mut self) {
        let mut backoff = BACKOFF_MIN;
        loop {
            let before = self.last;
            let followed = self.follow().await;
            self.opened.store(false, Ordering::Relaxed);
            match followed {
                Ok(Reader::Gone) => return,
                Ok(Reader::Listens) | Err(_) => {}
            }
            backoff = if self.last > before { BACKOFF_MIN } else { BACKOFF_MAX.min(backoff * 2) };
            sleep(backoff).await;
        }
    }

    /// Reads events until the engine ends them.
    async fn follow(&mut self) -> Result<Reader, DockerError> {
        let since = self.last.saturating_add(1);
        let (seconds, nanos) = (since / 1_000_000_000, since % 1_000_000_000);
        let request = format!("/events?since={seconds}.{nanos:09}&filters={WANTED}");
        let mut client = Client::new(self.host.clone());
        let (headers, mut body) = client.open(&request).await?;
        self.opened.store(true, Ordering::Relaxed);
        let runtime = runtime_of(engine(&headers).kind);
        let mut lines = Lines::default();
        while let Some(piece) = piece(&mut body).await {
            for line in lines.push(&piece) {
                if self.hear(runtime, &line).await == Reader::Gone {
                    return Ok(Reader::Gone);
                }
            }
        }
        Ok(Reader::Listens)
    }

    async fn hear(&mut self, runtime: Runtime, line: &[u8]) -> Reader {
        let Ok(event) = serde_json::from_slice::<Event>(line) else { return Reader::Listens };
        self.last = self.last.max(event.time_nano.unwrap_or(0));
        let Some(mut event) = translated(runtime, event) else { return Reader::Listens };
        if event.happened == Happened::Started
            && let Ok(Some(record)) = timeout(ANSWER_MAX, self.record(runtime, &event.container)).await
        {
            event.container = Container::of_record(runtime, record);
        }
        match self.sender.try_send(event) {
            Ok(()) | Err(TrySendError::Full(_)) => Reader::Listens,
            Err(TrySendError::Disconnected(_)) => Reader::Gone,
        }
    }

    /// The first process and the limits, which events do not tell.
    async fn record(&self, runtime: Runtime, container: &Container) -> Option<RuntimeRecord> {
        let kind = match runtime {
            Runtime::Podman => crate::docker::EngineKind::Podman,
            Runtime::Docker
            | Runtime::Containerd
            | Runtime::CriO
            | Runtime::Lxc
            | Runtime::Nspawn
            | Runtime::Buildkit
            | Runtime::Unknown => crate::docker::EngineKind::Docker,
        };
        let request = format!("/containers/{}/json", container.id.0);
        let inspected: Inspected = Client::new(self.host.clone()).get_json(&request).await.ok()?;
        Some(translate::record(kind, container.id.0.clone(), Listed::default(), inspected))
    }
}

async fn piece(body: &mut Incoming) -> Option<Vec<u8>> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?.ok()?;
        if let Ok(data) = frame.into_data() {
            return Some(data.to_vec());
        }
    }
}

/// Lines that come in pieces.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    /// The line that has begun is too long.
    is_dropped: bool,
}

impl Lines {
    fn push(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        let mut whole = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.is_dropped |= self.begun.len() + part.len() > LINE_BYTES_MAX;
            if !self.is_dropped {
                self.begun.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.begun);
                whole.extend(Some(line).filter(|_| !self.is_dropped));
                self.is_dropped = false;
            }
        }
        whole
    }
}

fn translated(runtime: Runtime, event: Event) -> Option<ContainerEvent> {
    let actor = event.actor?;
    let id = actor.id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let mut attributes = actor.attributes.unwrap_or_default();
    let happened = match event.action?.as_str() {
        "create" => Happened::Created,
        "start" => Happened::Started,
        "oom" => Happened::Oom,
        // Podman's word and its attribute.
        "die" | "died" => {
            let code = attributes.get("exitCode").or_else(|| attributes.get("containerExitCode"));
            Happened::Died { code: code?.parse().ok()? }
        }
        _ => return None,
    };
    let record = RuntimeRecord {
        id,
        name: attributes.remove("name").into(),
        image: attributes.remove("image").into(),
        compose: translate::compose_service(attributes),
        declared: Reading::Absent,
        pid: Reading::Absent,
    };
    let at = Timestamp(event.time_nano? / 1_000_000);
    Some(ContainerEvent { container: Container::of_record(runtime, record), at, happened })
}

fn now_nanos() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES_MAX, Lines};

    #[test]
    fn lines_come_in_pieces_and_one_that_is_too_long_costs_only_itself() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one"), Vec::<Vec<u8>>::new());
        assert_eq!(lines.push(b"\ntwo\nth"), [b"one\n".to_vec(), b"two\n".to_vec()]);
        assert_eq!(lines.push(&vec![b'x'; LINE_BYTES_MAX]), Vec::<Vec<u8>>::new());
        assert_eq!(lines.push(b"ree\nfour\n"), [b"four\n".to_vec()]);
    }
}
