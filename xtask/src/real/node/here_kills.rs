//! The product killed in the middle of a run, again and again: what it left is finished, or taken back.

use super::here::Ground;
use super::looks::{difference, priority};
use crate::real::checks::Checks;
use serde_json::json;
use std::process::{Command, Stdio};

/// The kills are spread over what a whole run writes down.
const ROUNDS: usize = 12;

/// Kills.
pub fn run(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let file = ground.text("disk/swap");
    let wish = format!("--swap 64Mi --file {file} --priority 9");
    let whole = ground.node(&format!("apply {wish} --yes"))?;
    let records = records(ground);
    checks.check("killed: a whole run, to compare with", whole.code == Some(0) && records > 2, records);
    checks.equal("killed: its undo", &json!(ground.node("undo --yes")?.code), &json!(0));
    let mut cut_short = 0;
    for round in 0..ROUNDS {
        let words = format!("node apply {wish} --yes --state {}", ground.text("state"));
        let mut child = Command::new(ground.product.path())
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        while self::records(ground) < round * records / ROUNDS && child.try_wait()?.is_none() {}
        child.kill()?;
        if !child.wait()?.success() {
            cut_short += 1;
        }
        if round % 2 == 0 {
            let done = ground.node(&format!("apply {wish} --yes"))?;
            let name = format!("killed, round {round}: apply goes on");
            checks.check(&name, done.code == Some(0), format!("{}{}", done.stdout, done.stderr));
            let is_verified = ground.node(&format!("verify {wish}"))?.code == Some(0);
            let is_on = priority(&file)?.as_deref() == Some("9");
            checks.check(&format!("killed, round {round}: as wanted"), is_verified && is_on, "verify");
        }
        let undone = ground.node("undo --yes")?;
        checks.equal(&format!("killed, round {round}: undo"), &json!(undone.code), &json!(0));
        let after = ground.shown()?;
        let is_back = before == after && priority(&file)?.is_none();
        checks.check(&format!("killed, round {round}: as it was"), is_back, difference(&before, &after));
    }
    checks.check("killed: at least half of the runs were cut short", cut_short * 2 >= ROUNDS, cut_short);
    Ok(())
}

/// How many records the journal has.
fn records(ground: &Ground<'_>) -> usize {
    // It is made and renamed at any moment: one that is not there has none.
    std::fs::read_to_string(ground.text("state/journal")).map_or(0, |text| text.lines().count())
}
