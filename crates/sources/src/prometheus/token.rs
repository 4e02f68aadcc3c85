//! A bearer token, which is sent and never shown.

use crate::prometheus::error::PrometheusError;
use std::fmt;
use std::fs;
use std::path::Path;

/// Tokens of Kubernetes' service accounts have about a kilobyte.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What is sent as `Authorization: Bearer …`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(not shown)")
    }
}

impl Token {
    /// From its text; blanks around it are not part of it. `None` when it is empty, or cannot stand in a header.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (!text.is_empty() && is_plain && text.len() <= TOKEN_BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// From a file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no token.
    pub fn from_file(file: &Path) -> Result<Self, PrometheusError> {
        let fault = |words, source| PrometheusError::Token { file: file.to_owned(), words, source };
        let text = fs::read_to_string(file)
            .map_err(|source| fault("the token's file cannot be read", Some(source)))?;
        Self::new(&text)
            .ok_or_else(|| fault("expected a token: one word of letters, digits and signs, found none", None))
    }

    /// The value of the header.
    #[must_use]
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Token;
    use std::fs;

    #[test]
    fn a_token_is_one_word_and_is_not_shown() {
        let token = Token::new(" s3cret\n").unwrap();
        assert_eq!(token.header(), "Bearer s3cret");
        assert!(!format!("{token:?}").contains("s3cret"));
        for text in ["", "\n", "two words", "a\r\nX-Other: b", "café"] {
            assert_eq!(Token::new(text), None);
        }
    }

    #[test]
    fn a_file_without_a_token_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        assert!(Token::from_file(&file).unwrap_err().to_string().ends_with("cannot be read"));
        fs::write(&file, "my password").unwrap();
        let error = Token::from_file(&file).unwrap_err().to_string();
        assert!(error.contains("token: expected a token") && !error.contains("password"), "{error}");
        fs::write(&file, "s3cret\n").unwrap();
        assert_eq!(Token::from_file(&file).unwrap(), Token::new("s3cret").unwrap());
    }
}
