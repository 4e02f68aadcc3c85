//! Words that a file writes again and again, kept once: keys, kinds, images.

use std::collections::HashSet;
use std::sync::Arc;

/// What is longer is seldom written twice.
const LENGTH_MAX: usize = 40;

/// So many different words are kept; a file that has more of them repeats few.
const WORDS_MAX: usize = 1 << 16;

/// The words of a file.
#[derive(Debug, Default)]
pub(crate) struct Words {
    known: HashSet<Arc<str>>,
}

impl Words {
    /// The text, shared with where it was written before.
    pub(crate) fn shared(&mut self, text: &str) -> Arc<str> {
        if text.len() > LENGTH_MAX {
            return text.into();
        }
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let word: Arc<str> = text.into();
        if self.known.len() < WORDS_MAX {
            self.known.insert(Arc::clone(&word));
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::{LENGTH_MAX, WORDS_MAX, Words};
    use std::sync::Arc;

    #[test]
    fn a_word_is_kept_once_and_many_words_are_not_kept_at_all() {
        let mut words = Words::default();
        let (first, again) = (words.shared("memory"), words.shared("memory"));
        assert!(Arc::ptr_eq(&first, &again));
        let long = "m".repeat(LENGTH_MAX + 1);
        assert!(!Arc::ptr_eq(&words.shared(&long), &words.shared(&long)));
        for number in 0..=WORDS_MAX {
            assert_eq!(&*words.shared(&number.to_string()), number.to_string());
        }
        assert_eq!(words.known.len(), WORDS_MAX);
    }
}
