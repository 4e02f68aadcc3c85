//! The two text formats: what stands above a family, how a sample is written, how a label is escaped.
//!
//! OpenMetrics 1.0 names a counter's family without `_total` and ends with `# EOF`; Prometheus's text format 0.0.4 has neither
//! units nor an end, and names the family as its samples.

use super::Dialect;
use std::fmt::Write;

/// What a family counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only rises; its name ends in `_total`.
    Counter,
    /// It only rises, under a name of others that does not say so: both formats would refuse it as a counter.
    Untyped,
}

/// A family of series.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name of its samples.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// One sentence.
    pub help: &'static str,
}

/// A value that is written exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Bytes, counts.
    Whole(u64),
    /// Seconds, ratios.
    Real(f64),
}

/// A page in the making.
pub struct Page {
    dialect: Dialect,
    text: String,
}

impl Page {
    /// An empty page.
    pub const fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::new() }
    }

    /// Writes a family; one without samples is left out.
    pub fn family<'a>(&mut self, family: Family, samples: impl IntoIterator<Item = (&'a str, Value)>) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        self.head(family);
        for (labels, value) in samples {
            let text = &mut self.text;
            text.push_str(family.name);
            if !labels.is_empty() {
                text.push('{');
                text.push_str(labels);
                text.push('}');
            }
            // Writing into a string cannot fail.
            let _ = match value {
                Value::Whole(value) => writeln!(text, " {value}"),
                Value::Real(value) => writeln!(text, " {value}"),
            };
        }
    }

    fn head(&mut self, family: Family) {
        let Family { name, kind, help } = family;
        let text = &mut self.text;
        let (named, kind) = match (self.dialect, kind) {
            (Dialect::OpenMetrics, Kind::Counter) => (name.strip_suffix("_total").unwrap_or(name), "counter"),
            (Dialect::Prometheus, Kind::Counter) => (name, "counter"),
            (Dialect::OpenMetrics, Kind::Untyped) => (name, "unknown"),
            (Dialect::Prometheus, Kind::Untyped) => (name, "untyped"),
            (Dialect::OpenMetrics | Dialect::Prometheus, Kind::Gauge) => (name, "gauge"),
        };
        let _ = writeln!(text, "# HELP {named} {help}");
        let _ = writeln!(text, "# TYPE {named} {kind}");
        let unit =
            ["bytes", "seconds", "ratio"].into_iter().find(|unit| named.ends_with(&format!("_{unit}")));
        if let (Dialect::OpenMetrics, Some(unit)) = (self.dialect, unit) {
            let _ = writeln!(text, "# UNIT {named} {unit}");
        }
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        if self.dialect == Dialect::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

/// Labels as they stand between the braces. An empty one is no label, which is the same to Prometheus.
pub fn labels(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for char in value.chars() {
            match char {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Family, Kind, Page, Value, labels};

    const KILLS: Family = Family { name: "x_kills_total", kind: Kind::Counter, help: "Kills." };

    #[test]
    fn a_name_with_quotes_and_line_breaks_stays_one_label() {
        assert_eq!(labels(&[("a", "x\"y\\z\nw"), ("b", ""), ("c", "d")]), r#"a="x\"y\\z\nw",c="d""#);
    }

    #[test]
    fn each_format_names_a_counter_in_its_way() {
        let written = |dialect| {
            let mut page = Page::new(dialect);
            page.family(KILLS, [("a=\"b\"", Value::Whole(u64::MAX)), ("", Value::Real(0.25))]);
            page.family(Family { name: "y", ..KILLS }, []);
            page.finish()
        };
        assert_eq!(
            written(Dialect::OpenMetrics),
            "# HELP x_kills Kills.\n# TYPE x_kills counter\nx_kills_total{a=\"b\"} 18446744073709551615\nx_kills_total 0.25\n# EOF\n"
        );
        assert_eq!(
            written(Dialect::Prometheus),
            "# HELP x_kills_total Kills.\n# TYPE x_kills_total counter\nx_kills_total{a=\"b\"} 18446744073709551615\nx_kills_total 0.25\n"
        );
    }
}
