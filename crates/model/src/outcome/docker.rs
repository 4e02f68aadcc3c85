//! The memory options of `docker run` and `podman run`, and the files that they become.

use kernel::bytes::Bytes;

/// What is asked for on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryOptions {
    /// `-m`, `--memory`; zero is unset.
    pub memory: Option<Bytes>,
    /// `--memory-swap`.
    pub memory_swap: Option<MemorySwapOption>,
    /// `--memory-reservation`.
    pub reservation: Option<Bytes>,
    /// `--memory-swappiness`; -1 is unset.
    pub swappiness: Option<i64>,
    /// `--oom-kill-disable`.
    pub oom_kill_disable: bool,
    /// `--oom-score-adj`.
    pub oom_score_adj: Option<i64>,
    /// `--kernel-memory`.
    pub kernel_memory: Option<Bytes>,
}

/// `--memory-swap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemorySwapOption {
    /// -1.
    Unlimited,
    /// Memory and swap together; Docker takes zero for unset.
    Together(Bytes),
}

/// Who runs the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Docker with runc.
    Docker,
    /// Podman with crun.
    Podman,
}

/// A whole command line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCommand {
    /// Who.
    pub engine: Engine,
    /// What it asks for.
    pub options: MemoryOptions,
    /// The image, where the command got that far.
    pub image: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// Options that are not known, so that the image may have been taken for their value or the other way round.
    pub unknown: Vec<String>,
    /// Memory options whose value is none: the engine's client refuses the first.
    pub invalid: Vec<InvalidValue>,
}

/// A value that an option does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The option as the client's message names it: `-m, --memory`.
    pub option: &'static str,
    /// What was given.
    pub text: String,
    /// Why, in the client's words.
    pub why: String,
}

/// What a command yields on one version of control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// No container.
    Refused {
        /// Who refuses.
        by: Refuser,
        /// In its own words.
        message: String,
    },
    /// A container.
    Made {
        /// The files that are written, in the order in which people read them.
        files: Vec<WrittenFile>,
        /// What it may swap.
        swap: RunSwap,
        /// Options without effect, and those that are warned of.
        remarks: Vec<Remark>,
    },
}

/// Who refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refuser {
    /// Docker's client, before the daemon hears of it.
    DockerClient,
    /// Docker's daemon.
    DockerDaemon,
    /// Podman.
    Podman,
    /// crun, below Podman.
    Crun,
}

/// A file and what is written into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// `memory.max`, …
    pub name: &'static str,
    /// The text.
    pub value: String,
    /// Which option it comes from.
    pub option: &'static str,
}

/// An option that the engine discards or warns of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The option.
    pub option: &'static str,
    /// The warning in the engine's words.
    pub warning: &'static str,
    /// What becomes of it.
    pub effect: Effect,
}

/// What becomes of an option that is warned of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing.
    Discarded,
    /// It holds all the same.
    Kept,
}

/// What a container of an engine may swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunSwap {
    /// Swap alone, at most. Zero forbids it.
    AtMost {
        /// How much.
        swap: Bytes,
        /// Nobody asked for it: memory and swap together default to twice the memory.
        by_default: bool,
    },
    /// v1: memory and swap together; with equal limits the kernel may still swap the container out below them.
    Together {
        /// The memory limit.
        memory: Bytes,
        /// Memory and swap.
        together: Bytes,
        /// Nobody asked for it.
        by_default: bool,
    },
    /// As much as the machine has.
    Unlimited,
}
