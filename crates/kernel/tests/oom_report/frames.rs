//! What programs put around the lines of a report: one function per framing, from records to a log.

/// A framing by its name.
pub type Framing = (&'static str, fn(&[String]) -> Vec<u8>);

/// All framings.
pub const FRAMINGS: [Framing; 35] = [
    ("no frame", |records| lines(records, |_, line| line.to_owned())),
    ("/dev/kmsg", kmsg),
    ("/dev/kmsg with callers", |records| {
        self::records(records, |at, text| {
            format!(
                "6,{},{},-,caller=T28645;{}\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0\n",
                464 + at,
                2_658_287_103 + at,
                escaped(text)
            )
        })
    }),
    ("/proc/kmsg", |records| {
        lines(records, |at, line| format!("<{}>[ 8523.{:06}] {line}", at % 7, 347_168 + at))
    }),
    ("dmesg", |records| {
        self::records(records, |at, text| indented(&format!("[ 8523.{:06}] ", 347_168 + at), text))
    }),
    ("dmesg with callers", |records| {
        lines(records, |at, line| format!("[ 8523.{:06}][ T9185] {line}", 347_168 + at))
    }),
    ("dmesg -T", |records| lines(records, |_, line| format!("[Tue Mar 11 10:16:36 2025] {line}"))),
    ("dmesg -T in German", |records| lines(records, |_, line| format!("[Di Aug 12 10:16:36 2025] {line}"))),
    ("dmesg -T in French", |records| {
        lines(records, |_, line| format!("[dim. 19 avril 10:16:36 2020] {line}"))
    }),
    ("dmesg -T in Chinese", |records| lines(records, |_, line| format!("[四 3月 18 10:16:36 2021] {line}"))),
    ("dmesg -x", |records| {
        lines(records, |at, line| format!("kern  :warn  : [ 8523.{:06}] {line}", 347_168 + at))
    }),
    ("dmesg -d", |records| {
        lines(records, |at, line| format!("[ 8523.{:06} <    0.000004>] {line}", 347_168 + at))
    }),
    ("dmesg -H", |records| {
        lines(records, |at, line| {
            if at == 0 { format!("[Mar11 10:16] {line}") } else { format!("[  +0.000004] {line}") }
        })
    }),
    ("dmesg --time-format iso", |records| {
        lines(records, |at, line| format!("2025-01-21T08:41:30,{:06}+00:00 {line}", 287_197 + at))
    }),
    ("dmesg --color", |records| {
        lines(records, |at, line| format!("\x1b[32m[ 8523.{:06}] \x1b[0m\x1b[33m{line}\x1b[0m", 347_168 + at))
    }),
    ("syslog", |records| lines(records, |_, line| format!("Oct 12 19:00:20 aks-node-1 kernel: {line}"))),
    ("syslog with uptime", |records| {
        lines(records, |at, line| {
            format!("jun  2 19:00:20 aks-node-1 kernel: [ 8523.{:06}] {line}", 347_168 + at)
        })
    }),
    ("syslog without a host", |records| lines(records, |_, line| format!("Feb 03 19:57:08  kernel: {line}"))),
    ("syslog with #012", |records| {
        self::records(records, |_, text| {
            format!("Oct 12 19:00:20 node kernel: {}\n", text.replace('\n', "#012"))
        })
    }),
    ("busybox syslogd", |records| {
        lines(records, |_, line| format!("Oct 12 19:00:20 node kern.warn kernel: [ 8523.347168] {line}"))
    }),
    ("RFC 3339", |records| {
        lines(records, |at, line| {
            format!("2026-09-02T09:08:50.{:06}+00:00 Server1 kernel: {line}", 880_492 + at)
        })
    }),
    ("RFC 5424", |records| {
        lines(records, |_, line| format!("<4>1 2026-09-02T09:08:50.880492Z Server1 kernel - - - {line}"))
    }),
    ("journalctl", |records| {
        self::records(records, |_, text| indented("Oct 12 19:00:20 aks-node-1 kernel: ", text))
    }),
    ("journalctl -o short-unix", |records| {
        lines(records, |at, line| format!("1787068905.{:06} precision kernel: {line}", 416_344 + at))
    }),
    ("journalctl -o short-monotonic", |records| {
        lines(records, |at, line| format!("[ 8523.{:06}] node-1 kernel: {line}", 347_168 + at))
    }),
    ("journalctl -o json", |records| {
        self::records(records, |at, text| {
            let message = text.replace('"', "\\\"").replace('\n', "\\n");
            format!(
                "{{\"__REALTIME_TIMESTAMP\":\"{}\",\"_HOSTNAME\":\"n1\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"MESSAGE\":\"{message}\"}}\n",
                17_870_000 + at
            )
        })
    }),
    ("journalctl -o json, bytes", |records| {
        self::records(records, |_, text| {
            let bytes: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
            format!("{{\"_TRANSPORT\":\"kernel\",\"MESSAGE\":[{}],\"PRIORITY\":\"4\"}}\n", bytes.join(","))
        })
    }),
    ("a container's JSON log", |records| {
        lines(records, |at, line| {
            format!(
                "{{\"log\":\"[ 8523.{:06}] {line}\\n\",\"stream\":\"stdout\",\"time\":\"2025-01-21T08:41:30Z\"}}",
                347_168 + at
            )
        })
    }),
    ("a container's CRI log", |records| {
        lines(records, |at, line| {
            format!("2025-01-21T08:41:30.5Z stderr F [ 8523.{:06}] {line}", 347_168 + at)
        })
    }),
    ("a dashboard", |records| {
        lines(records, |_, line| format!("Oct 12, 2023 @ 19:00:20.000 node-1 kernel: {line}"))
    }),
    ("a time alone", |records| lines(records, |_, line| format!("[10:16:36] {line}"))),
    ("journalctl -o export", |records| {
        lines(records, |_, line| format!("PRIORITY=4\nMESSAGE={line}\n_HOSTNAME=a\n"))
    }),
    ("quoted twice", |records| lines(records, |at, line| format!("> >[ 8523.{:06}] {line}", 347_168 + at))),
    ("CRLF, NUL and grep -n", |records| {
        let mut log = vec![0, 0, 0];
        log.extend(lines(records, |at, line| {
            format!("{at}:Oct 12 19:00:20 n kernel: [ 8523.347168] {line}\0\r")
        }));
        log
    }),
    ("joined into one line", |records| {
        let mut log = lines(records, |at, line| format!("[ 8523.{:06}] {line}", 347_168 + at));
        log.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        log
    }),
];

/// Each record with its number.
fn records(records: &[String], frame: impl Fn(usize, &str) -> String) -> Vec<u8> {
    records.iter().enumerate().flat_map(|(at, text)| frame(at, text).into_bytes()).collect()
}

/// Each line with the number of its record.
fn lines(records: &[String], frame: impl Fn(usize, &str) -> String) -> Vec<u8> {
    self::records(records, |at, text| text.lines().map(|line| frame(at, line) + "\n").collect())
}

fn kmsg(records: &[String]) -> Vec<u8> {
    self::records(records, |at, text| format!("6,{},{},-;{}\n", 464 + at, 2_658_287_103 + at, escaped(text)))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\x5c").replace('\n', "\\x0a")
}

/// The inner lines of a record stand below its first.
fn indented(head: &str, text: &str) -> String {
    let blanks = " ".repeat(head.len());
    text.lines()
        .enumerate()
        .map(|(at, line)| format!("{}{line}\n", if at == 0 { head } else { &blanks }))
        .collect()
}
