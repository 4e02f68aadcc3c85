//! Many hogs at once: every kill is told, attributed or said not to be, and the text is for people.

use super::scene::Scene;
use crate::real::checks::Checks;
use crate::real::oom::hogs::{Hogs, until_silence};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Nobody is told after so long a silence.
const SILENCE: Duration = Duration::from_secs(4);

const STORM_MAX: Duration = Duration::from_secs(60);

/// A line that is longer is not read by anybody.
const COLUMNS_MAX: usize = 240;

/// Hogs that start together, each in a group of its own.
pub fn check_storm(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let text = TextWatch::start(scene)?;
    let hogs = Hogs::run(&scene.tree, scene.hogs)?;
    let told = until_silence(SILENCE, STORM_MAX, |within| scene.next(within));
    checks.check("storm: everybody died", hogs.kills >= u64::try_from(scene.hogs)?, hogs.kills);
    let by = |word: &str| told.iter().filter(|incident| incident["attribution"]["by"] == word).count();
    println!(
        "      storm: {} kills, {} lines: {} by report, {} by the only candidate, {} by counter alone, {} nobody's",
        hogs.kills,
        told.len(),
        by("report"),
        by("only_candidate"),
        by("counter_alone"),
        by("nobody")
    );
    hogs.check(&told, checks)?;
    check_text(&text, &told, checks);
    Ok(())
}

/// One line per incident, each with the incident's name first, none longer than a screen is wide.
fn check_text(text: &TextWatch, told: &[Value], checks: &mut Checks) {
    let lines = until_silence(SILENCE, STORM_MAX, |within| text.lines.recv_timeout(within).ok());
    let bad: Vec<&String> = lines.iter().filter(|line| !is_readable(line)).collect();
    checks.equal("storm: lines of text that nobody can read", &json!(bad), &json!([]));
    let mut repeated = lines.clone();
    repeated.sort_unstable();
    repeated.dedup();
    checks.equal("storm: no line twice", &json!(repeated.len()), &json!(lines.len()));
    let groups = lines.iter().filter(|line| line.contains("/storm/")).count();
    println!("      storm: {} lines of text, {groups} of them name a group", lines.len());
    for line in lines.iter().take(2).chain(lines.last()) {
        println!("      {line}");
    }
    let most = told.len() + 10;
    checks.check(
        "storm: as many lines as incidents at most",
        !lines.is_empty() && lines.len() <= most,
        lines.len(),
    );
}

fn is_readable(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let id = words.next().unwrap_or_default();
    id.len() == 7
        && id.chars().all(|character| character.is_ascii_alphanumeric())
        && line.contains(": ")
        && line.chars().count() <= COLUMNS_MAX
        && !line.chars().any(char::is_control)
}

/// A watch that prints for people. It is ended with this value.
struct TextWatch {
    child: Child,
    lines: Receiver<String>,
}

impl TextWatch {
    fn start(scene: &Scene<'_>) -> anyhow::Result<Self> {
        let mut command = Command::new(scene.product.path());
        command.args(["oom", "watch", "--docker-host", scene.docker.host()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let Some(stdout) = stdout else { return };
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }
}

impl Drop for TextWatch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
