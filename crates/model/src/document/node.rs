//! The tree of a YAML or JSON document. Nothing is lost that a finding may want to point at.

use crate::document::{Span, Spanned};
use std::sync::Arc;

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, a number, a truth value, nothing.
    Scalar(Scalar),
    /// Values in order.
    Sequence(Vec<Node>),
    /// Keys and values in order, also those written twice.
    Mapping(Vec<Entry>),
    /// `*name`: the value that was written at `&name`. The node's own span is that of the alias.
    Alias(Arc<Node>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; a scalar in every document that is checked.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A scalar as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text without quotes, escapes resolved.
    pub text: Arc<str>,
    /// How it is written.
    pub style: Style,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes: it may be a number, a truth value or null.
    Plain,
    /// In quotes of either kind, or tagged `!!str`: it is text.
    Quoted,
    /// A block of `|` or `>`: it is text.
    Block,
}

/// The kinds of scalars that YAML 1.2's core schema tells apart, as Kubernetes and Compose read them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number that is no 64-bit integer.
    Float(f64),
    /// Text.
    Text(&'a str),
}

impl Scalar {
    /// What it means.
    #[must_use]
    pub fn plain(&self) -> Plain<'_> {
        if self.style != Style::Plain {
            return Plain::Text(&self.text);
        }
        match &*self.text {
            "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
            "true" | "True" | "TRUE" => Plain::Bool(true),
            "false" | "False" | "FALSE" => Plain::Bool(false),
            text => number(text).unwrap_or(Plain::Text(text)),
        }
    }
}

fn number(text: &str) -> Option<Plain<'_>> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    if let Ok(integer) = text.parse() {
        return Some(Plain::Integer(integer));
    }
    // Rust reads `inf` and `nan` as numbers, YAML only `.inf` and `.nan`, which no memory setting is.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_number.then(|| text.parse().ok()).flatten().map(Plain::Float)
}

impl Node {
    /// The node that an alias stands for, else itself.
    #[must_use]
    pub fn resolved(&self) -> &Self {
        match &self.value {
            Value::Alias(target) => target.resolved(),
            Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) => self,
        }
    }

    /// Its entries, when it is a mapping.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.resolved().value {
            Value::Mapping(entries) => entries,
            Value::Scalar(_) | Value::Sequence(_) | Value::Alias(_) => &[],
        }
    }

    /// Its items, when it is a sequence.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.resolved().value {
            Value::Sequence(items) => items,
            Value::Scalar(_) | Value::Mapping(_) | Value::Alias(_) => &[],
        }
    }

    /// Its scalar, when it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.resolved().value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) | Value::Alias(_) => None,
        }
    }

    /// Whether it is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.resolved().value, Value::Mapping(_))
    }

    /// Whether it is nothing, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.plain() == Plain::Null)
    }

    /// The text of a scalar, whatever its kind; `None` for null.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let scalar = self.scalar()?;
        (scalar.plain() != Plain::Null).then_some(&*scalar.text)
    }

    /// The text with its place.
    #[must_use]
    pub fn spanned_text(&self) -> Option<Spanned<String>> {
        Some(Spanned { value: self.text()?.to_owned(), span: self.span })
    }

    /// The truth value.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.scalar()?.plain() {
            Plain::Bool(value) => Some(value),
            Plain::Null | Plain::Integer(_) | Plain::Float(_) | Plain::Text(_) => None,
        }
    }

    /// The integer.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.scalar()?.plain() {
            Plain::Integer(value) => Some(value),
            Plain::Null | Plain::Bool(_) | Plain::Float(_) | Plain::Text(_) => None,
        }
    }

    /// The entry of a key: the last one written, as most readers take it; through `<<` when it is not written here.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let entries = self.entries();
        let own = entries.iter().rev().find(|entry| entry.key.is_key(key));
        own.or_else(|| {
            entries.iter().filter(|entry| entry.key.is_key("<<")).find_map(|merge| {
                let merged = &merge.value;
                merged.entry(key).or_else(|| merged.items().iter().find_map(|item| item.entry(key)))
            })
        })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        Some(&self.entry(key)?.value)
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of the mapping at the end of a path; none where there is no mapping.
    #[must_use]
    pub fn entries_at(&self, path: &[&str]) -> &[Entry] {
        self.at(path).map_or(&[], Self::entries)
    }

    /// The items of the sequence at the end of a path; none where there is no sequence.
    #[must_use]
    pub fn items_at(&self, path: &[&str]) -> &[Self] {
        self.at(path).map_or(&[], Self::items)
    }

    /// The text at the end of a path.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.text()
    }

    fn is_key(&self, key: &str) -> bool {
        self.scalar().is_some_and(|scalar| *scalar.text == *key)
    }
}

impl Entry {
    /// The key's text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.key.scalar().map_or("", |scalar| &*scalar.text)
    }

    /// From the key to the end of the value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}
