//! A plan while it is made: steps in stages, refusals, remarks.

use crate::node::look::Look;
use crate::node::order::Stage;
use model::path_found::PathFound;
use model::plan::{Change, FileContent, Plan, Refusal, Step};
use model::reading::Reading;

/// A plan while it is made.
#[derive(Default)]
pub struct Draft {
    steps: Vec<(Stage, Step)>,
    refusals: Vec<Refusal>,
    remarks: Vec<String>,
    /// Units that switch swap on, in the order of the areas: the kubelet waits for them.
    pub swap_units: Vec<String>,
    /// Paths of the wanted areas, as `/proc/swaps` shows them.
    pub places: Vec<String>,
    /// Whether an area lies on a disk: zswap needs one.
    pub has_disk_area: bool,
    /// Lines that belong into `/etc/fstab`.
    pub fstab: Vec<String>,
    /// Swap that must have no line there.
    pub not_in_fstab: Vec<String>,
    /// Settings that belong into the sysctl file, in order.
    pub settings: Vec<(String, String)>,
}

/// A file that a step writes.
pub struct WantedFile<'a> {
    pub name: &'a str,
    pub why: &'a str,
    pub path: &'a str,
    /// Nothing: the file shall go.
    pub text: Option<String>,
}

/// The permissions of a file that is new.
const MODE: u32 = 0o644;

impl Draft {
    pub fn step(&mut self, stage: Stage, name: &str, why: impl Into<String>, change: Change) {
        let is_taken = |name: &str| self.steps.iter().any(|(_, step)| step.name == name);
        let mut unique = name.to_owned();
        let mut number = 2;
        while is_taken(&unique) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        self.steps.push((stage, Step { name: unique, why: why.into(), change }));
    }

    pub fn refuse(&mut self, why: impl Into<String>, remedy: impl Into<String>) {
        let refusal = Refusal { why: why.into(), remedy: remedy.into() };
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    pub fn remark(&mut self, words: impl Into<String>) {
        let words = words.into();
        if !self.remarks.contains(&words) {
            self.remarks.push(words);
        }
    }

    /// Takes steps back that are drafted anew.
    pub fn forget(&mut self, is_meant: impl Fn(&Change) -> bool) {
        self.steps.retain(|(_, step)| !is_meant(&step.change));
    }

    /// Whether a step is there that the question is about.
    pub fn any(&self, is_meant: impl Fn(Stage, &Change) -> bool) -> bool {
        self.steps.iter().any(|(stage, step)| is_meant(*stage, &step.change))
    }

    /// A file's text, when it is another one. Whoever made the file gave it its permissions; a new one is readable by all.
    pub fn file(&mut self, look: &Look<'_>, stage: Stage, wanted: WantedFile<'_>) {
        let WantedFile { name, why, path, text } = wanted;
        let now = match look.path(path) {
            Reading::Value(PathFound::Text(content)) => Some(content),
            Reading::Absent => None,
            Reading::Value(PathFound::Blocks { .. } | PathFound::Folder(_) | PathFound::Other(_)) => {
                return self.refuse(
                    format!("{path} is no file of text"),
                    format!("look what {path} is, and move it away"),
                );
            }
            Reading::Value(PathFound::Link(target)) => {
                return self.refuse(
                    format!("{path} is a symbolic link to {target}: expected a file, or nothing"),
                    format!("look who made it; `rm {path}` takes the link away"),
                );
            }
            Reading::Failed(why) => {
                return self.refuse(format!("{path} cannot be read: {why}"), "run this as root");
            }
        };
        let mode = now.as_ref().map_or(MODE, |content| content.mode);
        let wanted = text.map(|text| FileContent { text, mode });
        if now != wanted {
            self.step(stage, name, why, Change::File { path: path.to_owned(), now, wanted });
        }
    }

    /// A symbolic link, when it points elsewhere.
    pub fn link(&mut self, look: &Look<'_>, name: &str, why: &str, path: &str, target: &str) {
        let now = match look.path(path) {
            Reading::Value(PathFound::Link(target)) => Some(target),
            Reading::Absent => None,
            Reading::Value(_) => {
                return self.refuse(
                    format!("{path} is no symbolic link: expected one to {target}, or nothing"),
                    format!("move {path} away"),
                );
            }
            Reading::Failed(why) => {
                return self.refuse(format!("{path} cannot be read: {why}"), "run this as root");
            }
        };
        let wanted = Some(target.to_owned());
        if now != wanted {
            let change = Change::Link { path: path.to_owned(), now, wanted };
            self.step(Stage::Units, name, why, change);
        }
    }

    /// A value of the kernel, when it is another one.
    pub fn value(&mut self, look: &Look<'_>, stage: Stage, name: &str, why: &str, path: &str, wanted: &str) {
        match look.text(path) {
            Reading::Value(now) if now.trim() == wanted => {}
            Reading::Value(now) => {
                let change = Change::Value {
                    path: path.to_owned(),
                    now: now.trim().to_owned(),
                    wanted: wanted.to_owned(),
                };
                self.step(stage, name, why, change);
            }
            Reading::Absent => self.refuse(
                format!("this kernel has no {path}"),
                "leave this wish out, or take a kernel that has it",
            ),
            Reading::Failed(why) => self.refuse(format!("{path} cannot be read: {why}"), "run this as root"),
        }
    }

    pub fn finish(mut self) -> Plan {
        self.steps.sort_by_key(|(stage, _)| *stage);
        Plan {
            steps: self.steps.into_iter().map(|(_, step)| step).collect(),
            refusals: self.refusals,
            remarks: self.remarks,
        }
    }
}
