//! User data of several parts (RFC 2046, section 5.1), as cloud-init and nodeadm read it.

/// A part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its whole type, as `text/x-shellscript; charset="us-ascii"`.
    pub content_type: &'a str,
    /// Its text, ending with a line feed.
    pub text: &'a str,
}

/// The archive: parts as they are, without any encoding, and a boundary that no part contains.
#[must_use]
pub fn archive(parts: &[Part<'_>]) -> String {
    let boundary = boundary(parts);
    let mut text = format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n\n");
    for part in parts {
        text.push_str(&format!("--{boundary}\nContent-Type: {}\n\n{}\n", part.content_type, part.text));
    }
    text.push_str(&format!("--{boundary}--\n"));
    text
}

fn boundary(parts: &[Part<'_>]) -> String {
    let mut boundary = "HIGHWATER".to_owned();
    while parts.iter().any(|part| part.text.contains(&boundary)) {
        boundary.push('X');
    }
    boundary
}

#[cfg(test)]
mod tests {
    use super::{Part, archive};

    #[test]
    fn no_part_can_end_the_archive() {
        let text = "--HIGHWATER--\nHIGHWATERX\n";
        let archive = archive(&[Part { content_type: "text/x-shellscript", text }]);
        assert!(
            archive.contains("boundary=\"HIGHWATERXX\"") && archive.ends_with("\n--HIGHWATERXX--\n"),
            "{archive}"
        );
        assert!(archive.contains(text));
    }
}
