//! A log file of our own: a JSON document a line, renamed when it is full, never larger in all than it may become.

use crate::delivery::{Deliver, DeliveryError};
use model::notice::Notice;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The owner writes, a group may read.
const MODE: u32 = 0o640;

/// So much of the file's end is searched for what was written before a crash.
const TAIL_BYTES: u64 = 256 * 1024;

/// So many keys are known as written.
const KEYS_MAX: usize = 1_000;

/// Appends to one file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    bytes_max: u64,
    files_max: u32,
    /// Keys of the last lines, oldest first; nothing before the file was read.
    written: Option<VecDeque<String>>,
}

impl LogFile {
    /// A file that is opened when there is something to write.
    #[must_use]
    pub const fn new(path: PathBuf, bytes_max: u64, files_max: u32) -> Self {
        Self { path, bytes_max, files_max, written: None }
    }

    fn append(&mut self, notices: &[&Notice]) -> io::Result<()> {
        if self.written.is_none() {
            self.written = Some(keys_at_end(&self.path)?);
        }
        for notice in notices {
            let written = self.written.get_or_insert_default();
            if written.contains(&notice.key) {
                continue;
            }
            let line = line(notice);
            let bytes = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
            if bytes > 0 && bytes + line.len() as u64 > self.bytes_max {
                rotate(&self.path, self.files_max)?;
            }
            append_line(&self.path, line.as_bytes())?;
            written.push_back(notice.key.clone());
            while written.len() > KEYS_MAX {
                written.pop_front();
            }
        }
        Ok(())
    }
}

impl Deliver for LogFile {
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError> {
        let path = self.path.display().to_string();
        match self.append(notices) {
            Ok(()) => Ok(format!("written to {path}")),
            Err(error) => Err(DeliveryError::later(format!("{path}: {error}"))),
        }
    }

    fn batch_max(&self) -> usize {
        100
    }
}

/// The document, with the key that tells it from every other.
fn line(notice: &Notice) -> String {
    let document = serde_json::from_str(&notice.document).unwrap_or(serde_json::Value::Null);
    let line = serde_json::json!({ "key": notice.key, "title": notice.title, "notice": document });
    format!("{line}\n")
}

/// Appends the whole line or nothing: a full disk takes a part.
fn append_line(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(line);
    if written.is_err() {
        file.set_len(before)?;
    }
    written
}

/// `alerts.log` becomes `alerts.log.1`, that `alerts.log.2`; the oldest is written over.
fn rotate(path: &Path, files_max: u32) -> io::Result<()> {
    if files_max <= 1 {
        return OpenOptions::new().write(true).truncate(true).open(path).map(drop);
    }
    for number in (1..files_max).rev() {
        let older = numbered(path, number);
        let newer = if number == 1 { path.to_owned() } else { numbered(path, number - 1) };
        match fs::rename(newer, older) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Keys of the last lines of the file, and nothing where there is none.
fn keys_at_end(path: &Path) -> io::Result<VecDeque<String>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(VecDeque::new()),
        other => other?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let keys = String::from_utf8_lossy(&tail);
    let keys = keys.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    Ok(keys.filter_map(|line| line.get("key")?.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::LogFile;
    use crate::delivery::Deliver;
    use crate::receiver::test_notice;
    use std::fs;

    #[test]
    fn it_is_renamed_when_full_and_never_larger_than_it_may_become() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.log");
        let mut log = LogFile::new(path.clone(), 2_000, 3);
        for number in 0..100 {
            log.deliver(&[&test_notice(&number.to_string())]).unwrap();
        }
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["alerts.log", "alerts.log.1", "alerts.log.2"]);
        for name in &names {
            assert!(fs::metadata(folder.path().join(name)).unwrap().len() <= 2_000);
        }
        assert!(fs::read_to_string(&path).unwrap().lines().last().unwrap().contains("\"key\":\"99\""));
    }

    #[test]
    fn what_was_written_before_a_crash_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.log");
        let notices = [test_notice("a"), test_notice("b")];
        LogFile::new(path.clone(), 1 << 20, 2).deliver(&[&notices[0]]).unwrap();
        LogFile::new(path.clone(), 1 << 20, 2).deliver(&[&notices[0], &notices[1]]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let mut log = LogFile::new("/nonexistent/alerts.log".into(), 1 << 20, 2);
        let error = log.deliver(&[&test_notice("a")]).unwrap_err();
        assert!(error.words.starts_with("/nonexistent/alerts.log: "), "{error}");
    }
}
