//! The history of every workload below one folder: one second for an hour, ten seconds for a day, one minute for two weeks.
//!
//! ```text
//! append ─► 1s-N.log ─seal─► 1s-N.segment ─downsample─► 10s-M.segment ─downsample─► 1m-K.segment
//!           every 10 s        every 5 min                every hour                  every 12 hours
//! ```
//!
//! A file is appended to or made whole beside its name and renamed; none is ever changed. Each consists of frames with a magic
//! number and a checksum (`frame.rs`), so a damaged frame loses itself: the reader looks for the next one. Coarser steps are
//! made from the finer files and from nothing else, so a crash leaves nothing behind that a restart would have to mend.
//! What is on disk after `kill -9` is all but the last ten seconds.
//!
//! Times are seconds since boot, which never go back; each frame tells how far the wall clock was from them (`timeline.rs`).

mod chunk;
mod column;
pub mod error;
mod folder;
mod frame;

mod log;
mod pending;
mod prune;
pub mod reader;
mod rewrite;
mod segment;
mod source;
mod timeline;
pub mod writer;
