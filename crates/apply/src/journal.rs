//! What was done and what is being done: records that are on the disk before and after every act.

mod change_json;
mod checksum;
pub mod history;
pub mod record;

use history::History;
use record::{Line, Record, read_line};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const NAME: &str = "journal";
/// A journal whose every step was taken back.
const NAME_UNDONE: &str = "journal.undone";

/// A journal in its folder.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// Open once something was written.
    file: Option<File>,
    /// How much of the file is whole records; what a crash cut off follows.
    whole_bytes: u64,
    history: History,
}

/// Why a journal is of no use.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("{}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A record in its middle is not what was written: what follows cannot be trusted either.
    #[error(
        "{}: line {line} is not what was written; nothing is changed on its word. Compare the machine with the lines \
         before it, then move the file away",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// A later Highwater wrote it.
    #[error("{}: line {line} was written by a later version of Highwater; use that one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
}

impl Journal {
    /// Reads the journal of a folder; one that is not there is empty. Nothing is written yet.
    ///
    /// # Errors
    /// When it cannot be read, or not be trusted. A last record that a crash cut off is left out.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other.map_err(|source| JournalError::System { path: path.clone(), source })?,
        };
        let mut history = History::default();
        let mut whole = 0;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let record = line.strip_suffix(b"\n").map_or(Line::Damaged, read_line);
            let line_number = number + 1;
            match record {
                Line::Record(record) if history.takes(&record) => {
                    history.take(record);
                    whole += line.len() as u64;
                }
                // The last record was being written when the machine stopped.
                Line::Damaged if lines.peek().is_none() => break,
                Line::Record(_) | Line::Damaged => {
                    return Err(JournalError::Damaged { path, line: line_number });
                }
                Line::Newer => return Err(JournalError::Newer { path, line: line_number }),
            }
        }
        Ok(Self { folder: folder.to_owned(), file: None, whole_bytes: whole, history })
    }

    /// What the journal tells.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Writes a record; it is on the disk when this returns.
    ///
    /// # Errors
    /// When that is impossible. Then the act that would follow must not be done.
    pub fn write(&mut self, record: Record) -> Result<(), JournalError> {
        let path = self.path();
        self.append(&record).map_err(|source| JournalError::System { path, source })?;
        self.history.take(record);
        Ok(())
    }

    fn append(&mut self, record: &Record) -> io::Result<()> {
        if self.file.is_none() {
            if self.history.is_undone() {
                fs::rename(self.path(), self.folder.join(NAME_UNDONE))?;
                self.whole_bytes = 0;
                self.history = History::default();
            }
            self.file = Some(self.open_to_append()?);
        }
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        let line = record.to_line();
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        match written {
            Ok(()) => self.whole_bytes += line.len() as u64,
            // A full disk takes a part; the next record must not be glued to it.
            Err(_) => file.set_len(self.whole_bytes)?,
        }
        written
    }

    fn open_to_append(&self) -> io::Result<File> {
        make_folder(&self.folder)?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.path())?;
        file.set_len(self.whole_bytes)?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(file)
    }

    /// Puts a journal away whose every step was taken back.
    ///
    /// # Errors
    /// When it cannot be renamed; then the next plan does it.
    pub fn put_away(&mut self) -> Result<(), JournalError> {
        let path = self.path();
        let failed = |source| JournalError::System { path: path.clone(), source };
        fs::rename(&path, self.folder.join(NAME_UNDONE)).map_err(failed)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.file = None;
        self.whole_bytes = 0;
        self.history = History::default();
        Ok(())
    }
}

/// Makes the state folder with all above it, and brings their names to the disk.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return refuse_of_others(folder);
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
        parent
            .parent()
            .filter(|above| above.is_dir())
            .map_or(Ok(()), |above| File::open(above)?.sync_all())?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    File::open(parent)?.sync_all()
}

/// What an undo does is what the journal says: nobody else may write it, or put a link in its place.
fn refuse_of_others(folder: &Path) -> io::Result<()> {
    let metadata = fs::metadata(folder)?;
    let (uid, own) = (metadata.uid(), rustix::process::geteuid().as_raw());
    let why = if uid != own && uid != 0 {
        format!("it belongs to user {uid}: expected user {own}")
    } else if metadata.mode() & 0o022 != 0 {
        format!("others may write there (mode {:04o}): expected 0700", metadata.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(test)]
mod tests {
    use super::record::Record;
    use super::{Journal, JournalError};
    use crate::host::kept::Kept;
    use crate::lock::Lock;
    use model::plan::{Change, Step};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn plan() -> Record {
        let step = Step { name: "reload".to_owned(), why: String::new(), change: Change::Reload };
        Record::Plan { at_seconds: 1, steps: vec![step], found: Vec::new() }
    }

    fn written() -> (tempfile::TempDir, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&folder.path().join("state")).unwrap();
        for record in [plan(), Record::Begin { step: 0, kept: Kept::default() }, Record::Done { step: 0 }] {
            journal.write(record).unwrap();
        }
        let bytes = fs::read(journal.path()).unwrap();
        (folder, bytes)
    }

    #[test]
    fn a_journal_that_was_cut_at_any_byte_is_read_and_goes_on() {
        let (folder, bytes) = written();
        let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').map(|at| at + 1).collect();
        let path = folder.path().join("state/journal");
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let mut journal = Journal::open(&folder.path().join("state")).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(journal.history().record_count(), whole, "cut at {cut}");
            if whole == 0 {
                journal.write(plan()).unwrap();
            } else {
                journal.write(Record::Finished).unwrap();
            }
            let again = Journal::open(&folder.path().join("state")).unwrap();
            assert_eq!(again.history().record_count(), whole + 1, "cut at {cut}");
        }
    }

    #[test]
    fn a_folder_that_others_may_write_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join("lock")).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let error = Lock::take(folder.path(), "node undo").unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("mode 1777"), "{error}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
        assert!(Journal::open(folder.path()).unwrap().write(plan()).is_err());
        if rustix::process::geteuid().is_root() {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
            std::os::unix::fs::chown(folder.path(), Some(4711), None).unwrap();
            let error = Journal::open(folder.path()).unwrap().write(plan()).unwrap_err();
            assert!(std::error::Error::source(&error).unwrap().to_string().contains("user 4711"), "{error}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_refused_with_its_line() {
        let (folder, mut bytes) = written();
        let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 20;
        bytes[second] ^= 1;
        fs::write(folder.path().join("state/journal"), &bytes).unwrap();
        let error = Journal::open(&folder.path().join("state")).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { line: 2, .. }), "{error}");
    }

    #[test]
    fn a_record_of_a_step_that_no_plan_has_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let lines = [plan().to_line(), Record::Done { step: 7 }.to_line(), Record::Finished.to_line()];
        fs::write(folder.path().join("journal"), lines.concat()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(JournalError::Damaged { line: 2, .. })));
    }
}
