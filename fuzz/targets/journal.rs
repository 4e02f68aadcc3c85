//! Fuzzes the reader of journald's files: damaged copies of real ones, of which a number or two are changed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sources::journal::JournalStart;
use sources::journal::file::JournalFile;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file without a name, so that nothing is left behind; the reader opens it by its descriptor.
static FILE: LazyLock<(File, PathBuf)> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let name = folder.join(format!("highwater-fuzz-{}", std::process::id()));
    let file =
        File::options().read(true).write(true).create_new(true).open(&name).expect("a file to write to");
    std::fs::remove_file(&name).expect("a file to remove");
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    (file, path)
});

fuzz_target!(|bytes: &[u8]| {
    let (file, path) = &*FILE;
    file.set_len(bytes.len() as u64).expect("a new length");
    file.write_all_at(bytes, 0).expect("a write");
    let Ok(mut journal) = JournalFile::open(path, JournalStart::Oldest) else { return };
    let records = journal.by_ref().count();
    // Each entry takes 64 bytes at least, and each is told once.
    assert!(records <= bytes.len() / 64, "{records} messages in {} bytes", bytes.len());
    assert!(journal.next().is_none(), "a message behind the last");
});
