//! The services of Compose files, as `docker compose` v2 reads them.

use crate::lint::Subject;
use crate::lint::runtime::order::{Action, Client, Given, Order};
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};
use model::document::{Content, Span, Spanned};

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The document, by its number in the file.
    pub document: usize,
    /// Its name and its settings.
    pub entry: &'a Entry,
}

/// The Compose files among the documents of a file, with their numbers.
pub fn files<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (usize, &'a Node)> {
    let file = subject.file;
    file.documents.iter().enumerate().filter_map(|(number, document)| {
        match (&document.kind, &document.content) {
            (DocumentKind::Compose, Content::Tree(root)) => Some((number, root)),
            (_, Content::Tree(_) | Content::Commands(_) | Content::Settings(_)) => None,
        }
    })
}

/// Keys that a service of the first format has and little else.
const FIRST_KEYS: [&str; 8] =
    ["ports", "links", "volumes", "volumes_from", "mem_limit", "memswap_limit", "container_name", "expose"];

/// Whether a Compose file is of the first format, whose services stand at its top. An image alone is no sign: many other files name one.
#[must_use]
pub fn is_first_format(subject: &Subject<'_>, root: &Node) -> bool {
    let keys =
        ["services", "include", "version", "name", "networks", "volumes", "configs", "secrets", "models"];
    let services = || root.entries().iter().filter(|entry| is_service(&entry.value));
    let is_named = subject.file.name.contains("compose");
    let has_own_key =
        |node: &Node| FIRST_KEYS.iter().any(|key| node.get(key).is_some_and(|value| !value.is_null()));
    keys.iter().all(|key| root.get(key).is_none())
        && services().next().is_some()
        && (is_named || services().all(|entry| has_own_key(&entry.value)))
}

fn is_service(node: &Node) -> bool {
    node.text_at(&["image"]).is_some() || node.get("build").is_some()
}

/// Every service of a file's Compose files.
#[must_use]
pub fn services<'a>(subject: &Subject<'a>) -> Vec<Service<'a>> {
    let mut services = Vec::new();
    for (document, root) in files(subject) {
        let entries = match root.get("services") {
            Some(services) => services.entries(),
            None if is_first_format(subject, root) => root.entries(),
            None => &[],
        };
        let entries = entries.iter().filter(|entry| entry.value.is_mapping());
        services.extend(entries.map(|entry| Service { document, entry }));
    }
    services
}

impl<'a> Service<'a> {
    /// Its settings.
    #[must_use]
    pub fn node(&self) -> &'a Node {
        &self.entry.value
    }

    /// An amount or a number at a path.
    #[must_use]
    pub fn given(&self, path: &[&str]) -> Option<Given> {
        let (last, above) = path.split_last()?;
        let entry = self.node().at(above)?.entry(last)?;
        Some(Given::new(&path.join("."), entry.span(), entry.value.spanned_text()?))
    }

    /// What it orders.
    #[must_use]
    pub fn order(&self) -> Order {
        let node = self.node();
        let mut order = Order::new(Client::Compose, Action::Create, self.document, self.entry.key.span);
        order.names = vec![self.entry.name().to_owned()];
        order.image = node.get("image").and_then(Node::spanned_text);
        order.is_whole = is_service(node) && node.get("extends").is_none();
        order.memory =
            self.given(&["mem_limit"]).or_else(|| self.given(&["deploy", "resources", "limits", "memory"]));
        order.memory_and_swap = self.given(&["memswap_limit"]);
        order.reservation = self
            .given(&["mem_reservation"])
            .or_else(|| self.given(&["deploy", "resources", "reservations", "memory"]));
        order.swappiness = self.given(&["mem_swappiness"]);
        let disable = self.given(&["oom_kill_disable"]);
        order.oom_kill_disable = disable.filter(|given| given.value.value.eq_ignore_ascii_case("true"));
        order.file_systems = self.file_systems();
        order.environment = self.environment();
        order.words = order.environment.clone();
        for key in ["command", "entrypoint"] {
            let Some(command) = node.get(key) else { continue };
            order.words.extend(command.spanned_text());
            order.words.extend(command.items().iter().filter_map(Node::spanned_text));
        }
        order
    }

    fn file_systems(&self) -> Vec<Given> {
        let node = self.node();
        let mut given: Vec<_> = self.given(&["shm_size"]).into_iter().collect();
        if let Some(tmpfs) = node.get("tmpfs") {
            let one = tmpfs.spanned_text();
            let mounts = one.into_iter().chain(tmpfs.items().iter().filter_map(Node::spanned_text));
            given.extend(mounts.filter_map(|mount| tmpfs_size(&mount)));
        }
        for volume in node.get("volumes").map(Node::items).unwrap_or_default() {
            let Some(entry) = volume.get("tmpfs").and_then(|tmpfs| tmpfs.entry("size")) else { continue };
            given.extend(entry.value.spanned_text().map(|size| Given::new("tmpfs.size", entry.span(), size)));
        }
        given
    }

    fn environment(&self) -> Vec<Spanned<String>> {
        let Some(environment) = self.node().get("environment") else { return Vec::new() };
        let pairs = environment.entries().iter().filter_map(|entry| {
            let value = format!("{}={}", entry.name(), entry.value.text()?);
            Some(Spanned { value, span: entry.span() })
        });
        pairs.chain(environment.items().iter().filter_map(Node::spanned_text)).collect()
    }
}

/// The size in `/run:size=64m,mode=1777`; shared with `--tmpfs`.
#[must_use]
pub fn tmpfs_size(mount: &Spanned<String>) -> Option<Given> {
    let options = mount.value.split_once(':')?.1;
    let size = options.split(',').find_map(|option| option.strip_prefix("size="))?;
    // tmpfs reads a share of the machine's memory too: it is no amount.
    let value = Spanned { value: size.to_owned(), span: mount.span };
    Some(Given::new("tmpfs size", mount.span, value))
}

/// A key of a mapping that looks as if it limited memory or swap, and is none that is read there.
pub fn unread_keys<'a>(node: &'a Node, read: &'a [&'a str]) -> impl Iterator<Item = (&'a str, Span)> {
    let entries = node.entries().iter().map(|entry| (entry.name(), entry.key.span));
    entries.filter(|(name, _)| !read.contains(name) && !name.starts_with("x-") && is_about_memory(name))
}

fn is_about_memory(name: &str) -> bool {
    let plain: String = name.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_')).collect();
    plain.contains("swap")
        || ["memory", "memlimit", "memreserv", "memmax", "limits", "reservations", "resources", "oomkill"]
            .iter()
            .any(|start| plain.starts_with(start))
}
