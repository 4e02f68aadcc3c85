//! The file `/proc/PID/mountinfo`: what is mounted where.

use crate::decimal::parse_u32;
use crate::escape::decode_octal;
use crate::parse_error::ParseError;

/// One mount (the kernel's filesystems/proc.rst, section 3.5). Escapes are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountEntry {
    /// Number of the mount.
    pub id: u32,
    /// Number of the mount it stands on; itself or one not listed for the topmost.
    pub parent: u32,
    /// Major device number.
    pub major: u32,
    /// Minor device number.
    pub minor: u32,
    /// The directory of the file system that is seen at the mount point.
    pub root: String,
    /// Where, seen from the process's root directory.
    pub mount_point: String,
    /// Options of this mount, comma-separated.
    pub options: String,
    /// `shared:1`, `master:2`, `propagate_from:3`, `unbindable`.
    pub optional_fields: Vec<String>,
    /// Type: `cgroup2`, `ext4`, `tmpfs`.
    pub fs_type: String,
    /// Device or any word.
    pub source: String,
    /// Options of the file system, comma-separated; for cgroup v1 the controllers are among them.
    pub super_options: String,
}

/// Parses `/proc/PID/mountinfo`. Empty text is an empty list: a process outside all mounts it can reach sees that.
///
/// # Errors
/// When a line lacks a field.
pub fn parse(text: &str) -> Result<Vec<MountEntry>, ParseError> {
    text.split_terminator('\n')
        .map(|line| parse_line(line).ok_or_else(|| ParseError::new("a mountinfo line", line)))
        .collect()
}

fn parse_line(line: &str) -> Option<MountEntry> {
    let mut words = line.split(' ');
    let id = parse_u32(words.next()?)?;
    let parent = parse_u32(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let root = decode_octal(words.next()?).into_owned();
    let mount_point = decode_octal(words.next()?).into_owned();
    let options = words.next()?.to_owned();
    let mut optional_fields = Vec::new();
    loop {
        match words.next()? {
            "-" => break,
            field => optional_fields.push(field.to_owned()),
        }
    }
    Some(MountEntry {
        id,
        parent,
        major: parse_u32(major)?,
        minor: parse_u32(minor)?,
        root,
        mount_point,
        options,
        optional_fields,
        fs_type: decode_octal(words.next()?).into_owned(),
        source: decode_octal(words.next()?).into_owned(),
        // Some file systems print a space inside their options unescaped, so the rest of the line belongs to them.
        super_options: decode_octal(&words.collect::<Vec<_>>().join(" ")).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn optional_fields_may_be_none_or_many() {
        let text = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n\
                    22 27 0:21 / /proc rw,relatime - proc proc rw\n";
        let entries = parse(text).unwrap();
        assert_eq!(entries[0].optional_fields, ["master:1", "shared:7"]);
        assert_eq!((entries[0].root.as_str(), entries[0].mount_point.as_str()), ("/mnt1", "/mnt2"));
        assert_eq!((entries[0].major, entries[0].minor), (98, 0));
        assert!(entries[1].optional_fields.is_empty());
        assert_eq!(entries[1].super_options, "rw");
    }

    #[test]
    fn escapes_are_decoded() {
        let entries = parse("1 0 0:1 /a\\040b /mnt/c\\011d rw - tmpfs my\\040source rw,x=\\134\n").unwrap();
        assert_eq!((entries[0].root.as_str(), entries[0].mount_point.as_str()), ("/a b", "/mnt/c\td"));
        assert_eq!((entries[0].source.as_str(), entries[0].super_options.as_str()), ("my source", "rw,x=\\"));
    }

    #[test]
    fn no_mounts_are_an_empty_list_and_short_lines_an_error() {
        assert_eq!(parse(""), Ok(Vec::new()));
        for text in [
            "\n",
            "garbage\n",
            "1 0 0:1 / / rw\n",
            "1 0 0:1 / / rw -\n",
            "1 0 01 / / rw - a b c\n",
            "-1 0 0:1 / / rw - a b c\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
