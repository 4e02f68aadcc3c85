//! What reading OOM reports out of a large log costs, against `grep -F oom` over the same file. Prints the ratio.
//!
//! The log has 1 GiB of lines about other things and a recorded report in every fourth MiB. All read it from the page cache,
//! the parser in pieces of 64 KiB as a program does that follows a log. With `HIGHWATER` set to the program, it is measured too.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a benchmark makes and reads a file")]

use kernel::oom_report::reader::{OomEvent, OomReader};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// In bytes: the log, and the part of it by which the memory for all of it is judged.
const LOG: usize = 1 << 30;
const PART: u64 = 256 << 20;
/// No page more than this for four times the log.
const GROWTH_KIB_MAX: u64 = 1024;
const ROUNDS: usize = 5;

/// What other programs and the kernel write all day; some of it has a word that reports have too.
const LINES: [&str; 12] = [
    "Oct 12 19:00:20 node-1 kernel: [ 8523.347168] docker0: port 2(veth380a1cd) entered disabled state",
    "Oct 12 19:00:20 node-1 systemd[1]: Started session-4711.scope - Session 4711 of User root.",
    "Oct 12 19:00:21 node-1 containerd[2388]: time=\"2026-10-12T19:00:21.112Z\" level=info msg=\"StopPodSandbox for \\\"f3a9\\\"\"",
    "Oct 12 19:00:21 node-1 kubelet[988]: I1012 19:00:21.001 988 kubelet.go:2421] \"SyncLoop (PLEG): event for pod\" pod=\"a/b\"",
    "Oct 12 19:00:22 node-1 sshd[4242]: Accepted publickey for root from 10.0.0.7 port 50022 ssh2: ED25519 SHA256:abcdefgh",
    "Oct 12 19:00:22 node-1 app[77]: GET /rooms/17/zoom?level=3 200 12ms bytes=5120 user_agent=\"Mozilla/5.0 (X11; Linux)\"",
    "Oct 12 19:00:23 node-1 kernel: [ 8526.100001] audit: type=1400 audit(1700000000.123:45): apparmor=\"ALLOWED\" operation=\"open\"",
    "Oct 12 19:00:23 node-1 dockerd[1200]: level=info msg=\"ignoring event\" container=5b4692b00f00 module=libcontainerd",
    "Oct 12 19:00:24 node-1 postfix/smtpd[31337]: connect from mail.example.org[192.0.2.1]",
    "Oct 12 19:00:24 node-1 kernel: [ 8527.000002] EXT4-fs (sda1): re-mounted. Quota mode: none.",
    "Oct 12 19:00:25 node-1 app[77]: started process 4711 with memory: 512 MiB, swap: none",
    "Oct 12 19:00:25 node-1 cron[5]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.hourly)",
];

fn main() {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oom_report.log");
    let planted = write_log(&log);
    let mut grep = Command::new("grep");
    grep.args(["-F", "oom"]).arg(&log).env("LC_ALL", "C");
    let highwater = std::env::var_os("HIGHWATER").map(|program| {
        let mut command = Command::new(program);
        command.args(["oom", "parse"]).arg(&log);
        command
    });
    let before = peak_kib();
    assert!(reports_in(&log, PART) > 0);
    let of_part = peak_kib();
    assert_eq!(reports_in(&log, u64::MAX), planted, "reports found and reports planted");
    let of_all = peak_kib();
    // In turn, so that what else the machine does is shared by all.
    let mut times = [const { Vec::new() }; 3];
    let mut commands = [Some(grep), highwater];
    for _ in 0..ROUNDS {
        times[0].push(time(|| assert_eq!(reports_in(&log, u64::MAX), planted)));
        for (times, command) in times[1..].iter_mut().zip(&mut commands) {
            times.extend(command.as_mut().map(|command| time(|| read_all_of(command))));
        }
    }
    fs::remove_file(&log).unwrap();
    let [ours, grep, program] = times.map(median);
    let (ours, grep) = (ours.unwrap(), grep.unwrap());
    let against = |what: &str, time: Duration| {
        let ratio = time.as_secs_f64() / grep.as_secs_f64();
        println!(
            "{what}: {:.0} ms against {:.0} ms of `grep -F oom`: ratio {ratio:.2}",
            millis(time),
            millis(grep)
        );
    };
    against(&format!("OOM parser, 1 GiB of log with {planted} reports, median of {ROUNDS}"), ours);
    if let Some(program) = program {
        against(&format!("`highwater oom parse`, the same 1 GiB, median of {ROUNDS}"), program);
    }
    let (part, all) = (of_part - before, of_all - before);
    let ratio = all as f64 / part as f64;
    println!(
        "memory that the OOM parser adds for 1 GiB, at its peak: {all} KiB against {part} KiB for 256 MiB: ratio {ratio:.2}"
    );
    assert!(of_all - of_part <= GROWTH_KIB_MAX, "the memory grows with the log");
}

/// Runs a program, reads what it prints and lets it fall.
fn read_all_of(command: &mut Command) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a program");
    std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// The most memory that this process had so far.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Writes the log and says how many reports are in it.
fn write_log(path: &Path) -> usize {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/oom/debian12-6.1-v2/dmesg.log");
    let report = fs::read(&data).unwrap();
    let in_report = kernel::oom_report::parse_all(&report).reports.len();
    let mut out = BufWriter::new(File::create(path).unwrap());
    let (mut written, mut planted, mut line) = (0, 0, 0);
    while written < LOG {
        if written >> 22 > planted {
            out.write_all(&report).unwrap();
            planted += 1;
        }
        let text = LINES[(line * 7 + line / 12) % LINES.len()];
        writeln!(out, "{text}").unwrap();
        written += text.len() + 1;
        line += 1;
    }
    out.flush().unwrap();
    planted * in_report
}

fn reports_in(path: &Path, bytes_max: u64) -> usize {
    let mut file = File::open(path).unwrap().take(bytes_max);
    let mut block = vec![0; 1 << 16];
    let mut reader = OomReader::new();
    let mut found = 0;
    let mut count = |event| found += usize::from(matches!(event, OomEvent::Report(_)));
    loop {
        let length = file.read(&mut block).unwrap();
        if length == 0 {
            break;
        }
        reader.push(&block[..length], &mut count);
    }
    reader.finish(&mut count);
    found
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
