//! The file of `explain protection`: a tree of cgroups with usage, `memory.min` and `memory.low`.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::document::Span;
use model::document::node::Node;
use model::outcome::protection::ProtectedCgroup;
use model::quantity::Quantity;

/// The format, with an example that works.
pub const FORMAT: &str = "The file is YAML or JSON: one cgroup with its children, as deep as need be.

  name: tenants        # the cgroup whose siblings compete with it for the machine's memory
  low: 4Gi             # memory.low; `min` is memory.min, `max` means all; not given is 0
  usage: 3584Mi        # memory.current; not given is what the children use together
  recursive: true      # mount option memory_recursiveprot, as systemd sets it; the default
  children:
    - {name: a, low: 3Gi, usage: 2Gi}
    - {name: b, low: 2Gi, usage: 1Gi}
    - {name: c, low: 1Gi, usage: 512Mi}";

/// A tree that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupTree {
    /// The topmost cgroup.
    pub top: ProtectedCgroup,
    /// Whether siblings share what none of them claims.
    pub is_recursive: bool,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What was expected and what was found.
    pub why: String,
}

/// Reads a tree.
///
/// # Errors
/// When a key or a value is none of the format.
pub fn read(root: &Node) -> Result<CgroupTree, Fault> {
    let is_recursive = match root.get("recursive") {
        None => true,
        Some(node) => node.bool().ok_or_else(|| fault(node, "`true` or `false`"))?,
    };
    Ok(CgroupTree { top: cgroup(root, Position::Top)?, is_recursive })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Top,
    Below,
}

fn cgroup(node: &Node, position: Position) -> Result<ProtectedCgroup, Fault> {
    if !node.is_mapping() {
        return Err(fault(node, "a cgroup: a mapping with `name`, `usage`, `min`, `low`, `children`"));
    }
    for entry in node.entries() {
        let is_known = match entry.name() {
            "name" | "usage" | "min" | "low" | "children" => true,
            "recursive" => position == Position::Top,
            _ => false,
        };
        if !is_known {
            let why =
                format!("expected `name`, `usage`, `min`, `low` or `children`, found `{}`", entry.name());
            return Err(Fault { span: entry.key.span, why });
        }
    }
    let name = node.get("name").and_then(Node::text).unwrap_or(match position {
        Position::Top => "top",
        Position::Below => "?",
    });
    let children: Vec<ProtectedCgroup> = match node.get("children") {
        None => Vec::new(),
        Some(children) if children.items().is_empty() && !children.is_null() && children.text().is_some() => {
            return Err(fault(children, "a list of cgroups"));
        }
        Some(children) => {
            children.items().iter().map(|child| cgroup(child, Position::Below)).collect::<Result<_, _>>()?
        }
    };
    let together: Bytes = children.iter().map(|child| child.usage).sum();
    let usage = match node.get("usage") {
        Some(usage) => {
            let bytes = amount(usage)?;
            if bytes < together {
                let why = format!(
                    "expected at least the {} bytes that its children use together, found {}",
                    together.0, bytes.0
                );
                return Err(Fault { span: usage.span, why });
            }
            bytes
        }
        None if children.is_empty() => return Err(missing_usage(node, name)),
        None => together,
    };
    let setting = |key: &str| node.get(key).map_or(Ok(Limit::At(Bytes::ZERO)), limit);
    Ok(ProtectedCgroup { name: name.to_owned(), usage, min: setting("min")?, low: setting("low")?, children })
}

fn missing_usage(node: &Node, name: &str) -> Fault {
    Fault { span: node.span, why: format!("expected `usage` of cgroup `{name}`, found none") }
}

fn limit(node: &Node) -> Result<Limit, Fault> {
    if node.text() == Some("max") { Ok(Limit::Unlimited) } else { amount(node).map(Limit::At) }
}

fn amount(node: &Node) -> Result<Bytes, Fault> {
    let expected = || fault(node, "an amount such as `512Mi`, `1G` or a byte count");
    match node.text().ok_or_else(expected)?.parse::<Quantity>() {
        Ok(Quantity::Bytes(bytes)) => Ok(bytes),
        Ok(Quantity::Ratio(_)) | Err(_) => Err(expected()),
    }
}

fn fault(node: &Node, expected: &str) -> Fault {
    let found = match node.text() {
        Some(text) => format!("`{text}`"),
        None if node.is_mapping() => "a mapping".to_owned(),
        None if node.is_null() => "nothing".to_owned(),
        None => "a list".to_owned(),
    };
    Fault { span: node.span, why: format!("expected {expected}, found {found}") }
}
