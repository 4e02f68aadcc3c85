//! A stream of YAML cut into its documents before any of them is read: a broken one cannot hide the next.

use model::document::Span;

/// The documents of a stream, without what is only comments and blank lines. `---` and `...` at the beginning of a line end a
/// document even inside quotes and blocks (YAML 1.2, 9.1.2), so that the cut needs no understanding of what is between.
pub(crate) fn pieces(text: &str) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut content = Content::Nothing;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let next = at + line.len();
        if is_marker(line, "---") {
            // Directives belong to the document that begins here.
            if content == Content::Values {
                pieces.push(Span::new(start, at));
            }
            if content != Content::Directives {
                start = at;
            }
            content = of_line(&line[3..]);
        } else if is_marker(line, "...") {
            if content == Content::Values {
                pieces.push(Span::new(start, at));
            }
            start = next;
            content = Content::Nothing;
        } else if content != Content::Values {
            let here = of_line(line);
            let is_directive =
                here == Content::Values && content == Content::Nothing && line.starts_with('%');
            content = match here {
                Content::Values
                    if is_directive || (content == Content::Directives && line.starts_with('%')) =>
                {
                    Content::Directives
                }
                Content::Values => Content::Values,
                Content::Nothing | Content::Directives => content,
            };
        }
        at = next;
    }
    if content != Content::Nothing {
        pieces.push(Span::new(start, at));
    }
    pieces
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Nothing,
    Directives,
    Values,
}

fn of_line(line: &str) -> Content {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') { Content::Nothing } else { Content::Values }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn texts(text: &str) -> Vec<&str> {
        pieces(text).into_iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn a_stream_is_cut_at_its_markers() {
        assert_eq!(texts("a: 1\n---\nb: 1\n"), ["a: 1\n", "---\nb: 1\n"]);
        assert_eq!(texts("---\n# x\n---\n---\na: 1\n...\n# end\n"), ["---\na: 1\n"]);
        assert_eq!(texts("--- {a: 1}\r\n---\r\nb: 1"), ["--- {a: 1}\r\n", "---\r\nb: 1"]);
        assert_eq!(texts("%YAML 1.2\n---\na: 1\n"), ["%YAML 1.2\n---\na: 1\n"]);
        assert_eq!(texts("\u{feff}a: 1\n----\nb"), ["a: 1\n----\nb"]);
        assert_eq!(texts(""), [""; 0]);
    }
}
