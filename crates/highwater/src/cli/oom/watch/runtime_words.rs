//! What container engines say while the watch runs: names of containers that are gone at once, first processes, exit codes.

use crate::cli::oom::ended;
use crate::cli::{Global, observe};
use model::container::Container;
use model::incident::observed::{Said, Word};
use model::snapshot::Timestamp;
use sources::docker::events::{ContainerEvent, EventStream, Happened};
use sources::host_root::HostRoot;
use std::collections::HashMap;
use std::time::Duration;

/// A word is kept so long for the kill that it belongs to.
const KEPT: Duration = Duration::from_secs(60);

/// Containers that are remembered; who makes more has only the latest named.
const CONTAINERS_MAX: usize = 4_096;

/// What was said lately, and of whom.
pub struct RuntimeWords {
    streams: Vec<EventStream>,
    root: HostRoot,
    containers: Vec<Container>,
    places: HashMap<String, usize>,
    words: Vec<Word>,
}

impl RuntimeWords {
    /// Begins to listen to every engine.
    pub fn listen(global: &Global) -> anyhow::Result<Self> {
        let streams = observe::engines(global)?.into_iter().map(EventStream::start).collect();
        let root = HostRoot::new(&global.root);
        Ok(Self { streams, root, containers: Vec::new(), places: HashMap::new(), words: Vec::new() })
    }

    /// How many engines answer just now.
    pub fn engines_open(&self) -> usize {
        self.streams.iter().filter(|stream| stream.is_open()).count()
    }

    /// Takes what was said since the last time.
    pub fn hear(&mut self) {
        let events: Vec<ContainerEvent> = self.streams.iter().flat_map(EventStream::heard).collect();
        if events.is_empty() {
            return;
        }
        let (uptime, wall) = (sources::proc::uptime(&self.root), sources::proc::wall_clock());
        for event in events {
            self.words.extend(word(&event, uptime, wall));
            self.remember(event);
        }
        self.words.retain(|word| word.at + KEPT >= uptime);
    }

    fn remember(&mut self, event: ContainerEvent) {
        if self.containers.len() >= CONTAINERS_MAX {
            self.containers.clear();
            self.places.clear();
        }
        let id = event.container.id.0.clone();
        match self.places.get(&id).and_then(|place| self.containers.get_mut(*place)) {
            Some(known) if event.happened == Happened::Started => *known = event.container,
            Some(_) => {}
            None => {
                self.places.insert(id, self.containers.len());
                self.containers.push(event.container);
            }
        }
    }

    /// The containers of which was spoken.
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// What was said lately.
    pub fn words(&self) -> &[Word] {
        &self.words
    }
}

fn word(event: &ContainerEvent, uptime: Duration, wall: Timestamp) -> Option<Word> {
    let said = match event.happened {
        Happened::Oom => Said::OomEvent,
        Happened::Died { code } => Said::Exited { code },
        Happened::Created | Happened::Started => return None,
    };
    let at = ended::since_boot(event.at, uptime, wall);
    Some(Word { of: event.container.id.0.clone(), at, said })
}
