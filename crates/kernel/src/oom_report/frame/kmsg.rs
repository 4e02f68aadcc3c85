//! Records of `/dev/kmsg`: `PRI,SEQ,USEC,FLAGS[,caller=T1];text` (Documentation/ABI/testing/dev-kmsg in the kernel).

use crate::decimal::parse_u64;
use crate::oom_report::frame::Frame;
use crate::oom_report::frame::stamp::Clock;
use crate::oom_report::report::Timestamp;
use std::borrow::Cow;

/// Takes the head off a record; `false` when the line is none.
pub(crate) fn read(frame: &mut Frame<'_>) -> bool {
    let Some((head, text)) = frame.text.split_once(';') else { return false };
    let mut fields = head.split(',');
    let mut number = || fields.next().and_then(parse_u64);
    let (Some(_), Some(sequence), Some(micros)) = (number(), number(), number()) else { return false };
    let Some(flags) = fields.next().filter(|flags| matches!(*flags, "-" | "c" | "C" | "+")) else {
        return false;
    };
    frame.caller = fields.find_map(|field| field.strip_prefix("caller="));
    frame.sequence = Some(sequence);
    frame.timestamp = Some(Timestamp::Uptime(micros));
    frame.clock = Some(Clock::Uptime(micros));
    frame.uptime = Some(micros);
    frame.is_fragment = flags == "+";
    frame.is_framed = true;
    frame.text = text.trim();
    true
}

/// Whether a record begins here.
pub(crate) fn is_record(text: &str) -> bool {
    read(&mut Frame { text, ..Frame::default() })
}

/// Whether a line is a property of a record: ` SUBSYSTEM=pci` of `/dev/kmsg`, `PRIORITY=4` of `journalctl -o export`.
pub(crate) fn is_property(line: &str) -> bool {
    let Some((key, _)) = line.strip_prefix(' ').unwrap_or(line).split_once('=') else { return false };
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_key && key != "MESSAGE"
}

/// Decodes `\x0a` and its like, which `/dev/kmsg` writes for what is not printable and for the backslash itself.
pub(crate) fn decode_record(text: &str) -> Cow<'_, str> {
    decode(text, b'\\', hex)
}

/// Decodes `#012` and its like, which rsyslog writes for control characters.
pub(crate) fn decode_syslog(text: &str) -> Cow<'_, str> {
    decode(text, b'#', octal)
}

/// Drops the colours of `dmesg --color`.
pub(crate) fn without_colours(text: &str) -> Cow<'_, str> {
    if memchr::memchr(0x1b, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let body = part
            .strip_prefix('[')
            .map(|body| body.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';'));
        plain.push_str(body.map_or(part, |body| body.get(1..).unwrap_or_default()));
    }
    Cow::Owned(plain)
}

fn decode(text: &str, mark: u8, byte_of: fn(&[u8]) -> Option<u8>) -> Cow<'_, str> {
    if memchr::memchr(mark, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = bytes.get(at + 1..at + 4).filter(|_| byte == mark).and_then(byte_of);
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 4 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

fn hex(escape: &[u8]) -> Option<u8> {
    let [b'x', high, low] = escape else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn octal(escape: &[u8]) -> Option<u8> {
    let [b'0', high @ b'0'..=b'3', low @ b'0'..=b'7'] = escape else { return None };
    Some((high - b'0') * 8 + (low - b'0'))
}

#[cfg(test)]
mod tests {
    use super::{decode_record, decode_syslog, without_colours};

    #[test]
    fn new_lines_come_back() {
        assert_eq!(decode_record("anon 1\\x0afile \\x5cx2d"), "anon 1\nfile \\x2d");
        assert_eq!(decode_syslog("isolated_anon:0#012 active_file:1"), "isolated_anon:0\n active_file:1");
        assert_eq!(without_colours("\u{1b}[32m[ 1.000000]\u{1b}[0;1m a\u{1b}"), "[ 1.000000] a");
        assert_eq!(without_colours("\u{1b}[é"), "");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in ["#1 SMP", "#72-Ubuntu", "#", "#099", "\\x2d"] {
            assert_eq!(decode_syslog(text), text);
        }
        assert_eq!(decode_record("a\\"), "a\\");
    }
}
