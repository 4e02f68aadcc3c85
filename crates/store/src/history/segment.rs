//! A segment: a compressed chunk for each workload and boot, then their names, then a directory that finds each in two reads.

use super::chunk::{BootClock, Row, put_chunk, put_clock, read_rows, take_body, take_clock};
use super::column::{put_varint, take, take_varint};
use super::error::HistoryError;
use super::folder::{FileName, HEADER_BYTES, check_version, header};
use super::frame::{self, Frame, HEAD_BYTES, Kind};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use model::recorded::{StepLength, WorkloadName};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A chunk that is longer than this uncompressed was not written here.
const CHUNK_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The end of a file is read at once; the directory of some five hundred workloads is in it.
const TAIL_BYTES: u64 = 8 * 1024;

/// Writes go out in pieces of this.
const BUFFER_BYTES: usize = 64 * 1024;

/// A boot's part in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootSpan {
    /// The boot and its clock, as it was last.
    pub clock: BootClock,
    /// The first step's beginning, in seconds since boot.
    pub first_seconds: u64,
    /// The last step's end.
    pub end_seconds: u64,
}

/// Where a chunk is.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    offset: u32,
    bytes: u32,
}

/// A segment that is read.
#[derive(Debug)]
pub struct Segment {
    file: File,
    path: PathBuf,
    length: StepLength,
    entries: Vec<Entry>,
    spans: Vec<BootSpan>,
    names_at: Option<u64>,
    bytes: u64,
    /// Frames that are not what was written, as far as it was noticed.
    damaged: u64,
}

/// A segment that is made, beside its name.
#[derive(Debug)]
pub struct SegmentWriter {
    file: File,
    path: PathBuf,
    length: StepLength,
    buffer: Vec<u8>,
    written: u64,
    entries: Vec<Entry>,
    names: Vec<u8>,
    spans: Vec<BootSpan>,
    compressor: Compress,
}

impl BootSpan {
    /// How long it is.
    pub const fn seconds(&self) -> u64 {
        self.end_seconds.saturating_sub(self.first_seconds)
    }
}

/// Adds a part of a boot to a list; the later clock counts.
pub fn add_span(spans: &mut Vec<BootSpan>, span: BootSpan) {
    match spans.iter_mut().find(|known| known.clock.boot_id == span.clock.boot_id) {
        Some(known) => {
            if span.end_seconds >= known.end_seconds {
                known.clock = span.clock;
            }
            known.first_seconds = known.first_seconds.min(span.first_seconds);
            known.end_seconds = known.end_seconds.max(span.end_seconds);
        }
        None => spans.push(span),
    }
}

/// The part of a boot that some rows are.
pub fn span_of(clock: BootClock, rows: &[Row], length: StepLength) -> Option<BootSpan> {
    let (first, last) = (rows.first()?, rows.last()?);
    let end_seconds = last.seconds.saturating_add(length.seconds());
    Some(BootSpan { clock, first_seconds: first.seconds, end_seconds })
}

impl SegmentWriter {
    /// Begins a file beside the name that it will have.
    pub fn begin(folder: &Path, name: FileName) -> io::Result<Self> {
        let path = name.path(folder);
        let new = beside(&path);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(new)?;
        Ok(Self {
            file,
            path,
            length: name.length,
            buffer: header().to_vec(),
            written: 0,
            entries: Vec::new(),
            names: Vec::new(),
            spans: Vec::new(),
            compressor: Compress::new(Compression::new(6), false),
        })
    }

    /// Adds the rows of a workload in one boot.
    pub fn add(&mut self, clock: BootClock, workload: &WorkloadName, rows: &[Row]) -> io::Result<()> {
        let Some(span) = span_of(clock, rows, self.length) else { return Ok(()) };
        add_span(&mut self.spans, span);
        let mut plain = Vec::with_capacity(rows.len() * 4);
        put_clock(clock, &mut plain);
        put_chunk(workload, rows, self.length, &mut plain);
        let (offset, bytes) = self.put_frame(Kind::Chunk, &plain)?;
        self.entries.push(Entry { hash: hash(workload.as_str()), offset, bytes });
        put_varint(workload.as_str().len() as u64, &mut self.names);
        self.names.extend_from_slice(workload.as_str().as_bytes());
        Ok(())
    }

    /// Writes the directory and gives the file its name. It is on disk when this returns.
    pub fn finish(mut self) -> io::Result<u64> {
        let names_at = self.end();
        let names = std::mem::take(&mut self.names);
        self.put_frame(Kind::Names, &names)?;
        self.entries.sort_by_key(|entry| entry.hash);
        let body = directory(&self.spans, names_at, &self.entries);
        frame::put(Kind::Directory, &body, &mut self.buffer);
        self.drain()?;
        self.file.sync_all()?;
        crate::files::rename(&beside(&self.path), &self.path)?;
        Ok(self.written)
    }

    /// Gives up.
    pub fn abandon(self) {
        // It is removed when the history is opened again, if not now.
        let _ = fs::remove_file(beside(&self.path));
    }

    fn end(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn put_frame(&mut self, kind: Kind, plain: &[u8]) -> io::Result<(u32, u32)> {
        let offset = u32::try_from(self.end()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let before = self.buffer.len();
        let packed = self.packed(plain)?;
        frame::put(kind, &packed, &mut self.buffer);
        let bytes = u32::try_from(self.buffer.len() - before).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if self.buffer.len() >= BUFFER_BYTES {
            self.drain()?;
        }
        Ok((offset, bytes))
    }

    fn packed(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.compressor.reset();
        let mut packed = Vec::with_capacity(plain.len() + 64);
        put_varint(plain.len() as u64, &mut packed);
        while self.compressor.compress_vec(
            plain
                .get(usize::try_from(self.compressor.total_in()).unwrap_or(usize::MAX)..)
                .unwrap_or_default(),
            &mut packed,
            FlushCompress::Finish,
        )? != flate2::Status::StreamEnd
        {
            packed.reserve(plain.len() / 2 + 64);
        }
        Ok(packed)
    }

    fn drain(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// The plain bytes; `None` when they are not what was written.
fn unpacked(mut packed: &[u8]) -> Option<Vec<u8>> {
    let bytes = usize::try_from(take_varint(&mut packed)?).ok().filter(|bytes| *bytes <= CHUNK_BYTES_MAX)?;
    // A length that is a lie costs no memory: DEFLATE grows at most a thousandfold.
    let mut plain = Vec::with_capacity(bytes.min(packed.len().saturating_mul(1_100)));
    let status = Decompress::new(false).decompress_vec(packed, &mut plain, FlushDecompress::Finish).ok()?;
    (status == flate2::Status::StreamEnd && plain.len() == bytes).then_some(plain)
}

/// FNV-1a, then mixed: where a name is in the directory.
fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    fnv ^ (fnv >> 29)
}

/// Boots, names, entries, and at its end the length of its frame, by which it is found.
fn directory(spans: &[BootSpan], names_at: u64, entries: &[Entry]) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + entries.len() * 16);
    put_varint(spans.len() as u64, &mut body);
    for span in spans {
        put_clock(span.clock, &mut body);
        put_varint(span.first_seconds, &mut body);
        put_varint(span.end_seconds, &mut body);
    }
    put_varint(names_at, &mut body);
    put_varint(entries.len() as u64, &mut body);
    for entry in entries {
        body.extend_from_slice(&entry.hash.to_le_bytes());
        body.extend_from_slice(&entry.offset.to_le_bytes());
        body.extend_from_slice(&entry.bytes.to_le_bytes());
    }
    body.extend_from_slice(&((body.len() + 8 + HEAD_BYTES) as u64).to_le_bytes());
    body
}

type Directory = (Vec<BootSpan>, u64, Vec<Entry>);

fn read_directory(mut body: &[u8]) -> Option<Directory> {
    let spans = take_varint(&mut body)?;
    let mut known = Vec::new();
    for _ in 0..spans {
        let clock = take_clock(&mut body)?;
        let first_seconds = take_varint(&mut body)?;
        known.push(BootSpan { clock, first_seconds, end_seconds: take_varint(&mut body)? });
    }
    let names_at = take_varint(&mut body)?;
    let count = usize::try_from(take_varint(&mut body)?).ok()?;
    let table = take(&mut body, count.checked_mul(16)?)?;
    let entries = table.as_chunks::<16>().0.iter().map(|entry| {
        let (hash, rest) = entry.split_first_chunk::<8>()?;
        let (offset, rest) = rest.split_first_chunk::<4>()?;
        let bytes = rest.first_chunk::<4>()?;
        Some(Entry {
            hash: u64::from_le_bytes(*hash),
            offset: u32::from_le_bytes(*offset),
            bytes: u32::from_le_bytes(*bytes),
        })
    });
    Some((known, names_at, entries.collect::<Option<Vec<Entry>>>()?))
}

impl Segment {
    /// Opens a segment. One whose directory is damaged is searched from its beginning.
    ///
    /// # Errors
    /// When it cannot be read, or a later Highwater wrote it.
    pub fn open(folder: &Path, name: FileName) -> Result<Self, HistoryError> {
        let path = name.path(folder);
        let failed = |source| HistoryError::failed(&path, source);
        let file = File::open(&path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEADER_BYTES];
        let head_bytes = file.read_at(&mut head, 0).map_err(failed)?;
        check_version(&path, head.get(..head_bytes).unwrap_or_default())?;
        let directory = find_directory(&file, bytes).map_err(failed)?;
        let mut segment = Self {
            file,
            path: path.clone(),
            length: name.length,
            entries: Vec::new(),
            spans: Vec::new(),
            names_at: None,
            bytes,
            damaged: 0,
        };
        match directory {
            Some((spans, names_at, entries)) => {
                (segment.spans, segment.names_at, segment.entries) = (spans, Some(names_at), entries);
            }
            None => segment.search()?,
        }
        Ok(segment)
    }

    /// The boots in it.
    pub fn spans(&self) -> &[BootSpan] {
        &self.spans
    }

    /// How large the file is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much in it is not what was written, as far as it was noticed.
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The rows of a workload, boot by boot.
    pub fn rows(&mut self, workload: &str) -> Result<Vec<(BootClock, Vec<Row>)>, HistoryError> {
        let hash = hash(workload);
        let first = self.entries.partition_point(|entry| entry.hash < hash);
        let entries = self.entries.get(first..).unwrap_or_default();
        let own: Vec<Entry> = entries.iter().take_while(|entry| entry.hash == hash).copied().collect();
        let mut found = Vec::new();
        for entry in own {
            let bytes = self.frame_at(u64::from(entry.offset), entry.bytes as usize)?;
            match frame::first(&bytes).and_then(|frame| read_chunk(frame, self.length)) {
                Some((clock, name, rows)) if name.as_str() == workload => found.push((clock, rows)),
                Some(_) => {}
                None => self.damaged += 1,
            }
        }
        found
            .sort_by_key(|(clock, _)| self.spans.iter().position(|span| span.clock.boot_id == clock.boot_id));
        Ok(found)
    }

    /// Every workload in it.
    pub fn names(&mut self) -> Result<Vec<WorkloadName>, HistoryError> {
        if let Some(at) = self.names_at {
            let failed = |source| HistoryError::failed(&self.path, source);
            let mut bytes = vec![0; usize::try_from(self.bytes.saturating_sub(at)).unwrap_or(0)];
            self.file.read_exact_at(&mut bytes, at).map_err(failed)?;
            if let Some(names) = frame::first(&bytes).and_then(read_names) {
                return Ok(names);
            }
            self.damaged += 1;
        }
        let path = self.path.clone();
        let bytes = fs::read(&path).map_err(|source| HistoryError::failed(&path, source))?;
        let chunks = frame::all(&bytes).0.into_iter().filter_map(|frame| read_chunk(frame, self.length));
        Ok(chunks.map(|(_, name, _)| name).collect())
    }

    fn frame_at(&self, at: u64, bytes: usize) -> Result<Vec<u8>, HistoryError> {
        let mut frame = vec![0; bytes.min(usize::try_from(self.bytes).unwrap_or(0))];
        match self.file.read_exact_at(&mut frame, at) {
            Ok(()) => Ok(frame),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Vec::new()),
            Err(source) => Err(HistoryError::failed(&self.path, source)),
        }
    }

    /// Finds the chunks without the directory.
    fn search(&mut self) -> Result<(), HistoryError> {
        let bytes = fs::read(&self.path).map_err(|source| HistoryError::failed(&self.path, source))?;
        let (frames, _) = frame::all(bytes.get(HEADER_BYTES..).unwrap_or_default());
        self.damaged += 1;
        for frame in frames {
            if let Some((clock, name, rows)) = read_chunk(frame, self.length)
                && let Some(span) = span_of(clock, &rows, self.length)
            {
                add_span(&mut self.spans, span);
                let place =
                    (u32::try_from(HEADER_BYTES + frame.at), u32::try_from(HEAD_BYTES + frame.body.len()));
                if let (Ok(offset), Ok(bytes)) = place {
                    self.entries.push(Entry { hash: hash(name.as_str()), offset, bytes });
                }
            }
        }
        self.entries.sort_by_key(|entry| entry.hash);
        Ok(())
    }
}

fn find_directory(file: &File, bytes: u64) -> io::Result<Option<Directory>> {
    let tail_at = bytes.saturating_sub(TAIL_BYTES);
    let mut tail = vec![0; usize::try_from(bytes - tail_at).unwrap_or(0)];
    file.read_exact_at(&mut tail, tail_at)?;
    let Some(frame_bytes) = tail.last_chunk::<8>().map(|length| u64::from_le_bytes(*length)) else {
        return Ok(None);
    };
    let Some(at) = bytes.checked_sub(frame_bytes) else { return Ok(None) };
    let directory = if at >= tail_at {
        tail.split_off(usize::try_from(at - tail_at).unwrap_or(0))
    } else {
        let mut directory = vec![0; usize::try_from(frame_bytes).unwrap_or(0)];
        file.read_exact_at(&mut directory, at)?;
        directory
    };
    let frame = frame::first(&directory).filter(|frame| frame.kind == Kind::Directory);
    Ok(frame.and_then(|frame| read_directory(frame.body)))
}

fn read_chunk(frame: Frame<'_>, length: StepLength) -> Option<(BootClock, WorkloadName, Vec<Row>)> {
    let plain = if frame.kind == Kind::Chunk { unpacked(frame.body)? } else { return None };
    let mut rest = plain.as_slice();
    let clock = take_clock(&mut rest)?;
    let (name, body) = take_body(&mut rest)?;
    Some((clock, WorkloadName::new(name), read_rows(body, length)?))
}

fn read_names(frame: Frame<'_>) -> Option<Vec<WorkloadName>> {
    let plain = if frame.kind == Kind::Names { unpacked(frame.body)? } else { return None };
    let mut rest = plain.as_slice();
    let mut names = Vec::new();
    while !rest.is_empty() {
        let length = usize::try_from(take_varint(&mut rest)?).ok()?;
        names.push(WorkloadName::new(std::str::from_utf8(take(&mut rest, length)?).ok()?));
    }
    Some(names)
}
