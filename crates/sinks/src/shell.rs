//! A command line of `/bin/sh` that takes a document and says with its exit code whether it did.

use crate::deadline::{self, End};
use crate::delivery::{Deliver, DeliveryError};
use model::notice::{Notice, NoticeKind};
use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Starts a command for each notice, and ends it when it takes too long.
#[derive(Debug)]
pub struct Shell {
    /// The command line.
    pub command: String,
    /// For one notice.
    pub deadline: Duration,
}

impl Deliver for Shell {
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError> {
        for notice in notices {
            self.run(notice).map_err(|error| DeliveryError::later(format!("the command: {error}")))??;
        }
        Ok("exit code 0".to_owned())
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn wants(&self, notice: &Notice) -> bool {
        match notice.kind {
            NoticeKind::HappenedEnds => false,
            NoticeKind::StateBegins | NoticeKind::StateEnds | NoticeKind::Happened | NoticeKind::Test => true,
        }
    }
}

impl Shell {
    fn run(&self, notice: &Notice) -> io::Result<Result<(), DeliveryError>> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &self.command]);
        command.env("HIGHWATER_KEY", &notice.key).env("HIGHWATER_RULE", &notice.rule);
        Ok(match deadline::run(&mut command, format!("{}\n", notice.document), self.deadline)? {
            End::Ended(status, words) => judge((status, words)),
            End::Killed => {
                let seconds = self.deadline.as_secs_f64();
                Err(DeliveryError::later(format!(
                    "the command did not end within {seconds} s and was killed"
                )))
            }
        })
    }
}

fn judge((status, words): (ExitStatus, String)) -> Result<(), DeliveryError> {
    if status.success() {
        return Ok(());
    }
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    Err(DeliveryError::later(format!("the command ended with {status}{words}")))
}

#[cfg(test)]
mod tests {
    use super::Shell;
    use crate::delivery::Deliver;
    use crate::receiver::test_notice;
    use std::fs;
    use std::time::{Duration, Instant};

    #[test]
    fn the_command_reads_the_document_and_its_exit_code_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told");
        let script = format!("cat >> {0}; echo no >&2; test -e {0}.ok", path.display());
        let mut shell = Shell { command: script, deadline: Duration::from_secs(20) };
        let error = shell.deliver(&[&test_notice("a")]).unwrap_err();
        assert_eq!(error.words, "the command ended with exit status: 1: no");
        fs::write(folder.path().join("told.ok"), "").unwrap();
        shell.deliver(&[&test_notice("b")]).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_what_it_started() {
        let mut shell =
            Shell { command: "sleep 600 & sleep 600".to_owned(), deadline: Duration::from_millis(100) };
        let begun = Instant::now();
        let error = shell.deliver(&[&test_notice("a")]).unwrap_err();
        assert!(error.words.contains("did not end within 0.1 s"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}
