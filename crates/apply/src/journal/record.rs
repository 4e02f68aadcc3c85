//! One record of the journal: a line of a checksum and JSON.

use super::change_json;
use super::checksum::crc32;
use crate::host::kept::{Kept, ZramBefore, ZramOrigin};
use model::plan::Step;
use serde_json::{Value, json};
use std::fmt::Write;

/// The latest version of lines that are understood here.
const VERSION: u64 = 2;

/// What is written down. Steps are numbered through all plans of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// These steps will be gone through.
    Plan {
        /// When, in seconds since 1970.
        at_seconds: u64,
        /// The steps.
        steps: Vec<Step>,
        /// Those of them that need nothing, counted from the first of this plan: the machine was so.
        found: Vec<usize>,
    },
    /// A step is about to be taken.
    Begin {
        /// Which.
        step: usize,
        /// What its undo needs.
        kept: Kept,
    },
    /// A step was taken.
    Done {
        /// Which.
        step: usize,
    },
    /// A step is left to the first boot of an image.
    Left {
        /// Which.
        step: usize,
    },
    /// A step that was begun failed.
    Failed {
        /// Which.
        step: usize,
        /// Why.
        why: String,
    },
    /// All steps of the last plan were gone through.
    Finished,
    /// These steps, which changed one thing one after the other, are about to be taken back.
    UndoBegin {
        /// Which.
        steps: Vec<usize>,
    },
    /// They were taken back.
    Undone {
        /// Which.
        steps: Vec<usize>,
    },
    /// Everything was taken back.
    AllUndone,
    /// These steps stay in this undo: somebody changed what they left, or what stays needs them.
    Kept {
        /// Which.
        steps: Vec<usize>,
    },
    /// Everything was taken back but what stays.
    UndoEnded,
}

/// What a line turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A record.
    Record(Record),
    /// A later Highwater wrote it.
    Newer,
    /// It is not what was written.
    Damaged,
}

impl Record {
    /// The line to write, its newline included.
    pub fn to_line(&self) -> Vec<u8> {
        let json = self.to_json().to_string();
        format!("{:08x} {json}\n", crc32(json.as_bytes())).into_bytes()
    }

    fn to_json(&self) -> Value {
        // Older ones know the first version only, and need no other for what they knew.
        let version = if matches!(self, Self::Kept { .. } | Self::UndoEnded) { VERSION } else { 1 };
        let of = |word: &str, fields: Value| {
            let mut record = json!({ "version": version, "record": word });
            if let (Some(record), Value::Object(fields)) = (record.as_object_mut(), fields) {
                record.extend(fields);
            }
            record
        };
        match self {
            Self::Plan { at_seconds, steps, found } => {
                let steps: Vec<Value> = steps.iter().map(change_json::of_step).collect();
                of("plan", json!({ "at_seconds": at_seconds, "steps": steps, "found": found }))
            }
            Self::Begin { step, kept } => of("begin", json!({ "step": step, "kept": of_kept(kept) })),
            Self::Done { step } => of("done", json!({ "step": step })),
            Self::Left { step } => of("left", json!({ "step": step })),
            Self::Failed { step, why } => of("failed", json!({ "step": step, "why": why })),
            Self::Finished => of("finished", json!({})),
            Self::UndoBegin { steps } => of("undo_begin", json!({ "steps": steps })),
            Self::Undone { steps } => of("undone", json!({ "steps": steps })),
            Self::AllUndone => of("all_undone", json!({})),
            Self::Kept { steps } => of("kept", json!({ "steps": steps })),
            Self::UndoEnded => of("undo_ended", json!({})),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let step = || number(value.get("step")?);
        let steps = || value.get("steps")?.as_array()?.iter().map(number).collect::<Option<Vec<_>>>();
        Some(match value.get("record")?.as_str()? {
            "plan" => {
                let steps = value.get("steps")?.as_array()?.iter().map(change_json::step);
                let found = value.get("found")?.as_array()?.iter().map(number);
                Self::Plan {
                    at_seconds: value.get("at_seconds")?.as_u64()?,
                    steps: steps.collect::<Option<_>>()?,
                    found: found.collect::<Option<_>>()?,
                }
            }
            "begin" => Self::Begin { step: step()?, kept: kept(value.get("kept")?)? },
            "done" => Self::Done { step: step()? },
            "left" => Self::Left { step: step()? },
            "failed" => Self::Failed { step: step()?, why: value.get("why")?.as_str()?.to_owned() },
            "finished" => Self::Finished,
            "undo_begin" => Self::UndoBegin { steps: steps()? },
            "undone" => Self::Undone { steps: steps()? },
            "all_undone" => Self::AllUndone,
            "kept" => Self::Kept { steps: steps()? },
            "undo_ended" => Self::UndoEnded,
            _ => return None,
        })
    }
}

/// Understands a line, without its newline.
pub fn read_line(line: &[u8]) -> Line {
    let checked = line.split_at_checked(8).and_then(|(checksum, rest)| {
        let json = rest.strip_prefix(b" ")?;
        (checksum == format!("{:08x}", crc32(json)).as_bytes()).then_some(json)
    });
    let value = checked.and_then(|json| serde_json::from_slice::<Value>(json).ok());
    let Some(value) = value else { return Line::Damaged };
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version > VERSION => Line::Newer,
        Some(_) => Record::from_json(&value).map_or(Line::Damaged, Line::Record),
        None => Line::Damaged,
    }
}

fn of_kept(kept: &Kept) -> Value {
    // A page is mostly zeros: what ends it is left out.
    let page = kept.page.as_ref().map(|page| {
        let end = page.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let mut hex = String::new();
        for byte in page.iter().take(end) {
            let _ = write!(hex, "{byte:02x}");
        }
        json!({ "length": page.len(), "hex": hex })
    });
    let zram = kept.zram.as_ref().map(|zram| {
        let was_there = match zram.was_there {
            ZramBefore::Device => "device",
            ZramBefore::Module => "module",
            ZramBefore::Nothing => "nothing",
        };
        json!({ "was_there": was_there, "algorithm": zram.algorithm })
    });
    json!({ "folders": kept.folders, "owner": kept.owner.map(|(user, group)| [user, group]), "page": page, "zram": zram })
}

fn kept(value: &Value) -> Option<Kept> {
    let folders = value.get("folders")?.as_array()?.iter();
    let owner = match value.get("owner")?.as_array().map(Vec::as_slice) {
        Some([user, group]) => {
            Some((u32::try_from(user.as_u64()?).ok()?, u32::try_from(group.as_u64()?).ok()?))
        }
        Some(_) => return None,
        None => None,
    };
    let page = match value.get("page")? {
        Value::Null => None,
        page => Some(page_of(page)?),
    };
    let zram = match value.get("zram")? {
        Value::Null => None,
        zram => Some(ZramOrigin {
            was_there: match zram.get("was_there")?.as_str()? {
                "device" => ZramBefore::Device,
                "module" => ZramBefore::Module,
                "nothing" => ZramBefore::Nothing,
                _ => return None,
            },
            algorithm: zram.get("algorithm")?.as_str().map(str::to_owned),
        }),
    };
    let folders = folders.map(|folder| folder.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    Some(Kept { folders, owner, page, zram })
}

fn page_of(value: &Value) -> Option<Vec<u8>> {
    let length = usize::try_from(value.get("length")?.as_u64()?).ok().filter(|length| *length <= 1 << 20)?;
    let hex = value.get("hex")?.as_str()?.as_bytes();
    let mut page = hex
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    page.resize(length, 0);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::{Line, Record, read_line};
    use crate::host::kept::{Kept, ZramBefore, ZramOrigin};

    fn kept() -> Kept {
        let mut page = vec![0; 4096];
        page[1024..1030].copy_from_slice(b"\x01\x00\xffabc");
        let algorithm = Some("zstd".to_owned());
        Kept {
            folders: vec!["/a".to_owned(), "/a/b".to_owned()],
            owner: Some((0, 4711)),
            page: Some(page),
            zram: Some(ZramOrigin { was_there: ZramBefore::Module, algorithm }),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for record in [
            Record::Plan { at_seconds: 1_790_000_000, steps: Vec::new(), found: vec![7, 0] },
            Record::Begin { step: 3, kept: kept() },
            Record::Begin { step: 0, kept: Kept::default() },
            Record::Failed { step: 1, why: "a\nb".to_owned() },
            Record::Finished,
            Record::UndoBegin { steps: vec![2, 0] },
            Record::Undone { steps: vec![] },
            Record::AllUndone,
            Record::Kept { steps: vec![4, 1] },
            Record::UndoEnded,
        ] {
            let line = record.to_line();
            assert_eq!(read_line(&line[..line.len() - 1]), Line::Record(record));
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let line = Record::Begin { step: 3, kept: kept() }.to_line();
        for at in 0..line.len() - 1 {
            let mut changed = line[..line.len() - 1].to_vec();
            changed[at] ^= 0x20;
            assert_eq!(read_line(&changed), Line::Damaged, "byte {at}");
        }
    }

    #[test]
    fn a_later_version_is_left_alone() {
        let json = r#"{"version":3,"record":"dance"}"#;
        let line = format!("{:08x} {json}", crate::journal::checksum::crc32(json.as_bytes()));
        assert_eq!(read_line(line.as_bytes()), Line::Newer);
    }
}
