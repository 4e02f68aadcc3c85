//! Whether a line of `/etc/fstab` means a device as a file system, also one that is not mounted just now.
//!
//! fstab(5) and mount(8): a device is named by its path, or by a tag that udev turns into a link below `/dev/disk`.

use super::PATH;
use crate::node::look::Look;
use model::node::BlockDevice;
use model::path_found::PathFound;
use model::reading::Reading;

/// Tags and the folders in which udev keeps their links (udev's 60-persistent-storage.rules).
const TAGS: [(&str, &str); 5] = [
    ("UUID", "/dev/disk/by-uuid"),
    ("LABEL", "/dev/disk/by-label"),
    ("PARTUUID", "/dev/disk/by-partuuid"),
    ("PARTLABEL", "/dev/disk/by-partlabel"),
    ("ID", "/dev/disk/by-id"),
];

/// These names stand in the file system itself: one that is not there any more has none, whoever keeps the links.
const NAMED_BY_CONTENT: [&str; 2] = ["/dev/disk/by-uuid", "/dev/disk/by-label"];

/// Links in a row; more are a circle.
const HOPS_MAX: usize = 8;

/// A line that means a device as a file system, or may mean it.
pub struct Line {
    /// Its number, from one.
    pub number: usize,
    /// Its text.
    pub text: String,
    /// Where it mounts.
    pub mount_point: String,
    /// Whether it is this device.
    pub means: Means,
}

/// Whether a line means a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// It does.
    This,
    /// Nobody can tell, and why.
    Unknown(String),
}

/// The first line that means this device, else the first of which that cannot be told.
pub fn line_of(look: &Look<'_>, found: &BlockDevice) -> Option<Line> {
    let Reading::Value(text) = look.text(PATH) else { return None };
    let mut lines: Vec<Line> = text
        .lines()
        .enumerate()
        .filter_map(|(index, text)| {
            let [what, mount_point, kind] = fields(text)?;
            if kind == "swap" {
                return None;
            }
            let means = means(look, &what, &mount_point, found)?;
            Some(Line { number: index + 1, text: text.trim().to_owned(), mount_point, means })
        })
        .collect();
    lines.sort_by_key(|line| line.means != Means::This);
    lines.into_iter().next()
}

/// The first three fields, as they are meant; nothing for a comment.
fn fields(line: &str) -> Option<[String; 3]> {
    let mut fields = line.split_whitespace();
    let first = fields.next().filter(|what| !what.starts_with('#'))?;
    Some([decoded(first), decoded(fields.next()?), decoded(fields.next()?)])
}

fn means(look: &Look<'_>, what: &str, mount_point: &str, found: &BlockDevice) -> Option<Means> {
    let path = match tag(what) {
        Some((name, value, folder)) => {
            if told_by_kernel(look, name, found).is_some_and(|own| own.eq_ignore_ascii_case(value)) {
                return Some(Means::This);
            }
            link_of(look, folder, value)
        }
        None if what.starts_with("/dev/") => what.to_owned(),
        None => return None,
    };
    if device_name(look, &path) == found.name
        || found.mapper_name.value().is_some_and(|name| path == format!("/dev/mapper/{name}"))
    {
        return Some(Means::This);
    }
    let (folder, _) = path.rsplit_once('/')?;
    let is_blind = folder.starts_with("/dev/disk/")
        && !NAMED_BY_CONTENT.contains(&folder)
        && matches!(look.path(folder), Reading::Absent | Reading::Failed(_))
        && tag(what).is_none_or(|(name, _, _)| told_by_kernel(look, name, found).is_none())
        // What is mounted there is what the line means, and it is not this device.
        && !look.mounted_at(mount_point);
    is_blind.then(|| Means::Unknown(format!("{folder} is not there")))
}

/// The tag of a device, its value and its folder: `UUID="0a3c"`.
fn tag(what: &str) -> Option<(&'static str, &str, &'static str)> {
    let (word, value) = what.split_once('=')?;
    let (name, folder) = TAGS.iter().find(|(name, _)| *name == word)?;
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Some((name, quoted.unwrap_or(value), folder))
}

/// The link of a tag; file systems have UUIDs that people type in another case.
fn link_of(look: &Look<'_>, folder: &str, value: &str) -> String {
    let wanted = encoded(value);
    let same = look.names(folder).into_iter().find(|name| name.eq_ignore_ascii_case(&wanted));
    let is_uuid = folder.ends_with("uuid");
    format!("{folder}/{}", same.filter(|_| is_uuid).unwrap_or(wanted))
}

/// What the kernel itself says of a partition, where there is no udev (block/partitions/core.c, `part_uevent`).
fn told_by_kernel(look: &Look<'_>, tag: &str, found: &BlockDevice) -> Option<String> {
    let key = match tag {
        "PARTUUID" => "PARTUUID=",
        "PARTLABEL" => "PARTNAME=",
        _ => return None,
    };
    let Reading::Value(text) = look.text(&format!("/sys/class/block/{}/uevent", found.name)) else {
        return None;
    };
    text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned)
}

/// The kernel's name of the device behind a path, also behind links: `vda2`, `dm-0`, `cciss!c0d0p1`.
pub fn device_name(look: &Look<'_>, path: &str) -> String {
    let mut path = path.to_owned();
    for _ in 0..HOPS_MAX {
        let Reading::Value(PathFound::Link(target)) = look.path(&path) else { break };
        path = joined(&path, &target);
    }
    path.strip_prefix("/dev/").unwrap_or(&path).replace('/', "!")
}

/// Where a link leads that lies at a path.
fn joined(link: &str, target: &str) -> String {
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = if target.starts_with('/') { target.to_owned() } else { format!("{folder}/{target}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A field without its octal escapes: `\040` is a blank.
fn decoded(field: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.as_bytes();
    while let [first, after @ ..] = rest {
        let octal = after
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A value as udev names its link: what is no plain sign becomes `\x20` (`encode_devnode_name` of systemd).
fn encoded(value: &str) -> String {
    let mut name = String::new();
    for symbol in value.chars() {
        if symbol.is_ascii_alphanumeric() || "#+-.:=@_".contains(symbol) || !symbol.is_ascii() {
            name.push(symbol);
        } else {
            name.push_str(&format!("\\x{:02x}", u32::from(symbol)));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{decoded, encoded, fields, joined, tag};

    #[test]
    fn fields_and_tags_are_read_as_mount_reads_them() {
        let line = "  LABEL=my\\040data\t/mnt/a\\134b ext4 defaults 0 2";
        assert_eq!(fields(line), Some(["LABEL=my data", "/mnt/a\\b", "ext4"].map(str::to_owned)));
        for comment in ["# UUID=1 / ext4", "", "/dev/vda1 /"] {
            assert_eq!(fields(comment), None, "{comment}");
        }
        assert_eq!(tag("UUID=\"0a\""), Some(("UUID", "0a", "/dev/disk/by-uuid")));
        assert_eq!(tag("LABEL='a b'"), Some(("LABEL", "a b", "/dev/disk/by-label")));
        assert_eq!(tag("host:/share=1"), None);
    }

    #[test]
    fn escapes_of_fstab_and_of_udev() {
        assert_eq!(decoded("a\\040b\\13\\"), "a b\\13\\");
        assert_eq!(decoded("\\777é"), "\\777é");
        assert_eq!(encoded("my data/ü:1"), "my\\x20data\\x2fü:1");
    }

    #[test]
    fn links_lead_where_the_kernel_leads_them() {
        assert_eq!(joined("/dev/disk/by-uuid/0a", "../../vda2"), "/dev/vda2");
        assert_eq!(joined("/dev/mapper/x", "/dev/dm-0"), "/dev/dm-0");
        assert_eq!(joined("/dev/a", "../../../b/./c"), "/b/c");
    }
}
