//! The file `memory.stat` of cgroup v1 and v2: an open set of counters whose names are kept once for all cgroups.

use std::sync::Arc;

use crate::bytes::Bytes;
use crate::decimal::number_at;
use crate::parse_error::ParseError;

/// The key names of a `memory.stat` in file order. All cgroups of one kernel share one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatLayout {
    /// All names, one after the other.
    names: String,
    /// Where each name ends in `names`.
    ends: Vec<usize>,
    /// Where to look for a name first: its number plus one by the low bits of its hash, the next free slot where that is taken.
    slots: Vec<u32>,
}

/// What cgroup v1 writes before the keys that count a cgroup and everything below it.
const TOTAL: &str = "total_";

/// One `memory.stat`. Keys this crate has never heard of are kept: kernels add some with most releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStat {
    layout: Arc<StatLayout>,
    values: Vec<u64>,
}

impl StatLayout {
    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The names in file order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let name = self.names.get(start..end).unwrap_or_default();
            start = end;
            name
        })
    }

    /// Where `name` stands in the file, for [`MemoryStat::values`]: look it up once and use it for all cgroups of this layout.
    /// The first of two equal keys counts.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.position_of("", name)
    }

    /// Where the name that these two parts make stands.
    fn position_of(&self, prefix: &str, name: &str) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash(prefix, name) & mask;
        loop {
            let number = usize::try_from(*self.slots.get(slot)?).ok()?.checked_sub(1)?;
            if self.name(number).and_then(|found| found.strip_prefix(prefix)) == Some(name) {
                return Some(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn name(&self, number: usize) -> Option<&str> {
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.names.get(start..*self.ends.get(number)?)
    }

    /// Makes names findable. Half of the slots stay free, so that a search ends.
    fn index(&mut self) {
        let length = (self.ends.len() * 2 + 1).next_power_of_two();
        let mut slots = vec![0; length];
        for (number, name) in self.names().enumerate() {
            let Ok(number) = u32::try_from(number + 1) else { break };
            let mut slot = hash("", name) & (length - 1);
            // The first of two equal names stands before the second.
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (length - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = number;
            }
        }
        self.slots = slots;
    }

    /// The first `count` names as a layout of their own.
    fn start(&self, count: usize) -> Self {
        let ends: Vec<usize> = self.ends.iter().copied().take(count).collect();
        let names_length = ends.last().copied().unwrap_or_default();
        let names = self.names.get(..names_length).unwrap_or_default().to_owned();
        Self { names, ends, slots: Vec::new() }
    }

    fn push(&mut self, name: &str) {
        self.names.push_str(name);
        self.ends.push(self.names.len());
    }
}

impl MemoryStat {
    /// Parses `memory.stat`. When the keys are those of `like`, its layout is shared and only the values are allocated.
    ///
    /// # Errors
    /// When the text is empty or a line is not a key, a space and a 64-bit number.
    pub fn parse(text: &str, like: Option<&Arc<StatLayout>>) -> Result<Self, ParseError> {
        let mut stat = Self { layout: like.cloned().unwrap_or_default(), values: Vec::new() };
        stat.values.reserve_exact(stat.layout.len());
        stat.parse_into(text)?;
        Ok(stat)
    }

    /// Parses a newer text of the same file into this value and its allocation.
    ///
    /// # Errors
    /// As [`MemoryStat::parse`]; afterwards nothing is known and every [`MemoryStat::get`] gives `None`.
    pub fn parse_into(&mut self, text: &str) -> Result<(), ParseError> {
        self.values.clear();
        match scan(text, &self.layout, &mut self.values) {
            Ok(None) => Ok(()),
            Ok(Some(layout)) => {
                self.layout = Arc::new(layout);
                Ok(())
            }
            Err(error) => {
                self.values.clear();
                Err(error)
            }
        }
    }

    /// The value of a key, if this kernel writes it. The first of two equal keys counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.values.get(self.layout.position(name)?).copied()
    }

    /// The value of the key that cgroup v1 spells `total_<name>`: the cgroup and everything below it.
    #[must_use]
    pub fn total(&self, name: &str) -> Option<u64> {
        self.values.get(self.layout.position_of(TOTAL, name)?).copied()
    }

    /// The value of a key that counts bytes, if this kernel writes it. The caller knows which keys do: `anon` does, `pgfault` does not.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Bytes> {
        self.get(name).map(Bytes)
    }

    /// Keys and values in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.layout.names().zip(self.values.iter().copied())
    }

    /// The values in file order.
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// The key names, to give to the next [`MemoryStat::parse`].
    #[must_use]
    pub const fn layout(&self) -> &Arc<StatLayout> {
        &self.layout
    }
}

/// Appends the values of `text` in one pass. Gives a new layout when the keys are not those of `like`.
fn scan(text: &str, like: &StatLayout, values: &mut Vec<u64>) -> Result<Option<StatLayout>, ParseError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    for name in like.names() {
        let rest = bytes.get(at..).unwrap_or_default();
        if !rest.starts_with(name.as_bytes()) || rest.get(name.len()) != Some(&b' ') {
            break;
        }
        let (value, next) = value_at(text, at, at + name.len() + 1)?;
        values.push(value);
        at = next;
    }
    if at == bytes.len() && values.len() == like.len() && !like.is_empty() {
        return Ok(None);
    }
    let mut layout = like.start(values.len());
    while at < bytes.len() {
        let name = name_at(text, at)?;
        let (value, next) = value_at(text, at, at + name.len() + 1)?;
        layout.push(name);
        values.push(value);
        at = next;
    }
    if layout.is_empty() {
        return Err(ParseError::new("a key and a count", text));
    }
    layout.index();
    Ok(Some(layout))
}

/// FNV-1a of both parts, one after the other.
fn hash(prefix: &str, name: &str) -> usize {
    let all = prefix.bytes().chain(name.bytes());
    let hash = all.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize
}

/// The key that begins at `start`: printable, so that a stray NUL or another alphabet is an error and not a new counter.
fn name_at(text: &str, start: usize) -> Result<&str, ParseError> {
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.bytes().take_while(u8::is_ascii_graphic).count();
    match rest.as_bytes().get(length) {
        Some(b' ') if length > 0 => Ok(rest.get(..length).unwrap_or_default()),
        Some(_) | None => Err(malformed(text, start)),
    }
}

/// The value at `start` in the line that begins at `line`, and where the next line begins.
fn value_at(text: &str, line: usize, start: usize) -> Result<(u64, usize), ParseError> {
    let bytes = text.as_bytes();
    let (value, end) = number_at(bytes, start).ok_or_else(|| malformed(text, line))?;
    match bytes.get(end) {
        Some(b'\n') => Ok((value, end + 1)),
        None => Ok((value, end)),
        Some(_) => Err(malformed(text, line)),
    }
}

fn malformed(text: &str, line: usize) -> ParseError {
    let rest = text.get(line..).unwrap_or_default();
    ParseError::new("a key and a count", rest.split('\n').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Arc, Bytes, MemoryStat};

    const TEXT: &str = "anon 4096\nfile 8192\nanon_thp 0\npgfault 7\n";

    #[test]
    fn keys_and_values_are_found_by_name() {
        let stat = MemoryStat::parse(TEXT, None).unwrap();
        assert_eq!(stat.bytes("anon"), Some(Bytes(4096)));
        assert_eq!(stat.get("pgfault"), Some(7));
        assert_eq!(stat.get("anon_thp"), Some(0));
        for absent in ["", "ano", "anon_", "anonfile", "nonfile", "pgmajfault"] {
            assert_eq!(stat.get(absent), None, "{absent:?}");
        }
        let pairs: Vec<_> = stat.iter().collect();
        assert_eq!(pairs, [("anon", 4096), ("file", 8192), ("anon_thp", 0), ("pgfault", 7)]);
        assert_eq!(stat.layout().position("file"), Some(1));
    }

    #[test]
    fn the_key_of_a_whole_subtree_is_found_by_its_own_name() {
        let stat = MemoryStat::parse("cache 1\ntotal_cache 2\ntotal_rss 3\ntotal_ 4\n", None).unwrap();
        assert_eq!((stat.total("cache"), stat.total("rss"), stat.total("")), (Some(2), Some(3), Some(4)));
        assert_eq!((stat.total("total_cache"), stat.total("swap"), stat.get("rss")), (None, None, None));
    }

    #[test]
    fn each_of_many_keys_is_found() {
        let text: String = (0..500).map(|number| format!("key_{number} {number}\n")).collect();
        let stat = MemoryStat::parse(&text, None).unwrap();
        assert!((0..500).all(|number| stat.get(&format!("key_{number}")) == Some(number)));
        assert_eq!(stat.get("key_500"), None);
        assert_eq!(MemoryStat::default().get("key_1"), None);
    }

    #[test]
    fn equal_keys_share_one_layout() {
        let first = MemoryStat::parse(TEXT, None).unwrap();
        let second = MemoryStat::parse(&TEXT.replace("4096", "0"), Some(first.layout())).unwrap();
        assert!(Arc::ptr_eq(first.layout(), second.layout()));
        assert_eq!(second.get("anon"), Some(0));
    }

    #[test]
    fn other_keys_make_a_layout_of_their_own() {
        let like = MemoryStat::parse(TEXT, None).unwrap();
        for text in [
            "anon 1\n",
            "anon 1\nfile 2\nanon_thp 3\npgfault 4\nnew 5\n",
            "anon 1\nfilo 2\nanon_thp 3\npgfault 4\n",
            "new 1\nanon 2\n",
        ] {
            let with_hint = MemoryStat::parse(text, Some(like.layout())).unwrap();
            assert_eq!(with_hint, MemoryStat::parse(text, None).unwrap(), "{text:?}");
            assert!(!Arc::ptr_eq(with_hint.layout(), like.layout()));
        }
    }

    #[test]
    fn a_newer_text_reuses_layout_and_allocation() {
        let mut stat = MemoryStat::parse(TEXT, None).unwrap();
        let (layout, values) = (Arc::clone(stat.layout()), stat.values().as_ptr());
        stat.parse_into(&TEXT.replace("8192", "12288")).unwrap();
        assert_eq!(stat.get("file"), Some(12288));
        assert!(Arc::ptr_eq(stat.layout(), &layout) && stat.values().as_ptr() == values);
    }

    #[test]
    fn after_an_error_nothing_is_known() {
        let mut stat = MemoryStat::parse(TEXT, None).unwrap();
        assert!(stat.parse_into("anon 1\nfile x\n").is_err());
        assert_eq!((stat.get("anon"), stat.iter().count()), (None, 0));
        stat.parse_into(TEXT).unwrap();
        assert_eq!(stat.get("anon"), Some(4096));
    }

    #[test]
    fn the_first_of_two_equal_keys_counts() {
        assert_eq!(MemoryStat::parse("anon 1\nanon 2\n", None).unwrap().get("anon"), Some(1));
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "\n",
            "anon\n",
            "anon \n",
            " 1\n",
            "anon -1\n",
            "anon 1 2\n",
            "anon 1\n\nfile 2\n",
            "anon 1\r\nfile 2\r\n",
            "anon 18446744073709551616\n",
            "an\0on 1\n",
            "größe 1\n",
            "{\"anon\": 1}",
        ] {
            assert!(MemoryStat::parse(text, None).is_err(), "{text:?}");
            let like = MemoryStat::parse(TEXT, None).unwrap();
            assert!(MemoryStat::parse(text, Some(like.layout())).is_err(), "{text:?}");
        }
        let error = MemoryStat::parse("anon 1\nfile -2\npgfault 3\n", None).unwrap_err();
        assert_eq!(error.to_string(), "expected a key and a count, found `file -2`");
    }
}
