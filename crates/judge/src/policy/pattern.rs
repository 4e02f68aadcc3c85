//! Patterns of names: `*` stands for any text, also none; everything else for itself.

/// Whether a text is of a pattern.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place is the best one: it leaves most for the parts behind.
        let Some((_, behind)) = text.split_once(part) else { return false };
        text = behind;
    }
    text.ends_with(end)
}

/// Whether every text of the narrow pattern is of the wide one: only a star takes a star.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    matches(wide, narrow)
}

#[cfg(test)]
mod tests {
    use super::{covers, matches};
    use proptest::prelude::{any_with, prop_assert, prop_assert_eq, proptest};

    /// By its definition, one character after the other.
    fn slowly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|skip| slowly(rest, &text[skip..])),
            ([one, pattern @ ..], [other, text @ ..]) => one == other && slowly(pattern, text),
            ([_, ..], []) | ([], [_, ..]) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_means_what_its_definition_says(
            pattern in any_with::<String>("[ab*]{0,6}".into()), text in any_with::<String>("[ab]{0,8}".into()),
        ) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &text), slowly(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn what_a_covered_pattern_matches_the_wider_one_does_too(
            wide in any_with::<String>("[ab*]{0,4}".into()),
            narrow in any_with::<String>("[ab*]{0,4}".into()),
            text in any_with::<String>("[ab]{0,6}".into()),
        ) {
            if covers(&wide, &narrow) && matches(&narrow, &text) {
                prop_assert!(matches(&wide, &text), "{wide} {narrow} {text}");
            }
        }
    }
}
