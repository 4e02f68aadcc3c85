//! What reading OOM reports out of a large log costs, against `grep -F oom` over the same file. Prints the ratio.
//!
//! The log has 256 MiB of lines about other things and a recorded report in every fourth MiB. Both read it from the page cache,
//! the parser in pieces of 64 KiB as a program does that follows a log.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a benchmark makes and reads a file")]

use kernel::oom_report::reader::{OomEvent, OomReader};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MIB: usize = 256;
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
    let grep = fastest(|| {
        let mut command = Command::new("grep");
        command.args(["-F", "oom"]).arg(&log).env("LC_ALL", "C").stdout(Stdio::piped());
        let mut child = command.spawn().expect("grep");
        std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
        assert!(child.wait().unwrap().success());
    });
    let mut found = 0;
    let ours = fastest(|| found = reports_in(&log));
    fs::remove_file(&log).unwrap();
    assert_eq!(found, planted, "reports found and reports planted");
    println!(
        "{MIB} MiB, {found} reports: parser {ours:?} against grep -F oom {grep:?}: ratio {:.2}",
        ours.as_secs_f64() / grep.as_secs_f64()
    );
}

/// Writes the log and says how many reports are in it.
fn write_log(path: &Path) -> usize {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/oom/debian12-6.1-v2/dmesg.log");
    let report = fs::read(&data).unwrap();
    let in_report = kernel::oom_report::parse_all(&report).reports.len();
    let mut out = BufWriter::new(File::create(path).unwrap());
    let (mut written, mut planted, mut line) = (0, 0, 0);
    while written < MIB << 20 {
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

fn reports_in(path: &Path) -> usize {
    let mut file = File::open(path).unwrap();
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

fn fastest(mut run: impl FnMut()) -> Duration {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut run)).min().unwrap_or_default()
}
