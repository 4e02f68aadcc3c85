//! How long after the kernel's line `highwater oom watch` tells of a kill, against a bare reader of /dev/kmsg.

use super::Row;
use crate::real::oom::shell::Shell;
use crate::real::oom::watch::Watch;
use crate::real::own_cgroup::Tree;
use anyhow::Context;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const KILLS: usize = 200;

/// The kernel prints ten whole reports in five seconds; whole ones are what takes time to read.
const PAUSE: Duration = Duration::from_millis(510);

const TOLD_MAX: Duration = Duration::from_secs(10);
const LIMIT_BYTES: u64 = 8 << 20;
const HOG_MIB: u64 = 24;

/// Median of the delay that the watch adds; the 99th percentile stands beside it.
pub fn delay(highwater: &Path) -> anyhow::Result<Row> {
    let tree = Tree::plant()?;
    let group = tree.group("killed")?;
    group.limit(LIMIT_BYTES, 0)?;
    let watch = Watch::start_at(highwater, &[])?;
    let bare = bare_reader()?;
    let mut added = Vec::new();
    let mut of_bare = Vec::new();
    for _ in 0..KILLS {
        let begin = Instant::now();
        let mut hog = Shell::holding(&group, HOG_MIB)?;
        hog.wait()?;
        let read = read_at(&bare, hog.pid())?;
        let told = told_at(&watch, hog.pid())?;
        added.push(told.saturating_duration_since(read));
        of_bare.push(read.saturating_duration_since(begin));
        std::thread::sleep(PAUSE.saturating_sub(begin.elapsed()));
    }
    let ours = milliseconds(at_share(&mut added, 50)?);
    let slowest = milliseconds(at_share(&mut added, 99)?);
    eprintln!(
        "kill to incident: {ours:.2} ms median, {slowest:.2} ms p99 after the bare reader; \
         start of the hog to the bare reader's line {:.2} ms median",
        milliseconds(at_share(&mut of_bare, 50)?)
    );
    Ok(Row {
        what: format!("kill to incident, added to a bare `/dev/kmsg` reader, median of {KILLS} kills"),
        ours: format!("{ours:.1} ms (p99 {slowest:.1} ms)"),
        theirs: "5 ms promised".to_owned(),
        ratio: format!("{:.2}", ours / 5.0),
    })
}

/// A thread that does nothing but read the log: the process of each kill, and when its line was read.
fn bare_reader() -> anyhow::Result<Receiver<(u32, Instant)>> {
    let mut log = File::open("/dev/kmsg").context("/dev/kmsg")?;
    log.seek(SeekFrom::End(0)).context("/dev/kmsg")?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut record = [0; 8192];
        // A record that was overwritten is an error that the next read does not have.
        loop {
            let Ok(length) = log.read(&mut record) else { continue };
            let at = Instant::now();
            let text = String::from_utf8_lossy(record.get(..length).unwrap_or_default());
            let process = text.split_once("Killed process ").and_then(|(_, rest)| rest.split(' ').next());
            if let Some(pid) = process.and_then(|pid| pid.parse().ok())
                && sender.send((pid, at)).is_err()
            {
                break;
            }
        }
    });
    Ok(receiver)
}

fn read_at(bare: &Receiver<(u32, Instant)>, pid: u32) -> anyhow::Result<Instant> {
    loop {
        let (found, at) = bare.recv_timeout(TOLD_MAX).context("the kernel printed no line of a kill")?;
        if found == pid {
            return Ok(at);
        }
    }
}

fn told_at(watch: &Watch, pid: u32) -> anyhow::Result<Instant> {
    loop {
        let line = watch.next(TOLD_MAX).context("highwater oom watch told nothing of a kill")?;
        let victims = line.incident["victims"].as_array();
        if victims.is_some_and(|victims| victims.iter().any(|victim| victim["pid"] == pid)) {
            return Ok(line.at);
        }
    }
}

/// The value that so many per cent do not exceed.
fn at_share(times: &mut [Duration], per_cent: usize) -> anyhow::Result<Duration> {
    times.sort_unstable();
    let index = (times.len() * per_cent).div_ceil(100).saturating_sub(1);
    times.get(index).copied().context("nothing was measured")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::at_share;
    use std::time::Duration;

    #[test]
    fn a_percentile_is_a_measured_value() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(at_share(&mut times, 50).unwrap(), Duration::from_millis(100));
        assert_eq!(at_share(&mut times, 99).unwrap(), Duration::from_millis(198));
        assert!(at_share(&mut [], 50).is_err());
    }
}
