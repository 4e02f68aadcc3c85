//! Many hogs at once, each in a group of its own, and what was told of them against what the kernel counted.

use super::shell::Shell;
use super::stage::{MIB, kills_of, kills_of_machine};
use crate::real::checks::Checks;
use crate::real::own_cgroup::{OwnCgroup, Tree};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Hogs that were killed together.
pub struct Hogs {
    /// How many kills the kernel counted on the whole machine meanwhile.
    pub kills: u64,
    groups: Vec<OwnCgroup>,
    _hogs: Vec<Shell>,
}

impl Hogs {
    /// Starts so many together and waits until the last has ended.
    pub fn run(tree: &Tree, number: usize) -> anyhow::Result<Self> {
        let before = kills_of_machine()?;
        let storm = tree.group("storm")?;
        let groups: Vec<OwnCgroup> =
            (0..number).map(|number| storm.child(&format!("{number}"))).collect::<anyhow::Result<_>>()?;
        for group in &groups {
            group.limit(6 * MIB, 0)?;
        }
        let mut hogs: Vec<Shell> =
            groups.iter().map(|group| Shell::holding(group, 24)).collect::<anyhow::Result<_>>()?;
        for hog in &mut hogs {
            hog.wait()?;
        }
        Ok(Self { kills: kills_of_machine()? - before, groups, _hogs: hogs })
    }

    /// Every kill is told, and no group is accused of more kills than it counts.
    pub fn check(&self, told: &[Value], checks: &mut Checks) -> anyhow::Result<()> {
        checks.equal(
            "storm: every kill is told or said to be unattributed",
            &json!(kills_of(told)),
            &json!(self.kills),
        );
        let mut accused = Vec::new();
        for group in &self.groups {
            if kills_in(told, group) > group.oom_kills()? {
                accused.push(lines_of(told, group));
            }
        }
        checks.equal("storm: groups accused of more kills than they count", &json!(accused), &json!([]));
        Ok(())
    }
}

/// What comes until nothing has come for so long.
pub fn until_silence<T>(
    silence: Duration,
    at_most: Duration,
    mut next: impl FnMut(Duration) -> Option<T>,
) -> Vec<T> {
    let start = Instant::now();
    let mut all = Vec::new();
    while start.elapsed() < at_most {
        let Some(one) = next(silence) else { break };
        all.push(one);
    }
    all
}

/// What was told of a group, in short.
fn lines_of(told: &[Value], group: &OwnCgroup) -> String {
    let here = told.iter().filter(|incident| incident["place"]["cgroup"] == group.path());
    let words = here.map(|incident| {
        let victim = &incident["victims"][0]["pid"];
        let when = &incident["when"]["since_boot_seconds"];
        format!(
            "{} {} kills, {} at {when}, pid {victim}",
            incident["id"], incident["kills"], incident["attribution"]
        )
    });
    format!("{}: {}", group.path(), words.collect::<Vec<_>>().join("; "))
}

fn kills_in(told: &[Value], group: &OwnCgroup) -> u64 {
    let here = told.iter().filter(|incident| incident["place"]["cgroup"] == group.path());
    here.filter_map(|incident| incident["kills"].as_u64()).sum()
}
