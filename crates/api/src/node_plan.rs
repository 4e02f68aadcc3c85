//! `highwater/node-plan/v1`: a plan as JSON, which can be read again and run.

use kernel::bytes::Bytes;
use model::plan::{
    Allocation, Change, Discard, FileContent, Plan, Refusal, Signature, Step, SwapFile, SwapUse, SwitchedBy,
    UnitAction, ZramSetup,
};
use serde::{Deserialize, Serialize};

/// The name and version of the document.
pub const SCHEMA: &str = "highwater/node-plan/v1";

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    steps: Vec<WrittenStep>,
    refusals: Vec<WrittenRefusal>,
    remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    name: String,
    why: String,
    change: WrittenChange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRefusal {
    why: String,
    remedy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum WrittenChange {
    File { path: String, now: Option<WrittenContent>, wanted: Option<WrittenContent> },
    Link { path: String, now: Option<String>, wanted: Option<String> },
    SwapFile { path: String, now: Option<WrittenSwapFile>, wanted: Option<WrittenSwapFile> },
    Signature { device: String, now: WrittenSignature, wanted: WrittenSignature },
    Zram { device: String, now: Option<WrittenZram>, wanted: Option<WrittenZram> },
    Swap { path: String, now: Option<WrittenUse>, wanted: Option<WrittenUse>, unit: Option<String> },
    Value { path: String, now: String, wanted: String },
    Unit { unit: String, action: WrittenAction },
    Reload,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenContent {
    text: String,
    /// Octal, as `ls` and `chmod` have it.
    mode: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSwapFile {
    size_bytes: u64,
    allocation: WrittenAllocation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenAllocation {
    Reserved,
    Written,
    NoCopyOnWrite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenSignature {
    None,
    Swap,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenZram {
    size_bytes: u64,
    algorithm: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUse {
    priority: Option<i16>,
    discard: WrittenDiscard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenDiscard {
    Never,
    Once,
    Pages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenAction {
    Start,
    Stop,
    Restart,
}

/// The document of a plan.
///
/// # Errors
/// Never in practice: a plan is text, numbers and words.
pub fn document(plan: &Plan) -> Result<serde_json::Value, serde_json::Error> {
    let step = |step: &Step| WrittenStep {
        name: step.name.clone(),
        why: step.why.clone(),
        change: written(step.change.clone()),
    };
    let refusal =
        |refusal: &Refusal| WrittenRefusal { why: refusal.why.clone(), remedy: refusal.remedy.clone() };
    serde_json::to_value(Document {
        schema: SCHEMA.to_owned(),
        steps: plan.steps.iter().map(step).collect(),
        refusals: plan.refusals.iter().map(refusal).collect(),
        remarks: plan.remarks.clone(),
    })
}

/// Reads a plan that was printed.
///
/// # Errors
/// When the text is no such document: what was expected, what was found and where.
pub fn read(text: &str) -> Result<Plan, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document.schema != SCHEMA {
        return Err(format!("expected a document of schema `{SCHEMA}`, found `{}`", document.schema));
    }
    let mut steps: Vec<Step> = Vec::new();
    for written in document.steps {
        if steps.iter().any(|step| step.name == written.name) {
            return Err(format!(
                "expected every step to have a name of its own, found two `{}`",
                written.name
            ));
        }
        let change = change(written.change).map_err(|why| format!("step `{}`: {why}", written.name))?;
        steps.push(Step { name: written.name, why: written.why, change });
    }
    let refusals = document.refusals.into_iter();
    Ok(Plan {
        steps,
        refusals: refusals.map(|one| Refusal { why: one.why, remedy: one.remedy }).collect(),
        remarks: document.remarks,
    })
}

fn written(change: Change) -> WrittenChange {
    let content =
        |content: FileContent| WrittenContent { text: content.text, mode: format!("{:04o}", content.mode) };
    let usage = |usage: SwapUse| WrittenUse {
        priority: usage.priority,
        discard: match usage.discard {
            Discard::Never => WrittenDiscard::Never,
            Discard::Once => WrittenDiscard::Once,
            Discard::Pages => WrittenDiscard::Pages,
        },
    };
    let zram = |setup: ZramSetup| WrittenZram { size_bytes: setup.size.0, algorithm: setup.algorithm };
    match change {
        Change::File { path, now, wanted } => {
            WrittenChange::File { path, now: now.map(content), wanted: wanted.map(content) }
        }
        Change::Link { path, now, wanted } => WrittenChange::Link { path, now, wanted },
        Change::SwapFile { path, now, wanted } => {
            WrittenChange::SwapFile { path, now: now.map(written_file), wanted: wanted.map(written_file) }
        }
        Change::Signature { device, now, wanted } => WrittenChange::Signature {
            device,
            now: written_signature(now),
            wanted: written_signature(wanted),
        },
        Change::Zram { device, now, wanted } => {
            WrittenChange::Zram { device, now: now.map(zram), wanted: wanted.map(zram) }
        }
        Change::Swap { path, now, wanted, by } => {
            let unit = match by {
                SwitchedBy::Unit(unit) => Some(unit),
                SwitchedBy::Call => None,
            };
            WrittenChange::Swap { path, now: now.map(usage), wanted: wanted.map(usage), unit }
        }
        Change::Value { path, now, wanted } => WrittenChange::Value { path, now, wanted },
        Change::Unit { unit, action } => {
            let action = match action {
                UnitAction::Start => WrittenAction::Start,
                UnitAction::Stop => WrittenAction::Stop,
                UnitAction::Restart => WrittenAction::Restart,
            };
            WrittenChange::Unit { unit, action }
        }
        Change::Reload => WrittenChange::Reload,
    }
}

const fn written_file(file: SwapFile) -> WrittenSwapFile {
    let allocation = match file.allocation {
        Allocation::Reserved => WrittenAllocation::Reserved,
        Allocation::Written => WrittenAllocation::Written,
        Allocation::NoCopyOnWrite => WrittenAllocation::NoCopyOnWrite,
    };
    WrittenSwapFile { size_bytes: file.size.0, allocation }
}

const fn written_signature(signature: Signature) -> WrittenSignature {
    match signature {
        Signature::None => WrittenSignature::None,
        Signature::Swap => WrittenSignature::Swap,
    }
}

fn change(written: WrittenChange) -> Result<Change, String> {
    Ok(match written {
        WrittenChange::File { path, now, wanted } => {
            let both = (now.map(content).transpose()?, wanted.map(content).transpose()?);
            Change::File { path: absolute(path)?, now: both.0, wanted: both.1 }
        }
        WrittenChange::Link { path, now, wanted } => Change::Link { path: absolute(path)?, now, wanted },
        WrittenChange::SwapFile { path, now, wanted } => {
            Change::SwapFile { path: absolute(path)?, now: now.map(file), wanted: wanted.map(file) }
        }
        WrittenChange::Signature { device, now, wanted } => {
            Change::Signature { device: absolute(device)?, now: signature(now), wanted: signature(wanted) }
        }
        WrittenChange::Zram { device, now, wanted } => {
            let zram = |one: WrittenZram| ZramSetup { size: Bytes(one.size_bytes), algorithm: one.algorithm };
            Change::Zram { device, now: now.map(zram), wanted: wanted.map(zram) }
        }
        WrittenChange::Swap { path, now, wanted, unit } => {
            let by = unit.map_or(SwitchedBy::Call, SwitchedBy::Unit);
            Change::Swap { path: absolute(path)?, now: now.map(usage), wanted: wanted.map(usage), by }
        }
        WrittenChange::Value { path, now, wanted } => Change::Value { path: absolute(path)?, now, wanted },
        WrittenChange::Unit { unit, action } => {
            let action = match action {
                WrittenAction::Start => UnitAction::Start,
                WrittenAction::Stop => UnitAction::Stop,
                WrittenAction::Restart => UnitAction::Restart,
            };
            Change::Unit { unit, action }
        }
        WrittenChange::Reload => Change::Reload,
    })
}

fn absolute(path: String) -> Result<String, String> {
    let is_plain = path.starts_with('/') && !path.split('/').any(|part| part == "..");
    if is_plain { Ok(path) } else { Err(format!("expected an absolute path without `..`, found `{path}`")) }
}

fn content(written: WrittenContent) -> Result<FileContent, String> {
    let mode = u32::from_str_radix(&written.mode, 8).ok().filter(|mode| *mode <= 0o7777);
    let mode = mode.ok_or_else(|| format!("expected a mode such as `0644`, found `{}`", written.mode))?;
    Ok(FileContent { text: written.text, mode })
}

const fn file(written: WrittenSwapFile) -> SwapFile {
    let allocation = match written.allocation {
        WrittenAllocation::Reserved => Allocation::Reserved,
        WrittenAllocation::Written => Allocation::Written,
        WrittenAllocation::NoCopyOnWrite => Allocation::NoCopyOnWrite,
    };
    SwapFile { size: Bytes(written.size_bytes), allocation }
}

const fn signature(written: WrittenSignature) -> Signature {
    match written {
        WrittenSignature::None => Signature::None,
        WrittenSignature::Swap => Signature::Swap,
    }
}

const fn usage(written: WrittenUse) -> SwapUse {
    let discard = match written.discard {
        WrittenDiscard::Never => Discard::Never,
        WrittenDiscard::Once => Discard::Once,
        WrittenDiscard::Pages => Discard::Pages,
    };
    SwapUse { priority: written.priority, discard }
}

#[cfg(test)]
mod tests {
    use super::{document, read};
    use kernel::bytes::Bytes;
    use model::plan::{
        Allocation, Change, Discard, FileContent, Plan, Refusal, Signature, Step, SwapFile, SwapUse,
        SwitchedBy, UnitAction, ZramSetup,
    };

    fn changes() -> Vec<Change> {
        let content = FileContent { text: "a\n\"b\" ü\n".to_owned(), mode: 0o600 };
        let swap_file = SwapFile { size: Bytes(8 << 30), allocation: Allocation::NoCopyOnWrite };
        let usage = SwapUse { priority: Some(7), discard: Discard::Pages };
        let zram = ZramSetup { size: Bytes(1 << 30), algorithm: Some("zstd".to_owned()) };
        let path = || "/a".to_owned();
        vec![
            Change::File { path: path(), now: None, wanted: Some(content) },
            Change::Link { path: path(), now: Some("/b".to_owned()), wanted: None },
            Change::SwapFile { path: path(), now: None, wanted: Some(swap_file) },
            Change::Signature { device: path(), now: Signature::None, wanted: Signature::Swap },
            Change::Zram { device: "zram0".to_owned(), now: None, wanted: Some(zram) },
            Change::Swap { path: path(), now: None, wanted: Some(usage), by: SwitchedBy::Call },
            Change::Swap {
                path: path(),
                now: Some(usage),
                wanted: None,
                by: SwitchedBy::Unit("a.swap".to_owned()),
            },
            Change::Value { path: path(), now: "60".to_owned(), wanted: "100".to_owned() },
            Change::Unit { unit: "kubelet.service".to_owned(), action: UnitAction::Restart },
            Change::Reload,
        ]
    }

    fn plan() -> Plan {
        let step =
            |(number, change)| Step { name: format!("step-{number}"), why: "because".to_owned(), change };
        Plan {
            steps: changes().into_iter().enumerate().map(step).collect(),
            refusals: vec![Refusal { why: "x".to_owned(), remedy: "y".to_owned() }],
            remarks: vec!["z".to_owned()],
        }
    }

    #[test]
    fn a_plan_survives_being_printed() {
        let text = document(&plan()).unwrap().to_string();
        assert_eq!(read(&text), Ok(plan()), "{text}");
        insta::assert_snapshot!(format!("{:#}", document(&plan()).unwrap()));
    }

    #[test]
    fn what_is_no_plan_is_refused_with_its_place() {
        let good = document(&plan()).unwrap().to_string();
        let bad = [
            ("", String::new()),
            ("schema", good.replace("node-plan/v1", "node-plan/v9")),
            ("kind", good.replace("\"reload\"", "\"rm\"")),
            ("extra key", good.replacen("\"why\":", "\"shell\":\"rm -rf /\",\"why\":", 1)),
            ("mode", good.replace("0600", "rw")),
            ("path", good.replacen("\"path\":\"/a\"", "\"path\":\"/a/../etc\"", 1)),
            ("names", good.replace("step-2", "step-1")),
        ];
        let told = bad.map(|(what, text)| match read(&text) {
            Ok(_) => panic!("{what}: {text}"),
            Err(why) => format!("{what}: {why}\n"),
        });
        insta::assert_snapshot!(told.concat());
    }
}
