//! What the agent remembers: a step of every workload at every look, and kills by workload.

use api::agent_config::convert::AgentConfig;
use judge::kill_tally::KillTally;
use judge::recording::held::LateStep;
use judge::recording::{Recorder, Remembered};
use model::agent::HistoryState;
use model::cgroup::CgroupId;
use model::incident::Incident;
use model::kernel_log::BootId;
use model::recorded::{Moment, Step, WorkloadName};
use model::snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::history::error::HistoryError;
use store::history::writer::{HistoryNews, HistorySettings, HistoryWriter};

/// A history that could not be opened is tried again so often.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// What the agent remembers.
pub struct Memory {
    folder: PathBuf,
    settings: HistorySettings,
    writer: Writer,
    recorder: Recorder,
    last_look: Option<Moment>,
    tally: KillTally,
    workloads: usize,
    stopped: Option<Stopped>,
}

/// Why nothing is kept.
struct Stopped {
    why: String,
    since: Duration,
    is_of_opening: bool,
}

/// Who writes the history.
enum Writer {
    /// It is open.
    Open(Box<HistoryWriter>),
    /// It could not be opened, and is tried again at this time since boot.
    Closed {
        /// Why.
        why: String,
        /// When.
        again_at: Duration,
    },
}

impl Memory {
    /// Opens the history below a folder. A disk that is full is no reason not to watch.
    ///
    /// # Errors
    /// When another agent writes it, or a later Highwater wrote it: it is left untouched.
    pub fn open(state: &Path, settings: &AgentConfig) -> Result<Self, HistoryError> {
        let folder = state.join("history");
        let settings = history_settings(settings);
        Ok(Self {
            writer: Writer::open(&folder, settings, Duration::ZERO)?,
            folder,
            settings,
            recorder: Recorder::default(),
            last_look: None,
            tally: KillTally::default(),
            workloads: 0,
            stopped: None,
        })
    }

    /// Remembers a look. What cannot be kept is told once.
    pub fn remember(&mut self, snapshot: &Snapshot, boot_id: BootId) -> HistoryNews {
        let Remembered { late, steps } = self.recorder.look(snapshot);
        self.workloads = steps.len();
        let moment = Moment { boot_id, since_boot: snapshot.uptime, wall: snapshot.taken_at };
        self.last_look = Some(moment);
        if let Writer::Closed { again_at, .. } = &self.writer
            && *again_at <= snapshot.uptime
        {
            let again_at = snapshot.uptime + TRY_AGAIN;
            self.writer = Writer::open(&self.folder, self.settings, again_at).unwrap_or_else(|error| {
                Writer::Closed { why: format!("{:#}", anyhow::Error::from(error)), again_at }
            });
        }
        if let Writer::Open(writer) = &mut self.writer {
            writer.append_late(moment, late.into_iter().map(placed));
        }
        let news = match (&mut self.writer, &self.stopped) {
            (Writer::Closed { why, .. }, None) => HistoryNews::Stopped { why: why.clone() },
            (Writer::Closed { .. }, Some(_)) => HistoryNews::None,
            (Writer::Open(writer), stopped) => match (writer.append(moment, steps), stopped) {
                (HistoryNews::None, Some(stopped)) if stopped.is_of_opening => {
                    let lost = snapshot.uptime.saturating_sub(stopped.since);
                    HistoryNews::Resumed { lost_seconds: lost.as_secs() }
                }
                (news, _) => news,
            },
        };
        match &news {
            HistoryNews::Stopped { why } => {
                let is_of_opening = matches!(self.writer, Writer::Closed { .. });
                self.stopped = Some(Stopped { why: why.clone(), since: snapshot.uptime, is_of_opening });
            }
            HistoryNews::Resumed { .. } => self.stopped = None,
            HistoryNews::None => {}
        }
        news
    }

    /// Counts incidents by workload; what is counted stays when the container is gone.
    pub fn count(&mut self, incidents: &[Incident]) {
        incidents.iter().for_each(|incident| self.tally.note(incident));
    }

    /// Takes other limits: those of the history hold from the next start.
    pub const fn limit(&mut self, settings: &AgentConfig) {
        self.settings = history_settings(settings);
    }

    /// Kills by workload.
    #[must_use]
    pub const fn tally(&self) -> &KillTally {
        &self.tally
    }

    /// The name under which a cgroup is remembered.
    #[must_use]
    pub fn name(&self, cgroup: CgroupId) -> Option<&WorkloadName> {
        self.recorder.name(cgroup)
    }

    /// Every workload that is there, with its cgroup.
    pub fn names(&self) -> impl Iterator<Item = (&WorkloadName, CgroupId)> {
        self.recorder.names()
    }

    /// The folder of the history.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What becomes of the history.
    #[must_use]
    pub fn state(&self) -> HistoryState {
        match (&self.writer, &self.stopped) {
            (Writer::Closed { why, .. }, _) | (Writer::Open(_), Some(Stopped { why, .. })) => {
                HistoryState::Stopped { why: why.clone() }
            }
            (Writer::Open(writer), None) => {
                HistoryState::Written { workloads: self.workloads, left_out: writer.left_out() }
            }
        }
    }

    /// Writes what is not yet on disk; why it could not, where it could not and that was not told before.
    pub fn close(mut self) -> Option<String> {
        let is_told = self.stopped.is_some();
        match self.writer {
            Writer::Open(mut writer) => {
                if let Some(moment) = self.last_look {
                    writer.append_late(moment, self.recorder.end().into_iter().map(placed));
                }
                writer.close().err().filter(|_| !is_told)
            }
            Writer::Closed { .. } => None,
        }
    }
}

impl Writer {
    fn open(folder: &Path, settings: HistorySettings, again_at: Duration) -> Result<Self, HistoryError> {
        match HistoryWriter::open(folder, settings) {
            Ok(writer) => Ok(Self::Open(Box::new(writer))),
            Err(error @ HistoryError::Failed { .. }) => {
                Ok(Self::Closed { why: format!("{:#}", anyhow::Error::from(error)), again_at })
            }
            Err(error @ (HistoryError::Locked { .. } | HistoryError::Newer { .. })) => Err(error),
        }
    }
}

fn placed(late: LateStep) -> (WorkloadName, Duration, Step) {
    (late.workload, late.since_boot, late.step)
}

const fn history_settings(settings: &AgentConfig) -> HistorySettings {
    HistorySettings {
        bytes_max: settings.history_max.0,
        workloads_max: settings.workloads_max,
        flush: Duration::from_secs(10),
    }
}
