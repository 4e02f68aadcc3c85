//! A step as the journal writes it: JSON of its own, which changes only with the journal's version.

use kernel::bytes::Bytes;
use model::plan::{
    Allocation, Change, Discard, FileContent, Signature, Step, SwapFile, SwapUse, SwitchedBy, UnitAction,
    ZramSetup,
};
use serde_json::{Value, json};

/// A step as JSON.
pub fn of_step(step: &Step) -> Value {
    json!({ "name": step.name, "why": step.why, "change": of_change(&step.change) })
}

/// The step that JSON tells of.
pub fn step(value: &Value) -> Option<Step> {
    Some(Step { name: text(value, "name")?, why: text(value, "why")?, change: change(value.get("change")?)? })
}

fn of_change(change: &Change) -> Value {
    match change {
        Change::File { path, now, wanted } => {
            json!({ "kind": "file", "path": path, "now": now.as_ref().map(of_content), "wanted": wanted.as_ref().map(of_content) })
        }
        Change::Link { path, now, wanted } => {
            json!({ "kind": "link", "path": path, "now": now, "wanted": wanted })
        }
        Change::SwapFile { path, now, wanted } => {
            json!({ "kind": "swap_file", "path": path, "now": now.map(of_swap_file), "wanted": wanted.map(of_swap_file) })
        }
        Change::Signature { device, now, wanted } => {
            json!({ "kind": "signature", "device": device, "now": signature_word(*now), "wanted": signature_word(*wanted) })
        }
        Change::Zram { device, now, wanted } => {
            json!({ "kind": "zram", "device": device, "now": now.as_ref().map(of_zram), "wanted": wanted.as_ref().map(of_zram) })
        }
        Change::Swap { path, now, wanted, by } => {
            let unit = match by {
                SwitchedBy::Unit(unit) => Some(unit),
                SwitchedBy::Call => None,
            };
            json!({ "kind": "swap", "path": path, "now": now.map(of_use), "wanted": wanted.map(of_use), "unit": unit })
        }
        Change::Value { path, now, wanted } => {
            json!({ "kind": "value", "path": path, "now": now, "wanted": wanted })
        }
        Change::Unit { unit, action } => {
            json!({ "kind": "unit", "unit": unit, "action": action_word(*action) })
        }
        Change::Reload => json!({ "kind": "reload" }),
    }
}

fn change(value: &Value) -> Option<Change> {
    Some(match value.get("kind")?.as_str()? {
        "file" => {
            let (now, wanted) = ends(value, content)?;
            Change::File { path: text(value, "path")?, now, wanted }
        }
        "link" => {
            let (now, wanted) = ends(value, |link| link.as_str().map(str::to_owned))?;
            Change::Link { path: text(value, "path")?, now, wanted }
        }
        "swap_file" => {
            let (now, wanted) = ends(value, swap_file)?;
            Change::SwapFile { path: text(value, "path")?, now, wanted }
        }
        "signature" => {
            let (now, wanted) = ends(value, signature)?;
            Change::Signature { device: text(value, "device")?, now: now?, wanted: wanted? }
        }
        "zram" => {
            let (now, wanted) = ends(value, zram)?;
            Change::Zram { device: text(value, "device")?, now, wanted }
        }
        "swap" => {
            let (now, wanted) = ends(value, swap_use)?;
            let by = text(value, "unit").map_or(SwitchedBy::Call, SwitchedBy::Unit);
            Change::Swap { path: text(value, "path")?, now, wanted, by }
        }
        "value" => Change::Value {
            path: text(value, "path")?,
            now: text(value, "now")?,
            wanted: text(value, "wanted")?,
        },
        "unit" => {
            Change::Unit { unit: text(value, "unit")?, action: action(value.get("action")?.as_str()?)? }
        }
        "reload" => Change::Reload,
        _ => return None,
    })
}

/// Both ends of a change; null is nothing, and what is neither null nor understood spoils the whole.
fn ends<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<(Option<T>, Option<T>)> {
    let end = |key: &str| match value.get(key)? {
        Value::Null => Some(None),
        other => read(other).map(Some),
    };
    Some((end("now")?, end("wanted")?))
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn of_content(content: &FileContent) -> Value {
    json!({ "text": content.text, "mode": content.mode })
}

fn content(value: &Value) -> Option<FileContent> {
    let mode = u32::try_from(value.get("mode")?.as_u64()?).ok()?;
    Some(FileContent { text: text(value, "text")?, mode })
}

fn of_swap_file(file: SwapFile) -> Value {
    let allocation = match file.allocation {
        Allocation::Reserved => "reserved",
        Allocation::Written => "written",
        Allocation::NoCopyOnWrite => "no_copy_on_write",
    };
    json!({ "size_bytes": file.size.0, "allocation": allocation })
}

fn swap_file(value: &Value) -> Option<SwapFile> {
    let allocation = match value.get("allocation")?.as_str()? {
        "reserved" => Allocation::Reserved,
        "written" => Allocation::Written,
        "no_copy_on_write" => Allocation::NoCopyOnWrite,
        _ => return None,
    };
    Some(SwapFile { size: Bytes(value.get("size_bytes")?.as_u64()?), allocation })
}

const fn signature_word(signature: Signature) -> &'static str {
    match signature {
        Signature::None => "none",
        Signature::Swap => "swap",
    }
}

fn signature(value: &Value) -> Option<Signature> {
    match value.as_str()? {
        "none" => Some(Signature::None),
        "swap" => Some(Signature::Swap),
        _ => None,
    }
}

fn of_zram(setup: &ZramSetup) -> Value {
    json!({ "size_bytes": setup.size.0, "algorithm": setup.algorithm })
}

fn zram(value: &Value) -> Option<ZramSetup> {
    Some(ZramSetup { size: Bytes(value.get("size_bytes")?.as_u64()?), algorithm: text(value, "algorithm") })
}

fn of_use(swap: SwapUse) -> Value {
    let discard = match swap.discard {
        Discard::Never => "never",
        Discard::Once => "once",
        Discard::Pages => "pages",
    };
    json!({ "priority": swap.priority, "discard": discard })
}

fn swap_use(value: &Value) -> Option<SwapUse> {
    let discard = match value.get("discard")?.as_str()? {
        "never" => Discard::Never,
        "once" => Discard::Once,
        "pages" => Discard::Pages,
        _ => return None,
    };
    let priority = match value.get("priority")? {
        Value::Null => None,
        priority => Some(i16::try_from(priority.as_i64()?).ok()?),
    };
    Some(SwapUse { priority, discard })
}

const fn action_word(action: UnitAction) -> &'static str {
    match action {
        UnitAction::Start => "start",
        UnitAction::Stop => "stop",
        UnitAction::Restart => "restart",
    }
}

fn action(word: &str) -> Option<UnitAction> {
    match word {
        "start" => Some(UnitAction::Start),
        "stop" => Some(UnitAction::Stop),
        "restart" => Some(UnitAction::Restart),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{of_step, step};
    use kernel::bytes::Bytes;
    use model::plan::{
        Allocation, Change, Discard, FileContent, Signature, Step, SwapFile, SwapUse, SwitchedBy, UnitAction,
        ZramSetup,
    };
    use serde_json::{Value, json};

    fn every_kind() -> Vec<Change> {
        let path = || "/a b\"\n".to_owned();
        let content = |text: &str| Some(FileContent { text: text.to_owned(), mode: 0o640 });
        let zram = |algorithm: Option<&str>| {
            Some(ZramSetup { size: Bytes(1 << 30), algorithm: algorithm.map(str::to_owned) })
        };
        let file = |allocation| Some(SwapFile { size: Bytes(1 << 40), allocation });
        let used = |priority, discard| Some(SwapUse { priority, discard });
        let unit = SwitchedBy::Unit("a.swap".to_owned());
        vec![
            Change::File { path: path(), now: content("old\n"), wanted: None },
            Change::File { path: path(), now: None, wanted: content("\u{1f6a2}") },
            Change::Link { path: path(), now: None, wanted: Some("../x".to_owned()) },
            Change::SwapFile { path: path(), now: file(Allocation::Written), wanted: None },
            Change::SwapFile {
                path: path(),
                now: file(Allocation::Reserved),
                wanted: file(Allocation::NoCopyOnWrite),
            },
            Change::Signature { device: path(), now: Signature::None, wanted: Signature::Swap },
            Change::Zram { device: path(), now: zram(None), wanted: zram(Some("zstd")) },
            Change::Swap { path: path(), now: None, wanted: used(None, Discard::Once), by: unit },
            Change::Swap {
                path: path(),
                now: used(Some(-2), Discard::Never),
                wanted: used(Some(32767), Discard::Pages),
                by: SwitchedBy::Call,
            },
            Change::Value { path: path(), now: "1 2\t3".to_owned(), wanted: String::new() },
            Change::Unit { unit: path(), action: UnitAction::Start },
            Change::Unit { unit: path(), action: UnitAction::Stop },
            Change::Unit { unit: path(), action: UnitAction::Restart },
            Change::Reload,
        ]
    }

    #[test]
    fn every_change_is_read_as_it_was_written() {
        for change in every_kind() {
            let written = Step { name: "n".to_owned(), why: "w".to_owned(), change };
            let read = step(&serde_json::from_str(&of_step(&written).to_string()).unwrap());
            assert_eq!(read, Some(written));
        }
    }

    #[test]
    fn what_is_not_understood_is_no_step() {
        for change in every_kind() {
            let whole = of_step(&Step { name: "n".to_owned(), why: "w".to_owned(), change });
            let fields = whole["change"].as_object().unwrap();
            for key in fields.keys().filter(|key| *key != "unit" || fields["kind"] != json!("swap")) {
                for wrong in [None, Some(json!([]))] {
                    let mut broken = whole.clone();
                    let fields: &mut serde_json::Map<String, Value> =
                        broken["change"].as_object_mut().unwrap();
                    match wrong {
                        None => fields.remove(key),
                        Some(wrong) => fields.insert(key.clone(), wrong),
                    };
                    assert_eq!(step(&broken), None, "{key}: {broken}");
                }
            }
        }
    }
}
