//! Programs that end processes before the kernel has to: systemd-oomd, earlyoom. Their lines are no OOM reports.

/// A kill by a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherKill {
    /// The program, as the log names it.
    pub program: String,
    /// What it said.
    pub text: String,
}

/// Whether a program's line tells of a kill.
pub(crate) fn read(program: &str, text: &str) -> Option<OtherKill> {
    let text = text.trim();
    let is_kill = match program {
        "systemd-oomd" => text.starts_with("Killed ") && text.contains(" due to "),
        "earlyoom" => text.contains("sending SIGTERM") || text.contains("sending SIGKILL"),
        _ => false,
    };
    is_kill.then(|| OtherKill { program: program.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn only_kills_are_told() {
        assert!(
            read(
                "systemd-oomd",
                " Killed /user.slice/a.scope due to memory pressure for /user.slice being 60%"
            )
            .is_some()
        );
        assert!(read("earlyoom", "sending SIGTERM to process 1 \"a\": badness 900").is_some());
        assert!(read("earlyoom", "mem avail: 1 of 2 MiB").is_none());
        assert!(read("dockerd", "Killed a due to b").is_none());
    }
}
