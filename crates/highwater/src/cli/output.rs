//! Printing: colours that can be off, the terminal's width, a reader that went away.

use crate::cli::Colour;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::fmt::Write as _;
use std::io::{self, Write};
use view::text::{Line, Tone};

/// How a command prints what it has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
}

/// The width where there is no terminal: what fits a mail or a ticket.
const WIDTH_DEFAULT: usize = 100;

/// Sets whether colours are printed, for this process.
pub fn choose_colour(colour: Colour) {
    match colour {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// How many cells a line has: the terminal's, else `COLUMNS`, else a hundred.
#[must_use]
pub fn width() -> usize {
    let terminal =
        rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok().map(|size| usize::from(size.ws_col));
    let columns = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal.filter(|width| *width > 0).or_else(columns).unwrap_or(WIDTH_DEFAULT)
}

/// Prints lines.
///
/// # Errors
/// When standard output cannot be written.
pub fn lines(lines: &[Line]) -> io::Result<()> {
    text(&styled(lines))
}

/// Prints lines beside the result: on standard error.
///
/// # Errors
/// When standard error cannot be written.
pub fn remarks(lines: &[Line]) -> io::Result<()> {
    anstream::stderr().lock().write_all(styled(lines).as_bytes())
}

fn styled(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        // Trailing blanks are padding; a colour would hide them from a plain trim.
        let mut left = line.to_plain().len();
        for span in &line.spans {
            let words = span.text.get(..left.min(span.text.len())).unwrap_or_default();
            left -= words.len();
            if !words.is_empty() {
                let style = style(span.tone);
                let _ = write!(text, "{style}{words}{style:#}");
            }
        }
        text.push('\n');
    }
    text
}

/// Prints text as it is.
///
/// # Errors
/// When standard output cannot be written.
pub fn text(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints one JSON document.
///
/// # Errors
/// When standard output cannot be written.
pub fn json(document: &serde_json::Value) -> io::Result<()> {
    // As it is made: the text of a large document would be held beside it.
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}

const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Strong => Style::new().bold(),
        Tone::Quiet => Style::new().dimmed(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warning => AnsiColor::Yellow.on_default().bold(),
        Tone::Critical => AnsiColor::Red.on_default().bold(),
    }
}
