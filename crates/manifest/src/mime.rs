//! User data of several parts (MIME), also when its boundaries are written wrongly.

use crate::place::Place;
use model::document::{Setting, Span, Spanned};

/// User data of several parts.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    /// Its headers (section empty, or the part's number from one), and each line of a boundary as it is written, trailing blanks too, as
    /// the value of `boundary`, in the section of the part that it begins; the closing one in the section `end`.
    pub(crate) settings: Vec<Setting>,
    /// Its parts.
    pub(crate) parts: Vec<Part>,
}

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// `Content-Type` in lower case, without its parameters.
    pub(crate) content_type: String,
    /// Its text.
    pub(crate) body: Span,
}

/// Whether a text begins as such user data does.
pub(crate) fn is_archive(text: &str) -> bool {
    let start = text.trim_start().get(..80).unwrap_or_else(|| text.trim_start()).to_ascii_lowercase();
    start.starts_with("mime-version:") || start.starts_with("content-type: multipart/")
}

/// Splits it. A boundary is one also with blanks behind it, which strict readers do not see.
pub(crate) fn archive(text: &str, place: Place<'_>) -> Archive {
    let mut archive = Archive::default();
    let mut boundary = None;
    let mut in_headers = true;
    let mut body = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let mark = boundary.as_deref().and_then(|boundary| mark(content, boundary));
        if let Some(mark) = mark {
            archive.finish(&mut body, start);
            let section = match mark {
                Mark::Begins => (archive.parts.len() + 1).to_string(),
                Mark::Closes => "end".to_owned(),
            };
            let span = place.span(start, start + content.len());
            let key = Spanned { value: "boundary".to_owned(), span };
            archive.settings.push(Setting {
                section,
                key,
                value: Spanned { value: content.to_owned(), span },
            });
            if mark == Mark::Begins {
                archive.parts.push(Part { content_type: String::new(), body: Span::new(at, at) });
            }
            in_headers = mark == Mark::Begins;
        } else if in_headers && content.trim().is_empty() {
            // Blank lines before the first header belong to nothing.
            if archive.settings.iter().any(|setting| setting.key.value != "boundary") {
                in_headers = false;
                body = (!archive.parts.is_empty()).then_some(at);
            }
        } else if in_headers {
            let found = archive.header(content, start, place);
            boundary = boundary.or(found);
        }
    }
    archive.finish(&mut body, text.len());
    archive
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Begins,
    Closes,
}

fn mark(line: &str, boundary: &str) -> Option<Mark> {
    match line.strip_prefix("--")?.strip_prefix(boundary)?.trim_end() {
        "" => Some(Mark::Begins),
        "--" => Some(Mark::Closes),
        _ => None,
    }
}

impl Archive {
    fn finish(&mut self, body: &mut Option<usize>, end: usize) {
        if let (Some(start), Some(part)) = (body.take(), self.parts.last_mut()) {
            part.body = Span::new(start, end.max(start));
        }
    }

    /// Keeps a header; the boundary that it tells, if it does.
    fn header(&mut self, line: &str, start: usize, place: Place<'_>) -> Option<String> {
        let (key, value) = line.split_once(':')?;
        let section = if self.parts.is_empty() { String::new() } else { self.parts.len().to_string() };
        let value_start = start + line.len() - value.trim_start().len();
        let value = value.trim();
        self.settings.push(Setting {
            section,
            key: Spanned { value: key.trim().to_owned(), span: place.span(start, start + key.len()) },
            value: Spanned {
                value: value.to_owned(),
                span: place.span(value_start, value_start + value.len()),
            },
        });
        if !key.trim().eq_ignore_ascii_case("content-type") {
            return None;
        }
        match self.parts.last_mut() {
            Some(part) => {
                value.split(';').next().unwrap_or("").trim().clone_into(&mut part.content_type);
                part.content_type.make_ascii_lowercase();
                None
            }
            None => {
                let (_, parameter) = value.split_once("boundary=")?;
                let (bare, end) = match parameter.strip_prefix('"') {
                    Some(bare) => (bare, bare.find('"')),
                    None => (parameter, parameter.find(';')),
                };
                Some(bare[..end.unwrap_or(bare.len())].trim_end().to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, archive, is_archive};

    const BROKEN: &str = "\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"//\"

--// 
Content-Type: text/x-shellscript; charset=\"us-ascii\"

#!/bin/bash
swapon -a
--// 
Content-Type: application/node.eks.aws

kind: NodeConfig
";

    #[test]
    fn parts_are_found_also_behind_wrong_boundaries() {
        assert!(is_archive(BROKEN));
        for text in
            [BROKEN.to_owned(), BROKEN.replace("--// ", "--//") + "--//--\n", BROKEN.replace('\n', "\r\n")]
        {
            let archive = archive(&text, Place::FILE);
            let parts: Vec<_> = archive
                .parts
                .iter()
                .map(|part| {
                    (part.content_type.as_str(), text[part.body.start..part.body.end].replace('\r', ""))
                })
                .collect();
            assert_eq!(
                parts,
                [
                    ("text/x-shellscript", "#!/bin/bash\nswapon -a\n".to_owned()),
                    ("application/node.eks.aws", "kind: NodeConfig\n".to_owned())
                ]
            );
            let closes = archive.settings.iter().any(|setting| setting.section == "end");
            assert_eq!(closes, text.contains("--//--"));
        }
        let boundary = &archive(BROKEN, Place::FILE).settings[2];
        assert_eq!((boundary.section.as_str(), boundary.value.value.as_str()), ("1", "--// "));
    }
}
