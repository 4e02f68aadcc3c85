//! Shell scripts: their commands without what stands before a program, and where their output goes.

use crate::lint::Subject;
use model::document::kind::DocumentKind;
use model::document::{Command, Content, Document, Span, Spanned};
use std::collections::BTreeSet;

/// A script, or a part of user data that is one.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// Its number in the file.
    pub number: usize,
    /// The document.
    pub document: &'a Document,
    /// Its commands.
    pub commands: &'a [Command],
    /// Its text, with what the commands write elsewhere.
    pub text: &'a str,
    /// The text of the whole file.
    pub file: &'a str,
}

/// A command's program and its words.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The whole command.
    pub command: &'a Command,
    /// The program, without its folder.
    pub program: &'a str,
    /// The words behind it.
    pub words: &'a [Spanned<String>],
}

/// A file that a command writes.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The file.
    pub path: &'a Spanned<String>,
    /// What `echo` or `printf` writes; `None` when it comes from elsewhere.
    pub value: Option<&'a str>,
    /// The command.
    pub span: Span,
}

/// Pipes are followed this far.
const PIPED_MAX: usize = 8;

/// Words that stand before a program.
const BEFORE: [&str; 16] = [
    "sudo", "env", "time", "nohup", "exec", "command", "then", "do", "else", "if", "while", "until", "!",
    "{", "(", "doas",
];

/// The scripts of a file.
pub fn scripts<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Script<'a>> {
    let file = subject.file;
    file.documents.iter().enumerate().filter_map(move |(number, document)| match &document.content {
        Content::Commands(commands) => {
            let text = file.text.get(document.span.start..document.span.end).unwrap_or("");
            Some(Script { number, document, commands, text, file: &file.text })
        }
        Content::Tree(_) | Content::Settings(_) => None,
    })
}

/// The scripts of a file that no container runs: what containers look at is judged with their pods.
pub fn outside_pods<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Script<'a>> {
    let workloads = &subject.file.workloads;
    // Workloads are in the order of their documents.
    let is_workload = |number| workloads.binary_search_by_key(&number, |workload| workload.document).is_ok();
    scripts(subject).filter(move |script| !script.document.inside.is_some_and(is_workload))
}

/// Whether a file makes a node's user data: its scripts run once, at the first boot.
#[must_use]
pub fn is_user_data(subject: &Subject<'_>) -> bool {
    subject.file.documents.iter().any(|document| match document.kind {
        DocumentKind::MimeUserData | DocumentKind::Ec2NodeClass | DocumentKind::NodeConfig => true,
        DocumentKind::Kubernetes { .. }
        | DocumentKind::Compose
        | DocumentKind::KubeletConfiguration
        | DocumentKind::Kubeadm { .. }
        | DocumentKind::TalosMachine
        | DocumentKind::GkeNodeSystem
        | DocumentKind::DockerDaemon
        | DocumentKind::MemoryPolicy
        | DocumentKind::SystemdUnit
        | DocumentKind::Shell => false,
    })
}

impl<'a> Script<'a> {
    /// Its commands.
    pub fn calls(&self) -> impl Iterator<Item = Call<'a>> + use<'a> {
        self.commands.iter().filter_map(call)
    }

    /// The commands that run one program.
    pub fn calls_of(&self, program: &'static str) -> impl Iterator<Item = Call<'a>> + use<'a> {
        self.calls().filter(move |call| call.program == program)
    }

    /// Every file that it writes by `>`, `>>` or `tee`.
    pub fn writes(&self) -> impl Iterator<Item = Write<'a>> + use<'a> {
        let piped = *self;
        self.commands.iter().enumerate().flat_map(move |(at, command)| piped.writes_of(at, command))
    }

    fn writes_of(&self, at: usize, command: &'a Command) -> Vec<Write<'a>> {
        let Some(call) = call(command) else { return Vec::new() };
        let span = command.span;
        if call.program == "tee" {
            let before = at.checked_sub(1).and_then(|at| self.commands.get(at));
            let before = before.filter(|before| self.is_piped(before.span, span));
            let value = before.and_then(self::call).and_then(|call| call.printed());
            let paths = call.words.iter().filter(|word| !word.value.starts_with('-'));
            let paths = paths.take_while(|word| !is_redirection(&word.value));
            return paths.map(|path| Write { path, value, span }).collect();
        }
        let value = call.printed();
        targets(&command.words).into_iter().map(|path| Write { path, value, span }).collect()
    }

    /// The commands through whose pipes the output of a command goes, next first. A long line is followed a little way.
    pub fn piped(&self, at: usize) -> impl Iterator<Item = &'a Command> + use<'a> {
        let script = *self;
        let rest = self.commands.get(at..).unwrap_or_default();
        let pairs = rest.iter().zip(rest.iter().skip(1)).take(PIPED_MAX);
        let follows = move |pair: &(&Command, &Command)| script.is_piped(pair.0.span, pair.1.span);
        pairs.take_while(follows).map(|(_, next)| next)
    }

    /// Whether the output of one command is the input of the other.
    #[must_use]
    pub fn is_piped(&self, first: Span, second: Span) -> bool {
        self.file
            .get(first.end..second.start)
            .is_some_and(|between| between.trim().trim_matches('\\').trim() == "|")
    }

    /// Whether it prepares a node for good: what it does should outlive a reboot.
    #[must_use]
    pub fn prepares_a_node(&self) -> bool {
        ["kubelet", "kubeadm", "nodeadm", "k3s", "rke2"].iter().any(|name| self.text.contains(name))
    }
}

/// A command without what stands before its program; `None` when it only assigns.
#[must_use]
pub fn call(command: &Command) -> Option<Call<'_>> {
    let mut rest = command.words.as_slice();
    let mut flags_follow = false;
    loop {
        let (word, after) = rest.split_first()?;
        let text = word.value.as_str();
        let assigns = text.split_once('=').is_some_and(|(name, _)| is_name(name));
        if BEFORE.contains(&text) {
            flags_follow = true;
        } else if !(assigns || flags_follow && text.starts_with('-')) {
            let program = text.rsplit('/').next().unwrap_or(text).trim_start_matches("$(");
            return Some(Call { command, program, words: after });
        }
        rest = after;
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `>`, `2>>`, `&>`, `<`.
fn is_redirection(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&').starts_with(['<', '>'])
}

fn targets(words: &[Spanned<String>]) -> Vec<&Spanned<String>> {
    let mut targets = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if matches!(word.value.as_str(), ">" | ">>" | "1>" | "1>>" | ">|") {
            targets.extend(words.next());
        }
    }
    targets
}

impl<'a> Call<'a> {
    /// Whether a word is among its words.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own.value == word)
    }

    /// Its words that are no flags and no redirections.
    pub fn operands(&self) -> impl Iterator<Item = &'a Spanned<String>> + use<'a> {
        let end = |word: &&Spanned<String>| !is_redirection(&word.value);
        self.words.iter().take_while(end).filter(|word| !word.value.starts_with('-'))
    }

    /// What it prints, when it is `echo` or `printf` with one word.
    #[must_use]
    pub fn printed(&self) -> Option<&'a str> {
        let printed = match self.program {
            "echo" => self
                .words
                .iter()
                .find(|word| !matches!(word.value.as_str(), "-n" | "-e" | "-E" | "-ne"))
                .filter(|word| !is_redirection(&word.value)),
            "printf" => {
                let mut words = self.operands();
                let format = words.next();
                words.next().or(format)
            }
            _ => None,
        };
        let text = printed?.value.as_str();
        Some(text.trim_end_matches("\\n"))
    }
}

/// The command around each command: the one in whose word it stands as `$( )`. A command comes after those inside it.
#[must_use]
pub fn outer(commands: &[Command]) -> Vec<Option<usize>> {
    let mut outer = vec![None; commands.len()];
    let mut open: Vec<(usize, Span)> = Vec::new();
    for ((at, command), place) in commands.iter().enumerate().zip(&mut outer).rev() {
        let span = command.span;
        while open.last().is_some_and(|(_, around)| span.start < around.start || around.end < span.end) {
            open.pop();
        }
        *place = open.last().map(|(around, _)| *around);
        open.push((at, span));
    }
    outer
}

/// The swap files that a script makes by fallocate, dd or truncate and hands to mkswap.
#[must_use]
pub fn swap_files<'a>(script: &Script<'a>) -> Vec<&'a Spanned<String>> {
    let mut made = BTreeSet::new();
    for call in script.calls() {
        let words = call.words.iter().map(|word| word.value.as_str());
        match call.program {
            "fallocate" | "truncate" | "touch" => made.extend(words),
            "dd" => made.extend(words.filter_map(|word| word.strip_prefix("of="))),
            _ => {}
        }
    }
    let swap = script.calls_of("mkswap").filter_map(|call| call.operands().last());
    swap.filter(|file| made.contains(file.value.as_str())).collect()
}

/// Whether a command starts or restarts the kubelet.
#[must_use]
pub fn starts_kubelet(call: &Call<'_>) -> bool {
    let starts = ["start", "restart", "--now", "reload-or-restart"].iter().any(|verb| call.has(verb));
    let kubelet = call.has("kubelet") || call.has("kubelet.service");
    matches!(call.program, "systemctl" | "service") && starts && kubelet
        || call.program == "kubeadm" && (call.has("init") || call.has("join"))
}
