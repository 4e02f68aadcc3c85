//! JSON objects that keep Highwater's promise on figures: unlimited is said, unknown is null with its reason.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use serde_json::{Map, Value};

/// Why a figure that this kernel or cgroup version does not have is null.
const NO_SUCH_FIGURE: &str = "this kernel, cgroup version or cgroup has no such figure";

/// A JSON object under construction. Keys stay in the order in which they are added.
#[derive(Debug, Default)]
pub struct Object {
    fields: Map<String, Value>,
    unknown: Map<String, Value>,
}

impl Object {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what is always known.
    #[must_use]
    pub fn known(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a figure or a word; unknown is null, with the reason under `unknown`.
    #[must_use]
    pub fn reading<T: Into<Value>>(mut self, key: &str, reading: Reading<T>) -> Self {
        let value = match reading {
            Reading::Value(value) => value.into(),
            Reading::Absent => self.note(key, NO_SUCH_FIGURE),
            Reading::Failed(why) => self.note(key, &why),
        };
        self.fields.insert(key.to_owned(), value);
        self
    }

    /// Adds an unknown with a reason of its own where the figure does not exist.
    #[must_use]
    pub fn reading_or<T: Into<Value>>(mut self, key: &str, reading: Reading<T>, why_absent: &str) -> Self {
        if let Reading::Absent = reading {
            let null = self.note(key, why_absent);
            self.fields.insert(key.to_owned(), null);
            return self;
        }
        self.reading(key, reading)
    }

    /// Adds an amount; the key ends in `_bytes`.
    #[must_use]
    pub fn bytes(self, key: &str, amount: &Reading<Bytes>) -> Self {
        self.reading(key, amount.clone().map(|bytes| bytes.0))
    }

    /// Adds a limit as `<name>_bytes` and `<name>_unlimited`.
    #[must_use]
    pub fn limit(self, name: &str, limit: &Reading<Limit>) -> Self {
        let key = format!("{name}_bytes");
        match limit {
            Reading::Value(Limit::At(bytes)) => {
                self.known(&key, bytes.0).known(&format!("{name}_unlimited"), false)
            }
            Reading::Value(Limit::Unlimited) => {
                self.known(&key, Value::Null).known(&format!("{name}_unlimited"), true)
            }
            Reading::Absent | Reading::Failed(_) => self.reading(&key, limit.clone().map(|_| Value::Null)),
        }
    }

    /// The finished object.
    #[must_use]
    pub fn finish(mut self) -> Value {
        if !self.unknown.is_empty() {
            self.fields.insert("unknown".to_owned(), Value::Object(self.unknown));
        }
        Value::Object(self.fields)
    }

    fn note(&mut self, key: &str, why: &str) -> Value {
        self.unknown.insert(key.to_owned(), Value::from(why));
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Limit, Object, Reading};
    use serde_json::json;

    #[test]
    fn unlimited_is_said_and_unknown_has_a_reason() {
        let object = Object::new()
            .limit("limit", &Reading::Value(Limit::Unlimited))
            .limit("high", &Reading::Value(Limit::At(Bytes(7))))
            .bytes("peak_bytes", &Reading::failed("permission denied"))
            .bytes("usage_bytes", &Reading::Value(Bytes(1)))
            .finish();
        let expected = json!({
            "limit_bytes": null, "limit_unlimited": true,
            "high_bytes": 7, "high_unlimited": false,
            "peak_bytes": null, "usage_bytes": 1,
            "unknown": {"peak_bytes": "permission denied"},
        });
        assert_eq!(object, expected);
    }
}
