//! A Slack incoming webhook: several notices in one message, so that a storm does not meet Slack's limit of one a second.

use crate::delivery::{Deliver, DeliveryError};
use crate::http::{self, Post};
use crate::secret;
use model::finding::Severity;
use model::notice::{Notice, NoticeKind};
use model::sink::Address;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// Slack shows this many characters of a section.
const SECTION_CHARS_MAX: usize = 2_900;

/// Posts to a webhook.
#[derive(Debug)]
pub struct Slack {
    /// Its address.
    pub url: Address,
    /// Certificates that are trusted instead of the machine's.
    pub authority: Option<PathBuf>,
    /// For one message.
    pub deadline: Duration,
}

impl Deliver for Slack {
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError> {
        http::send(&Post {
            url: secret::address(&self.url)?,
            authorization: None,
            idempotency_key: None,
            body: message(notices).to_string(),
            authority: self.authority.clone(),
            deadline: self.deadline,
        })
    }

    fn batch_max(&self) -> usize {
        10
    }

    /// What happened is told once; that it has not happened again is nothing to read.
    fn wants(&self, notice: &Notice) -> bool {
        match notice.kind {
            NoticeKind::HappenedEnds => false,
            NoticeKind::StateBegins | NoticeKind::StateEnds | NoticeKind::Happened | NoticeKind::Test => true,
        }
    }
}

fn message(notices: &[&Notice]) -> serde_json::Value {
    let titles: Vec<String> = notices.iter().map(|notice| escaped(&notice.title)).collect();
    let blocks: Vec<serde_json::Value> = notices
        .iter()
        .map(|notice| {
            let text = format!("{} *{}*\n{}", mark(notice), escaped(&notice.title), escaped(&notice.text));
            let text: String = text.chars().take(SECTION_CHARS_MAX).collect();
            json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
        })
        .collect();
    // `text` is what a notification on a telephone shows.
    json!({ "text": titles.join("\n"), "blocks": blocks })
}

const fn mark(notice: &Notice) -> &'static str {
    match (notice.kind, notice.severity) {
        (NoticeKind::StateEnds | NoticeKind::HappenedEnds, _) => ":large_green_circle:",
        (NoticeKind::Test, _) => ":white_circle:",
        (NoticeKind::StateBegins | NoticeKind::Happened, Severity::Critical) => ":red_circle:",
        (NoticeKind::StateBegins | NoticeKind::Happened, Severity::Warning) => ":large_orange_circle:",
        (NoticeKind::StateBegins | NoticeKind::Happened, Severity::Notice) => ":large_blue_circle:",
    }
}

/// A container's name must not call everybody in the channel.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::message;
    use crate::receiver::test_notice;

    #[test]
    fn a_name_cannot_call_everybody_or_make_a_link() {
        let mut notice = test_notice("a");
        notice.title = "<!channel> & <http://x|y>".to_owned();
        let text = message(&[&notice]).to_string();
        assert!(text.contains("&lt;!channel&gt; &amp; &lt;http://x|y&gt;") && !text.contains("<!"), "{text}");
    }
}
