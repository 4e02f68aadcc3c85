//! Where Podman with crun differs: no least memory, checks of its own on v1 only, and crun refuses what Docker discards.

use super::{Asked, Ceiling, CeilingKind};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::outcome::docker::{MemorySwapOption, Refuser};

/// On v1 Podman checks (`verifyContainerResourcesCgroupV1`); on v2 it leaves that to crun (`write_memory_resources`).
pub fn refuses(asked: &Asked, cgroup: CgroupVersion) -> Option<(Refuser, String)> {
    match cgroup {
        CgroupVersion::V1 => on_v1(asked).map(|message| (Refuser::Podman, message)),
        CgroupVersion::V2 => on_v2(asked).map(|message| (Refuser::Crun, message.to_owned())),
    }
}

/// Zero is an amount like any other.
pub fn ceiling(asked: &Asked) -> Ceiling {
    let given = |kind| Ceiling { kind, is_default: false };
    match (asked.memory_swap, asked.memory) {
        (Some(MemorySwapOption::Unlimited), _) => given(CeilingKind::Unlimited),
        (Some(MemorySwapOption::Together(Bytes(0))), _) => given(CeilingKind::ZeroSwap),
        (Some(MemorySwapOption::Together(bytes)), _) => given(CeilingKind::Together(bytes)),
        (None, Some(memory)) => {
            Ceiling { kind: CeilingKind::Together(memory.saturating_add(memory)), is_default: true }
        }
        (None, None) => given(CeilingKind::Unset),
    }
}

fn on_v1(asked: &Asked) -> Option<String> {
    match (asked.memory, asked.memory_swap) {
        (Some(memory), Some(MemorySwapOption::Together(together))) if together < memory => {
            return Some("minimum memoryswap limit should be larger than memory limit, see usage".to_owned());
        }
        (None, Some(_)) => {
            return Some(
                "you should always set a memory limit when using a memoryswap limit, see usage".to_owned(),
            );
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    if let Some(swappiness) = asked.swappiness.filter(|swappiness| *swappiness > 100) {
        return Some(format!("invalid value: {swappiness}, valid memory swappiness range is 0-100"));
    }
    let is_below = asked.memory.zip(asked.reservation).is_some_and(|(memory, low)| memory < low);
    is_below
        .then(|| "minimum memory limit cannot be less than memory reservation limit, see usage".to_owned())
}

fn on_v2(asked: &Asked) -> Option<&'static str> {
    let together = asked.together().filter(|together| *together > Bytes::ZERO);
    match (asked.memory, together) {
        (None, Some(_)) => return Some("cannot set swap limit without the memory limit"),
        (Some(memory), Some(together)) if together < memory => {
            return Some("cannot set memory+swap limit less than the memory limit");
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    if asked.kernel_memory.is_some() {
        return Some("cannot set kernel memory with cgroupv2");
    }
    if asked.oom_kill_disable {
        return Some("cannot disable OOM killer with cgroupv2");
    }
    asked.swappiness.map(|_| "cannot set memory swappiness with cgroupv2")
}
