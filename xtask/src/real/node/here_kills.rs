//! The product killed in the middle of a run, again and again: what it left is finished, or taken back.

use super::here::Ground;
use super::looks::{difference, priority};
use crate::real::checks::Checks;
use serde_json::json;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const ROUNDS: u64 = 12;
/// A run takes about this long; the kills are spread over it.
const SPREAD: Duration = Duration::from_millis(120);

/// Kills.
pub fn run(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let file = ground.text("disk/swap");
    let wish = format!("--swap 64Mi --file {file} --priority 9");
    let mut cut_short = 0;
    for round in 0..ROUNDS {
        let words = format!("node apply {wish} --yes --state {}", ground.text("state"));
        let mut child = Command::new(ground.product.path())
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        sleep(SPREAD * u32::try_from(round)? / u32::try_from(ROUNDS)?);
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
