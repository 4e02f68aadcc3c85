//! The list as comma-separated values: raw figures, units in the headings (RFC 4180).

use crate::columns::{COLUMNS, Column, Measure, Row};
use crate::text::escaped;
use crate::units;

/// The heading line and a line for each row; an absent figure is an empty field, `unlimited` a limit that is none.
#[must_use]
pub fn csv(rows: &[Row<'_>]) -> String {
    let headings = COLUMNS.map(heading).join(",");
    let lines = rows.iter().map(|row| COLUMNS.map(|column| field(&escaped(&value(column, *row)))).join(","));
    std::iter::once(headings).chain(lines).map(|line| line + "\r\n").collect()
}

fn heading(column: Column) -> String {
    let unit = match column.measure() {
        Measure::Words => "",
        Measure::Count => "_count",
        Measure::Ratio => "_ratio",
        Measure::PagesPerSecond => "_pages_per_second",
        Measure::BytesPerSecond => "_bytes_per_second",
        Measure::Bytes => "_bytes",
    };
    format!("{}{unit}", column.key().replace('-', "_"))
}

fn value(column: Column, row: Row<'_>) -> String {
    if column.measure() == Measure::Words {
        let words = column.cell(row).text;
        return if words == units::ABSENT { String::new() } else { words };
    }
    match column.figure(row) {
        Some(figure) if figure.is_infinite() => "unlimited".to_owned(),
        Some(figure) => figure.to_string(),
        None => String::new(),
    }
}

/// Quoted where it must be; a leading `=`, `+`, `-` or `@` in a name would be a formula in a spreadsheet.
pub(crate) fn field(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '@']) || (text.starts_with('-') && text.parse::<f64>().is_err());
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_and_are_no_formulas() {
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("=cmd()"), "'=cmd()");
        assert_eq!(field("-1.5"), "-1.5");
    }
}
