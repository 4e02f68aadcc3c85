//! One JSON object on a line: `journalctl -o json`, and the wrappers that Docker and Kubernetes put around a container's output.

use crate::decimal::parse_u64;

/// Keys beyond these are not looked at.
const KEYS_MAX: usize = 128;

/// Objects within objects that are looked into.
const DEPTH_MAX: usize = 2;

/// What an object says that this parser needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) message: String,
    pub(crate) host: Option<String>,
    /// Microseconds since 1970.
    pub(crate) realtime: Option<u64>,
    /// Microseconds since the start.
    pub(crate) boot: Option<u64>,
    /// A program's name, unless it is the kernel that speaks.
    pub(crate) program: Option<String>,
}

/// Reads the object on a line; `None` when it is none, or has no message.
pub(crate) fn read(line: &str) -> Option<Wrapped> {
    object(line, DEPTH_MAX)
}

/// A search engine or a cloud wraps the object once more: `"_source":{…}`, `"jsonPayload":{…}`.
fn object(text: &str, depth: usize) -> Option<Wrapped> {
    let mut rest = text.trim().strip_prefix('{')?;
    let mut wrapped = Wrapped::default();
    let (mut message, mut nested) = (None, None);
    for _ in 0..KEYS_MAX {
        let (key, after) = string(rest.trim_start_matches([' ', ',']))?;
        let text = after.trim_start().strip_prefix(':')?.trim_start();
        let depth = depth.checked_sub(1).filter(|_| nested.is_none() && text.starts_with('{'));
        nested = depth.and_then(|depth| object(text, depth)).or(nested);
        let (value, after) = value(text)?;
        match key.as_str() {
            "MESSAGE" | "log" | "message" | "msg" => message = message.or(Some(value)),
            "_HOSTNAME" => wrapped.host = Some(value),
            "__REALTIME_TIMESTAMP" => wrapped.realtime = parse_u64(&value),
            "_SOURCE_BOOTTIME_TIMESTAMP" | "_SOURCE_MONOTONIC_TIMESTAMP" => wrapped.boot = parse_u64(&value),
            "SYSLOG_IDENTIFIER" => wrapped.program = Some(value).filter(|name| name != "kernel"),
            _ => {}
        }
        rest = after.trim_start();
        if rest.starts_with('}') || rest.is_empty() {
            break;
        }
    }
    // Labels may hold a message as well: what stands outside is meant.
    match message {
        Some(message) => Some(Wrapped { message, ..wrapped }),
        None => nested,
    }
}

/// A string and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut decoded = String::new();
    let mut rest = inner;
    loop {
        let at = rest.find(['"', '\\'])?;
        decoded.push_str(rest.get(..at)?);
        if rest.as_bytes().get(at) == Some(&b'"') {
            return Some((decoded, rest.get(at + 1..)?));
        }
        let escape = rest.get(at + 1..)?.chars().next()?;
        rest = rest.get(at + 1 + escape.len_utf8()..)?;
        match escape {
            'n' => decoded.push('\n'),
            't' => decoded.push('\t'),
            'u' => {
                let code = rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                decoded.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                rest = rest.get(4..).unwrap_or_default();
            }
            'r' | 'b' | 'f' => {}
            other => decoded.push(other),
        }
    }
}

/// A value as text: strings decoded, arrays of bytes joined, anything else as it stands.
fn value(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return string(text);
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (items, rest) = inner.split_once(']')?;
        let bytes: Vec<u8> = items.split(',').filter_map(|item| item.trim().parse().ok()).collect();
        return Some((String::from_utf8_lossy(&bytes).into_owned(), rest));
    }
    if text.starts_with('{') {
        return Some((String::new(), text.get(object_end(text)?..)?));
    }
    let end = text.find([',', '}'])?;
    Some((text.get(..end)?.trim().to_owned(), text.get(end..)?))
}

/// The length of an object within an object.
fn object_end(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_message_within_another_object_is_found() {
        let text = r#"{"insertId":"7","jsonPayload":{"_HOSTNAME":"n1","MESSAGE":"a"},"labels":{"log":"b"}}"#;
        let wrapped = read(text).unwrap();
        assert_eq!((wrapped.message.as_str(), wrapped.host.as_deref()), ("a", Some("n1")));
        let outer = read(r#"{"kubernetes":{"message":"label"},"log":"said"}"#);
        assert_eq!(outer.map(|wrapped| wrapped.message).as_deref(), Some("said"));
        assert!(read(r#"{"a":{"b":{"c":{"MESSAGE":"deep"}}}}"#).is_none());
    }

    #[test]
    fn a_message_is_text_or_bytes() {
        let text = r#"{"_HOSTNAME":"n1","__REALTIME_TIMESTAMP":"17","MESSAGE":"anon 1\nfile \u0032","PRIORITY":"6"}"#;
        let wrapped = read(text).unwrap();
        assert_eq!(
            (wrapped.message.as_str(), wrapped.host.as_deref(), wrapped.realtime),
            ("anon 1\nfile 2", Some("n1"), Some(17))
        );
        let bytes = r#"{"MESSAGE":[97,98,10],"SYSLOG_IDENTIFIER":"kernel"}"#;
        assert_eq!(read(bytes).unwrap().message, "ab\n");
        let docker = r#"{"log":"[1.5] a \"b\"\n","stream":"stdout","attrs":{"a":"}","b":{}},"time":"2025"}"#;
        assert_eq!(read(docker).unwrap().message, "[1.5] a \"b\"\n");
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for text in [
            "",
            "{",
            "{}",
            "{\"a\":1",
            "{\"MESSAGE\":",
            "{\"MESSAGE\":\"a",
            "{\"a\":{\"b\":1}}",
            "[1]",
            "{\"MESSAGE\":\"\\u12",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
