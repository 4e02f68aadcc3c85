//! An address that takes the JSON document of one notice, with its key as `Idempotency-Key`.

use crate::delivery::{Deliver, DeliveryError};
use crate::http::{self, Post};
use crate::secret;
use model::notice::Notice;
use model::sink::Address;
use std::path::PathBuf;
use std::time::Duration;

/// Posts documents.
#[derive(Debug)]
pub struct Webhook {
    /// Its address.
    pub url: Address,
    /// A file with a bearer token.
    pub token_file: Option<PathBuf>,
    /// Certificates that are trusted instead of the machine's.
    pub authority: Option<PathBuf>,
    /// For one message.
    pub deadline: Duration,
}

impl Deliver for Webhook {
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError> {
        let mut answer = String::new();
        for notice in notices {
            answer = http::send(&Post {
                url: secret::address(&self.url)?,
                authorization: self.token_file.as_deref().map(secret::bearer).transpose()?,
                idempotency_key: Some(notice.key.clone()),
                body: notice.document.clone(),
                authority: self.authority.clone(),
                deadline: self.deadline,
            })?;
        }
        Ok(answer)
    }

    fn batch_max(&self) -> usize {
        1
    }
}
