//! Fields of a tree as values with their places.

use model::document::node::{Node, Plain, Style};
use model::document::{Span, Spanned};
use model::quantity::kubernetes;
use model::workload::Amount;

/// A text below a key.
pub(crate) fn text(node: &Node, key: &str) -> Option<Spanned<String>> {
    node.get(key)?.spanned_text()
}

/// A text below a key, without its place.
pub(crate) fn plain_text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.text().map(str::to_owned)
}

/// An integer below a key.
pub(crate) fn integer(node: &Node, key: &str) -> Option<Spanned<i64>> {
    let value = node.get(key)?;
    Some(Spanned { value: value.integer()?, span: value.span })
}

/// Keys with texts, as labels and annotations are.
pub(crate) fn pairs(node: Option<&Node>) -> Vec<(Spanned<String>, Spanned<String>)> {
    let entries = node.map_or(&[][..], Node::entries);
    entries
        .iter()
        .filter_map(|entry| Some((entry.key.spanned_text()?, entry.value.spanned_text()?)))
        .collect()
}

/// The place of a value, when it is a mapping.
pub(crate) fn mapping_span(node: Option<&Node>) -> Option<Span> {
    node.filter(|node| node.is_mapping()).map(|node| node.span)
}

/// A quantity below a key. `null` is none.
pub(crate) fn amount(node: &Node, key: &str) -> Option<Spanned<Amount>> {
    let value = node.get(key)?;
    if value.is_null() {
        return None;
    }
    let Some(scalar) = value.scalar() else {
        return Some(Spanned { value: Amount { text: String::new(), milli: None }, span: value.span });
    };
    let milli = match scalar.plain() {
        Plain::Bool(_) => None,
        Plain::Null | Plain::Integer(_) | Plain::Float(_) | Plain::Text(_) => match scalar.style {
            Style::Plain => {
                first_yaml_integer(&scalar.text).map_or_else(|| kubernetes::milli(&scalar.text), Some)
            }
            Style::Quoted | Style::Block => kubernetes::milli(&scalar.text),
        },
    };
    Some(Spanned { value: Amount { text: scalar.text.to_string(), milli }, span: value.span })
}

/// Thousandths of an integer in a notation that Kubernetes' reader of YAML (go-yaml, of YAML 1.1's numbers) turns into a decimal one.
fn first_yaml_integer(text: &str) -> Option<i128> {
    let digits = text.replace('_', "");
    let (is_negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let radix = |prefix: &str, radix| {
        digits.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, radix).ok())
    };
    let is_octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value = radix("0x", 16)
        .or_else(|| radix("0b", 2))
        .or_else(|| radix("0o", 8))
        .or_else(|| is_octal.then(|| i64::from_str_radix(digits, 8).ok()).flatten())
        .or_else(|| text.contains('_').then(|| digits.parse().ok()).flatten())?;
    let milli = i128::from(value) * 1_000;
    Some(if is_negative { -milli } else { milli })
}

#[cfg(test)]
mod tests {
    use super::first_yaml_integer;

    #[test]
    fn numbers_of_yaml_1_1_are_read_as_kubernetes_does() {
        assert_eq!(first_yaml_integer("0x10"), Some(16_000));
        assert_eq!(first_yaml_integer("010"), Some(8_000));
        assert_eq!(first_yaml_integer("-1_000"), Some(-1_000_000));
        assert_eq!(first_yaml_integer("0"), None);
        assert_eq!(first_yaml_integer("1e3"), None);
        assert_eq!(first_yaml_integer("09"), None);
    }
}
