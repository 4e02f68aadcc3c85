//! What a page for people says, when one comes where an answer was expected.

const WORDS_CHARS_MAX: usize = 80;

/// Whether the text is HTML.
#[must_use]
pub fn is_html(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// The page's title, or its first words.
#[must_use]
pub fn words(text: &str) -> String {
    let title = between(text, "<title>", "</title>").filter(|title| !title.trim().is_empty());
    let mut words = String::new();
    let mut is_tag = false;
    for letter in title.unwrap_or(text).chars() {
        match letter {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                words.push(' ');
            }
            _ if is_tag || letter.is_control() && !letter.is_whitespace() => {}
            _ => words.push(letter),
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(WORDS_CHARS_MAX).collect();
    if words.is_empty() { text.trim().chars().take(WORDS_CHARS_MAX).collect() } else { words }
}

fn between<'text>(text: &'text str, begin: &str, end: &str) -> Option<&'text str> {
    text.split_once(begin)?.1.split_once(end).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_page_is_told_by_its_title_or_its_first_words() {
        assert_eq!(words("<!doctype html><html><title>Grafana\n login</title><p>x"), "Grafana login");
        assert_eq!(words("<html><body><h1>502 Bad Gateway</h1><hr>nginx"), "502 Bad Gateway nginx");
        assert_eq!(words("<img src=x>"), "<img src=x>");
        assert_eq!(words(&"<p>word ".repeat(100)).chars().count(), 80);
    }
}
