//! A plan as text, for golden files: every value now and wanted.

use model::plan::{Change, FileContent, Plan, SwapUse, SwitchedBy};
use std::fmt::Write as _;

pub fn words(plan: &Plan) -> String {
    let mut text = String::new();
    for refusal in &plan.refusals {
        let _ = writeln!(text, "REFUSED {}\n     -> {}", refusal.why, refusal.remedy);
    }
    for remark in &plan.remarks {
        let _ = writeln!(text, "REMARK {remark}");
    }
    for step in &plan.steps {
        let _ = writeln!(text, "\n{}: {}\n{}", step.name, step.why, change(&step.change));
    }
    if plan.steps.is_empty() {
        text.push_str("no steps\n");
    }
    text
}

fn change(change: &Change) -> String {
    match change {
        Change::File { path, now, wanted } => {
            format!("  file {path}\n{}{}", lines('-', now), lines('+', wanted))
        }
        Change::Link { path, now, wanted } => {
            format!("  link {path}: {} => {}", or_none(now), or_none(wanted))
        }
        Change::SwapFile { path, now, wanted } => format!("  swap file {path}: {now:?} => {wanted:?}"),
        Change::Signature { device, now, wanted } => {
            format!("  signature of {device}: {now:?} => {wanted:?}")
        }
        Change::Zram { device, now, wanted } => format!("  {device}: {now:?} => {wanted:?}"),
        Change::Swap { path, now, wanted, by } => {
            let by = match by {
                SwitchedBy::Unit(unit) => unit.as_str(),
                SwitchedBy::Call => "swapon(2)",
            };
            format!("  swap {path}: {} => {} by {by}", usage(now), usage(wanted))
        }
        Change::Value { path, now, wanted } => format!("  value {path}: {now} => {wanted}"),
        Change::Unit { unit, action } => format!("  {action:?} {unit}"),
        Change::Reload => "  daemon-reload".to_owned(),
    }
}

fn usage(usage: &Option<SwapUse>) -> String {
    usage.map_or("off".to_owned(), |usage| {
        format!("on, priority {:?}, discard {:?}", usage.priority, usage.discard)
    })
}

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("none")
}

fn lines(sign: char, content: &Option<FileContent>) -> String {
    let Some(content) = content else { return String::new() };
    let lines = content.text.lines().map(|line| format!("    {sign} {line}\n"));
    format!("    {sign} mode {:o}\n{}", content.mode, lines.collect::<String>())
}
