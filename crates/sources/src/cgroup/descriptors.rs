//! How many files may be kept open. Each costs: the kernel pins 4.1 KiB for it, charged to the reader's own cgroup.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What one kept cgroup file costs in kernel memory once it has been read: the `seq_file` page and the `file` itself
/// (measured on 6.18: 4,096 to 4,104 bytes and 327 to 380 bytes).
pub const KERNEL_BYTES_PER_DESCRIPTOR: u64 = 4_450;

/// Kept for everything else: sockets, the terminal, libraries.
const RESERVED: u64 = 128;

/// Raises this process's soft limit on open files to its hard limit and says how many may be kept open.
#[must_use]
pub fn budget() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let allowed = match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => wanted.current,
        Err(_) => limit.current,
    };
    // No limit at all still ends somewhere: `fs.nr_open` is 1,048,576 by default.
    usize::try_from(allowed.unwrap_or(1 << 20).saturating_sub(RESERVED)).unwrap_or(usize::MAX)
}
