//! What the memory options of `docker run` and `podman run` become: files of cgroup v1 and v2, warnings, refusals.
//!
//! Written in moby daemon/daemon_unix.go (`adaptContainerSettings`, `verifyPlatformContainerResources`), opencontainers/cgroups
//! utils.go (`ConvertMemorySwapToCgroupV2Value`), podman pkg/specgen/generate/validate_linux.go and crun
//! src/libcrun/cgroup-resources.c; measured on Docker 26.1 (v2) and 20.10 (v1).

mod podman;

use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::outcome::docker::{
    Effect, Engine, MemoryOptions, MemorySwapOption, Refuser, Remark, RunCommand, RunOutcome, RunSwap,
    WrittenFile,
};

/// `linuxMinMemory`.
const MEMORY_MIN: Bytes = Bytes::from_mib(6);

const SWAPPINESS_DISCARDED: &str = "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.";
const KERNEL_MEMORY_DISCARDED: &str = "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.";
const OOM_KILL_DISABLE_DISCARDED: &str =
    "Your kernel does not support OomKillDisable. OomKillDisable discarded.";
const OOM_KILL_DISABLE_WITHOUT_LIMIT: &str = "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.";

/// What a command yields on a machine with these control groups, where the kernel can limit swap.
#[must_use]
pub fn outcome(command: &RunCommand, cgroup: CgroupVersion) -> RunOutcome {
    if let Some(invalid) = command.invalid.first() {
        let by = match command.engine {
            Engine::Docker => Refuser::DockerClient,
            Engine::Podman => Refuser::Podman,
        };
        let message =
            format!("invalid argument \"{}\" for \"{}\" flag: {}", invalid.text, invalid.option, invalid.why);
        return RunOutcome::Refused { by, message };
    }
    let asked = Asked::of(&command.options);
    let refused = match command.engine {
        Engine::Docker => docker_refuses(&asked, cgroup).map(|message| (Refuser::DockerDaemon, message)),
        Engine::Podman => podman::refuses(&asked, cgroup),
    };
    if let Some((by, message)) = refused {
        return RunOutcome::Refused { by, message };
    }
    let ceiling = match command.engine {
        Engine::Docker => docker_ceiling(&asked),
        Engine::Podman => podman::ceiling(&asked),
    };
    RunOutcome::Made {
        files: files(&asked, ceiling, cgroup),
        swap: swap(&asked, ceiling, cgroup),
        remarks: remarks(&asked, cgroup),
    }
}

/// The options without what is spelled and means nothing.
struct Asked {
    memory: Option<Bytes>,
    memory_swap: Option<MemorySwapOption>,
    reservation: Option<Bytes>,
    swappiness: Option<i64>,
    oom_kill_disable: bool,
    oom_score_adj: Option<i64>,
    kernel_memory: Option<Bytes>,
}

impl Asked {
    fn of(options: &MemoryOptions) -> Self {
        let is_set = |bytes: &Bytes| *bytes > Bytes::ZERO;
        Self {
            memory: options.memory.filter(is_set),
            memory_swap: options.memory_swap,
            reservation: options.reservation.filter(is_set),
            swappiness: options.swappiness.filter(|swappiness| *swappiness != -1),
            oom_kill_disable: options.oom_kill_disable,
            oom_score_adj: options.oom_score_adj,
            kernel_memory: options.kernel_memory.filter(is_set),
        }
    }

    /// Memory and swap together, where an amount was given.
    fn together(&self) -> Option<Bytes> {
        match self.memory_swap {
            Some(MemorySwapOption::Together(bytes)) => Some(bytes),
            Some(MemorySwapOption::Unlimited) | None => None,
        }
    }
}

/// What the engine makes of `--memory-swap`.
#[derive(Clone, Copy)]
struct Ceiling {
    kind: CeilingKind,
    is_default: bool,
}

#[derive(Clone, Copy)]
enum CeilingKind {
    /// Nothing is written.
    Unset,
    Unlimited,
    Together(Bytes),
    /// Podman's `--memory-swap 0`: crun writes it as it is.
    ZeroSwap,
}

/// The daemon's order.
fn docker_refuses(asked: &Asked, cgroup: CgroupVersion) -> Option<String> {
    // Where the kernel has no swappiness per cgroup the value is discarded before it is looked at.
    let swappiness = asked.swappiness.filter(|_| cgroup == CgroupVersion::V1);
    let together = asked.together().unwrap_or_default();
    let memory = asked.memory.unwrap_or_default();
    let reservation = asked.reservation.unwrap_or_default();
    let message = if memory > Bytes::ZERO && memory < MEMORY_MIN {
        "Minimum memory limit allowed is 6MB".to_owned()
    } else if memory > Bytes::ZERO && together > Bytes::ZERO && together < memory {
        "Minimum memoryswap limit should be larger than memory limit, see usage".to_owned()
    } else if memory == Bytes::ZERO && together > Bytes::ZERO {
        "You should always set the Memory limit when using Memoryswap limit, see usage".to_owned()
    } else if let Some(value) = swappiness.filter(|swappiness| !(0..=100).contains(swappiness)) {
        format!("Invalid value: {value}, valid memory swappiness range is 0-100")
    } else if reservation > Bytes::ZERO && reservation < MEMORY_MIN {
        "Minimum memory reservation allowed is 6MB".to_owned()
    } else if memory > Bytes::ZERO && reservation > memory {
        "Minimum memory limit can not be less than memory reservation limit, see usage".to_owned()
    } else if let Some(adj) = asked.oom_score_adj.filter(|adj| !(-1000..=1000).contains(adj)) {
        format!("Invalid value {adj}, range for oom score adj is [-1000, 1000]")
    } else {
        return None;
    };
    Some(message)
}

/// Unset and zero are both twice the memory (`adaptContainerSettings`).
fn docker_ceiling(asked: &Asked) -> Ceiling {
    let given = |kind| Ceiling { kind, is_default: false };
    match (asked.memory_swap, asked.memory) {
        (Some(MemorySwapOption::Unlimited), _) => given(CeilingKind::Unlimited),
        (Some(MemorySwapOption::Together(bytes)), _) if bytes > Bytes::ZERO => {
            given(CeilingKind::Together(bytes))
        }
        (Some(MemorySwapOption::Together(_)) | None, Some(memory)) => {
            Ceiling { kind: CeilingKind::Together(memory.saturating_add(memory)), is_default: true }
        }
        (Some(MemorySwapOption::Together(_)) | None, None) => given(CeilingKind::Unset),
    }
}

fn files(asked: &Asked, ceiling: Ceiling, cgroup: CgroupVersion) -> Vec<WrittenFile> {
    let is_v2 = cgroup == CgroupVersion::V2;
    let pick = |v2: &'static str, v1: &'static str| if is_v2 { v2 } else { v1 };
    let mut files = Vec::new();
    let mut write = |name, value: String, option| files.push(WrittenFile { name, value, option });
    if let Some(memory) = asked.memory {
        write(pick("memory.max", "memory.limit_in_bytes"), memory.0.to_string(), "--memory");
    }
    let swap_file = pick("memory.swap.max", "memory.memsw.limit_in_bytes");
    let option = if ceiling.is_default { "the default" } else { "--memory-swap" };
    match (ceiling.kind, cgroup) {
        (CeilingKind::Unset, CgroupVersion::V2 | CgroupVersion::V1) => {}
        (CeilingKind::Unlimited, CgroupVersion::V2) => write(swap_file, "max".to_owned(), option),
        (CeilingKind::Unlimited, CgroupVersion::V1) => write(swap_file, "-1".to_owned(), option),
        (CeilingKind::Together(both), CgroupVersion::V2) => {
            write(swap_file, both.saturating_sub(asked.memory.unwrap_or_default()).0.to_string(), option);
        }
        (CeilingKind::Together(both), CgroupVersion::V1) => write(swap_file, both.0.to_string(), option),
        (CeilingKind::ZeroSwap, CgroupVersion::V2 | CgroupVersion::V1) => {
            write(swap_file, "0".to_owned(), option);
        }
    }
    if let Some(reservation) = asked.reservation {
        let name = pick("memory.low", "memory.soft_limit_in_bytes");
        write(name, reservation.0.to_string(), "--memory-reservation");
    }
    if !is_v2 {
        if let Some(swappiness) = asked.swappiness {
            write("memory.swappiness", swappiness.to_string(), "--memory-swappiness");
        }
        if asked.oom_kill_disable {
            write("memory.oom_control", "1".to_owned(), "--oom-kill-disable");
        }
        if let Some(kernel) = asked.kernel_memory {
            write("memory.kmem.limit_in_bytes", kernel.0.to_string(), "--kernel-memory");
        }
    }
    if let Some(adj) = asked.oom_score_adj {
        write("/proc/PID/oom_score_adj", adj.to_string(), "--oom-score-adj");
    }
    files
}

fn swap(asked: &Asked, ceiling: Ceiling, cgroup: CgroupVersion) -> RunSwap {
    let by_default = ceiling.is_default;
    let memory = asked.memory.unwrap_or_default();
    match (ceiling.kind, cgroup) {
        (CeilingKind::Unset | CeilingKind::Unlimited, CgroupVersion::V2 | CgroupVersion::V1) => {
            RunSwap::Unlimited
        }
        (CeilingKind::ZeroSwap, CgroupVersion::V2 | CgroupVersion::V1) => {
            RunSwap::AtMost { swap: Bytes::ZERO, by_default: false }
        }
        (CeilingKind::Together(both), CgroupVersion::V2) => {
            RunSwap::AtMost { swap: both.saturating_sub(memory), by_default }
        }
        (CeilingKind::Together(together), CgroupVersion::V1) => {
            RunSwap::Together { memory, together, by_default }
        }
    }
}

fn remarks(asked: &Asked, cgroup: CgroupVersion) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut remark = |option, warning, effect| remarks.push(Remark { option, warning, effect });
    match cgroup {
        CgroupVersion::V2 => {
            if asked.swappiness.is_some() {
                remark("--memory-swappiness", SWAPPINESS_DISCARDED, Effect::Discarded);
            }
            if asked.kernel_memory.is_some() {
                remark("--kernel-memory", KERNEL_MEMORY_DISCARDED, Effect::Discarded);
            }
            if asked.oom_kill_disable {
                remark("--oom-kill-disable", OOM_KILL_DISABLE_DISCARDED, Effect::Discarded);
            }
        }
        CgroupVersion::V1 => {
            if asked.oom_kill_disable && asked.memory.is_none() {
                remark("--oom-kill-disable", OOM_KILL_DISABLE_WITHOUT_LIMIT, Effect::Kept);
            }
        }
    }
    remarks
}
