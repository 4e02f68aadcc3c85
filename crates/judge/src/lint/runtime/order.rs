//! A container as somebody orders it from Docker or Podman: by a service of a Compose file, or by a command.

use crate::lint::Subject;
use crate::lint::node::script;
use crate::lint::runtime::docker_size::DockerSize;
use crate::lint::runtime::{compose, docker_command};
use model::document::{Span, Spanned};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// `docker compose`.
    Compose,
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A new container.
    Create,
    /// Other limits for one that is there.
    Update,
}

/// One setting as it is written.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its key or flag, as it is written: `mem_limit`, `-m`.
    pub key: String,
    /// From the key to the end of the value.
    pub span: Span,
    /// The value.
    pub value: Spanned<String>,
    /// The value as Docker reads an amount.
    pub size: DockerSize,
}

impl Given {
    /// A setting.
    #[must_use]
    pub fn new(key: &str, span: Span, value: Spanned<String>) -> Self {
        let size = DockerSize::of(&value.value);
        Self { key: key.to_owned(), span, value, size }
    }

    /// As it would be written: `mem_limit: 512m`, `--memory 512m`.
    #[must_use]
    pub fn text(&self) -> String {
        let between = if self.key.starts_with('-') { " " } else { ": " };
        format!("{}{between}{}", self.key, self.value.value)
    }
}

/// A container that is ordered.
#[derive(Clone, Debug)]
pub struct Order {
    /// Who is asked.
    pub client: Client,
    /// What for.
    pub action: Action,
    /// The document, by its number in the file.
    pub document: usize,
    /// The service's name, or the command.
    pub span: Span,
    /// The containers' names, where they are given.
    pub names: Vec<String>,
    /// The image, where it is written.
    pub image: Option<Spanned<String>>,
    /// Whether everything that is ordered can be seen here: no `extends`, no variable among the flags.
    pub is_whole: bool,
    /// The memory limit.
    pub memory: Option<Given>,
    /// The limit of memory and swap together.
    pub memory_and_swap: Option<Given>,
    /// The reservation.
    pub reservation: Option<Given>,
    /// The swappiness.
    pub swappiness: Option<Given>,
    /// The OOM killer is switched off.
    pub oom_kill_disable: Option<Given>,
    /// The limit of kernel memory.
    pub kernel_memory: Option<Given>,
    /// Sizes of file systems in memory: `shm_size` and tmpfs mounts.
    pub file_systems: Vec<Given>,
    /// Environment variables as `NAME=value`.
    pub environment: Vec<Spanned<String>>,
    /// Words that the process sees: its environment and its command.
    pub words: Vec<Spanned<String>>,
}

impl Order {
    /// An order with nothing in it.
    #[must_use]
    pub fn new(client: Client, action: Action, document: usize, span: Span) -> Self {
        Self {
            client,
            action,
            document,
            span,
            names: Vec::new(),
            image: None,
            is_whole: true,
            memory: None,
            memory_and_swap: None,
            reservation: None,
            swappiness: None,
            oom_kill_disable: None,
            kernel_memory: None,
            file_systems: Vec::new(),
            environment: Vec::new(),
            words: Vec::new(),
        }
    }

    /// Every amount that is given.
    pub fn amounts(&self) -> impl Iterator<Item = &Given> {
        let one = [&self.memory, &self.memory_and_swap, &self.reservation];
        one.into_iter().flatten().chain(&self.file_systems)
    }

    /// The program's name.
    #[must_use]
    pub const fn program(&self) -> &'static str {
        match self.client {
            Client::Compose | Client::Docker => "Docker",
            Client::Podman => "Podman",
        }
    }
}

/// Every container that a file orders.
#[must_use]
pub fn orders(subject: &Subject<'_>) -> Vec<Order> {
    let mut orders = Vec::new();
    for service in compose::services(subject) {
        orders.push(service.order());
    }
    for script in script::scripts(subject) {
        orders.extend(script.calls().filter_map(|call| docker_command::order(script.number, &call)));
    }
    orders
}
