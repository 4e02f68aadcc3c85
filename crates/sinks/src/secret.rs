//! Secrets: read from their files each time they are needed, so that they can change, and never shown.

use crate::delivery::DeliveryError;
use crate::url::Url;
use model::sink::Address;
use std::fs;
use std::path::Path;

/// Tokens of Kubernetes' service accounts have about a kilobyte.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// The address, from the configuration or its file.
///
/// # Errors
/// When the file cannot be read or holds no address.
pub fn address(address: &Address) -> Result<Url, DeliveryError> {
    match address {
        Address::Plain(text) => Url::parse(text).map_err(DeliveryError::later),
        Address::File(file) => {
            let text = word_of(file)?;
            Url::parse(&text).map_err(|words| DeliveryError::later(format!("{}: {words}", file.display())))
        }
    }
}

/// The value of an `Authorization` header.
///
/// # Errors
/// When the file cannot be read or holds no token.
pub fn bearer(file: &Path) -> Result<String, DeliveryError> {
    Ok(format!("Bearer {}", word_of(file)?))
}

fn word_of(file: &Path) -> Result<String, DeliveryError> {
    let fault = |words: &str| DeliveryError::later(format!("{}: {words}", file.display()));
    let size = fs::metadata(file).map_err(|error| fault(&error.to_string()))?.len();
    if size > SECRET_BYTES_MAX {
        return Err(fault("expected one word, found more than 64 KiB"));
    }
    let text = fs::read_to_string(file).map_err(|error| fault(&error.to_string()))?;
    let word = text.trim();
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then(|| word.to_owned()).ok_or_else(|| fault("expected one word of letters, digits and signs"))
}

#[cfg(test)]
mod tests {
    use super::{address, bearer};
    use model::sink::Address;
    use std::fs;

    #[test]
    fn a_file_without_a_secret_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        assert!(bearer(&file).unwrap_err().words.contains("/url: "));
        for text in ["", "two s3cret words", "a\r\nX-Header: s3cret"] {
            fs::write(&file, text).unwrap();
            let words = bearer(&file).unwrap_err().words;
            assert!(words.contains("url: expected one word") && !words.contains("s3cret"), "{words}");
        }
        fs::write(&file, "not-an-address-s3cret").unwrap();
        let words = address(&Address::File(file.clone())).unwrap_err().words;
        assert!(words.contains("begins with http") && !words.contains("s3cret"), "{words}");
        fs::write(&file, "http://h/x\n").unwrap();
        assert_eq!(address(&Address::File(file)).unwrap().target, "/x");
    }
}
