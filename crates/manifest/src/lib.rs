//! Documents that other people write, as values of `model` with their places: text in, trees and workloads out.

pub mod edit;
mod embedded;
mod fields;
mod form;
mod json;
mod mime;
mod pieces;
mod place;
mod reader;
mod recognise;
mod scalar_map;
mod settings;
mod shell;
mod template;
mod text;
mod words;
mod workload;
mod yaml;

use model::document::Unread;
use model::document::node::Node;
use model::manifest::ManifestFile;

/// Reads a file as far as it is understood. Its name may tell its kind. It does not fail: what cannot be read is in `unread`, and
/// the rest is read.
///
/// The text of a file in UTF-16 is its translation, so that edits of it do not fit the bytes: see [`is_as_written`].
#[must_use]
pub fn read(name: &str, bytes: &[u8]) -> ManifestFile {
    if let Some(binary) = text::binary(bytes) {
        return ManifestFile { name: name.to_owned(), unread: vec![binary], ..ManifestFile::default() };
    }
    let text::Text { text, broken } = text::decode(bytes);
    let (documents, workloads, unread) = reader::read(name, &text, &broken);
    ManifestFile { name: name.to_owned(), text, documents, workloads, unread }
}

/// Whether the places of a file's text are those of its bytes: only then can an edit be written back.
#[must_use]
pub fn is_as_written(file: &ManifestFile, bytes: &[u8]) -> bool {
    file.text.as_bytes() == bytes
}

/// The tree of a text that is one YAML or JSON document, whatever it is about: for formats that are read elsewhere. `None` is an
/// empty text.
///
/// # Errors
/// When it is no YAML.
pub fn tree(text: &str) -> Result<Option<Node>, Unread> {
    yaml::tree(text, place::Place::FILE, &mut yaml::Budget::default(), &mut words::Words::default())
}
