//! The heap that a language runtime is told to use, against the memory limit.

use crate::incident::exit::Language;
use kernel::bytes::Bytes;

/// A setting and what it means under a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapJudgement {
    /// The setting.
    pub setting: HeapSetting,
    /// The heap in bytes; nothing where it is a share of a limit that is not there.
    pub heap: Option<Bytes>,
    /// The limit.
    pub limit: Option<Bytes>,
    /// What follows.
    pub verdict: HeapVerdict,
}

/// What a command line or a variable tells a runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapSetting {
    /// Whose.
    pub language: Language,
    /// The option as it is written.
    pub text: String,
    /// The variable it stands in; nothing for the command line.
    pub variable: Option<&'static str>,
    /// How much.
    pub size: HeapSize,
}

/// How much a heap may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeapSize {
    /// A fixed amount.
    Bytes(Bytes),
    /// A share of what the runtime takes for the memory.
    Ratio(f64),
}

/// What follows for the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapVerdict {
    /// The heap alone reaches the limit: the kernel kills before the runtime's collector is in need.
    ReachesLimit,
    /// What the runtime needs beside the heap may not fit.
    LittleRoom,
    /// It fits.
    Fits,
    /// There is no limit.
    NoLimit,
}
