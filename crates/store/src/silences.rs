//! Silences that were made on the command line: a file of its own, so that they can be made while the agent holds the store.

use crate::alert_book::StoredMoment;
use crate::checksum::crc32;
use crate::files;
use crate::record::checked;
use model::alert::AlertRule;
use model::alert::silence::{Silence, SilenceSpan};
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The version that is written here.
const VERSION: u32 = 1;

/// The file.
const NAME: &str = "silences";

/// Held while the file is changed.
const LOCK: &str = "silences.lock";

#[derive(Serialize, Deserialize)]
struct StoredSilences {
    version: u32,
    silences: Vec<StoredSilence>,
}

#[derive(Serialize, Deserialize)]
struct StoredSilence {
    id: String,
    names: Vec<String>,
    rules: Vec<String>,
    reason: Option<String>,
    from: StoredMoment,
    seconds: u64,
}

/// The silences below a store's folder; none where there is no file.
///
/// # Errors
/// When the file cannot be read, is not what was written, or a later Highwater wrote it.
pub fn load(folder: &Path) -> io::Result<Vec<Silence>> {
    let path = folder.join(NAME);
    let bytes = files::read(&path)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let invalid =
        |words: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {words}", path.display()));
    let json =
        bytes.strip_suffix(b"\n").and_then(checked).ok_or_else(|| invalid("not what was written there"))?;
    let stored: StoredSilences =
        serde_json::from_slice(json).map_err(|_| invalid("not of this version of Highwater"))?;
    if stored.version > VERSION {
        return Err(invalid("written by a later Highwater"));
    }
    Ok(stored.silences.into_iter().map(restored).collect())
}

/// The silences below a store's folder, read again when the file is another.
#[derive(Debug)]
pub struct SilenceFile {
    folder: PathBuf,
    stamp: Option<Stamp>,
    silences: Vec<Silence>,
}

/// What tells one file from the next at its place: it is never changed, only replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl SilenceFile {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), stamp: None, silences: Vec::new() }
    }

    /// Reads the file where it is another than before; whether it was.
    ///
    /// # Errors
    /// As [`load`], once for each file: what was read before holds on.
    pub fn refresh(&mut self) -> io::Result<bool> {
        let found = std::fs::metadata(self.folder.join(NAME)).ok();
        let stamp = found.map(|found| Stamp {
            inode: found.ino(),
            bytes: found.len(),
            modified: found.modified().ok(),
        });
        if stamp == self.stamp {
            return Ok(false);
        }
        self.stamp = stamp;
        self.silences = load(&self.folder)?;
        Ok(true)
    }

    /// What was last read.
    #[must_use]
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }
}

/// Changes the silences, as no other process does meanwhile.
///
/// # Errors
/// When the file cannot be read or written.
pub fn change(folder: &Path, change: impl FnOnce(&mut Vec<Silence>)) -> io::Result<()> {
    let lock = lock(folder)?;
    lock.lock()?;
    let mut silences = load(folder)?;
    change(&mut silences);
    let silences = silences.iter().filter_map(stored).collect();
    let json = serde_json::to_string(&StoredSilences { version: VERSION, silences })?;
    files::replace(&folder.join(NAME), format!("{:08x} {json}\n", crc32(json.as_bytes())).as_bytes())
}

fn lock(folder: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))
}

/// Those of the configuration are not kept here.
fn stored(silence: &Silence) -> Option<StoredSilence> {
    let SilenceSpan::For { from, duration } = silence.span else { return None };
    Some(StoredSilence {
        id: silence.id.clone(),
        names: silence.names.clone(),
        rules: silence.rules.iter().map(|rule| rule.as_str().to_owned()).collect(),
        reason: silence.reason.clone(),
        from: StoredMoment::of(&from),
        seconds: duration.as_secs(),
    })
}

fn restored(stored: StoredSilence) -> Silence {
    Silence {
        id: stored.id,
        names: stored.names,
        rules: stored.rules.iter().filter_map(|rule| AlertRule::parse(rule)).collect(),
        reason: stored.reason,
        span: SilenceSpan::For {
            from: stored.from.restored(),
            duration: Duration::from_secs(stored.seconds),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{SilenceFile, change, load};
    use model::alert::silence::{Silence, SilenceSpan};
    use model::alert::{AlertRule, Moment};
    use model::snapshot::Timestamp;
    use std::fs;
    use std::thread;
    use std::time::Duration;

    fn silence(id: usize) -> Silence {
        let from = Moment { wall: Timestamp(5), uptime: Duration::from_secs(6), boot: None };
        Silence {
            id: format!("s{id}"),
            names: vec!["web-*".to_owned()],
            rules: vec![AlertRule::Pressure],
            reason: Some("a deployment".to_owned()),
            span: SilenceSpan::For { from, duration: Duration::from_secs(7200) },
        }
    }

    #[test]
    fn silences_made_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), []);
        thread::scope(|scope| {
            for number in 0..8 {
                let path = folder.path();
                scope.spawn(move || change(path, |all| all.push(silence(number))).unwrap());
            }
        });
        let mut kept = load(folder.path()).unwrap();
        kept.sort_by(|one, other| one.id.cmp(&other.id));
        assert_eq!(kept, (0..8).map(silence).collect::<Vec<_>>());
        change(folder.path(), Vec::clear).unwrap();
        assert_eq!(load(folder.path()).unwrap(), []);
    }

    #[test]
    fn whoever_holds_the_file_open_sees_what_is_made_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SilenceFile::new(folder.path());
        assert!(!file.refresh().unwrap());
        change(folder.path(), |all| all.push(silence(1))).unwrap();
        assert!(file.refresh().unwrap() && !file.refresh().unwrap());
        change(folder.path(), |all| all[0] = silence(2)).unwrap();
        assert!(file.refresh().unwrap());
        assert_eq!(file.silences(), [silence(2)]);
        // Damage is told once, and what was silenced stays so.
        fs::write(folder.path().join("silences"), "00000000 {}\n").unwrap();
        assert!(file.refresh().is_err() && !file.refresh().unwrap());
        assert_eq!(file.silences(), [silence(2)]);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_taken_for_no_silence() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("silences"), "00000000 {}\n").unwrap();
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("silences: not what was written there"), "{error}");
    }
}
