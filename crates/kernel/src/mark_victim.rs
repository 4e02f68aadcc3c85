//! One line of the tracepoint `oom:mark_victim`, as `trace_pipe` prints it (include/trace/events/oom.h).

use crate::decimal::parse_u32;

/// A process that was marked to die.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedVictim {
    /// The process.
    pub pid: u32,
    /// Its name; absent before Linux 6.10.
    pub comm: Option<String>,
}

impl MarkedVictim {
    /// Finds the event in a line: `mark_victim: pid=180`, and since 6.10 ` comm=tail total-vm=…` behind it. `None` for any other line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (_, event) = line.split_once(": mark_victim: pid=")?;
        let event = event.trim_end_matches('\n');
        let Some((pid, rest)) = event.split_once(" comm=") else {
            return Some(Self { pid: parse_u32(event.trim_end())?, comm: None });
        };
        // A name may hold anything, also this key: the last one is the kernel's.
        let (comm, _) = rest.rsplit_once(" total-vm=")?;
        Some(Self { pid: parse_u32(pid)?, comm: Some(comm.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::MarkedVictim;

    #[test]
    fn old_and_new_kernels_name_the_process() {
        let old = "            tail-180     [000] d..1.     8.777622: mark_victim: pid=180\n";
        assert_eq!(MarkedVictim::parse(old), Some(MarkedVictim { pid: 180, comm: None }));
        let new = "  a b-9 [001] .....     8.7: mark_victim: pid=9 comm=a total-vm=b total-vm=18280kB anon-rss=1kB uid=0";
        let comm = Some("a total-vm=b".to_owned());
        assert_eq!(MarkedVictim::parse(new), Some(MarkedVictim { pid: 9, comm }));
    }

    #[test]
    fn other_lines_are_not_taken_for_it() {
        for line in [
            "",
            "CPU:0 [LOST 12 EVENTS]",
            "x-1 [000] ..... 1.0: oom_score_adj_update: pid=1 comm=x",
            ": mark_victim: pid=",
            ": mark_victim: pid=-1",
            ": mark_victim: pid=9 comm=x",
        ] {
            assert_eq!(MarkedVictim::parse(line), None, "{line:?}");
        }
    }
}
