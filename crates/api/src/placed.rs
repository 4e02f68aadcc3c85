//! Values of our own files with their places, and errors that name the place.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_saphyr::{Error, Location, Spanned};
use std::borrow::Cow;
use std::ops::Deref;

/// A value and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Placed<T>(Spanned<T>);

impl<T> Placed<T> {
    /// A value that stands in no file.
    #[must_use]
    pub const fn nowhere(value: T) -> Self {
        Self(Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN))
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(self.0.referenced)
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A line and a column, counted from one; zeros where the place is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Place {
    fn of(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

/// What is wrong with a file of ours, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The place.
    pub place: Place,
    /// What was expected and what was found.
    pub words: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}", self.place.line, self.place.column, self.words)
    }
}

/// Reads YAML or JSON into a type.
///
/// # Errors
/// With the first place where it is no YAML or does not fit the type.
pub fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().map_or_else(Place::default, Place::of);
        Fault { place, words: words_of(&error) }
    })
}

/// The error without its place and without the picture of the lines around it.
fn words_of(error: &Error) -> String {
    let error = error.without_snippet();
    let formatter = serde_saphyr::UserMessageFormatter;
    serde_saphyr::MessageFormatter::format_message(&formatter, error).into_owned()
}

/// Writes YAML.
///
/// # Errors
/// When the value cannot be written as YAML.
pub fn to_yaml(value: &impl Serialize) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(value)
}
