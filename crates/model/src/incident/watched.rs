//! What a watch knew of a kill and kept: whoever reads the log alone afterwards cannot know it any more.

use crate::cgroup::CgroupId;
use crate::container::PodName;
use crate::incident::cause::{Cause, Consumer};
use crate::incident::survival::{Advice, Survival, SwapCounterfactual};
use crate::incident::witness::Witness;
use crate::incident::{FirstProcess, MemoryUse};
use crate::reading::Reading;
use crate::recorded::RecordedSeries;
use crate::snapshot::Missing;
use kernel::limit::Limit;

/// An incident as a watch judged it, without what the kernel's log tells as well.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Why it happened.
    pub cause: Cause,
    /// What else was true.
    pub contributing: Vec<Cause>,
    /// The limit that would have survived, and the growth that was seen.
    pub survival: Survival,
    /// What swap would have changed.
    pub swap: SwapCounterfactual,
    /// Who held most of the memory.
    pub consumer: Consumer,
    /// Where the memory was.
    pub memory: MemoryUse,
    /// The figures from which commands are made.
    pub advice: Advice,
    /// What became of the container's first process, where that is known.
    pub first_process: Option<FirstProcess>,
    /// Who was heard beside the log.
    pub witnesses: Vec<Witness>,
    /// Who could not be heard.
    pub missing: Vec<Missing>,
    /// The container's name.
    pub container_name: Reading<String>,
    /// The container's image.
    pub image: Reading<String>,
    /// The pod's names.
    pub pod_name: Option<PodName>,
    /// The kernel's number of the victim's cgroup.
    pub cgroup: Option<CgroupId>,
    /// The limit of the level that was hit.
    pub limit: Reading<Limit>,
    /// The container's own limit where another level was hit.
    pub own_limit: Reading<Limit>,
    /// The minutes before.
    pub before: Option<RecordedSeries>,
}
