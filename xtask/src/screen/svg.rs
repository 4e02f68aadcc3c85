//! Draws a terminal's screen as an SVG picture: the same screen gives the same bytes.

use super::palette::{BACKGROUND, FOREGROUND};
use super::terminal::{Cell, Screen, Style};
use std::fmt::Write;

const FONT: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
const FONT_SIZE: usize = 14;
/// Columns lie this many hundredths of a pixel apart: monospaced letters are 0.6 as wide as high.
const COLUMN_HUNDREDTHS: usize = 840;
const ROW_HEIGHT: usize = 19;
const MARGIN: usize = 16;
const BAR_HEIGHT: usize = 34;
/// Where letters stand in their row.
const BASELINE: usize = 14;

/// A dark window with the screen in it.
pub fn draw(screen: &Screen, title: &str) -> String {
    let columns = screen.iter().map(Vec::len).max().unwrap_or(0);
    let width = (columns * COLUMN_HUNDREDTHS).div_ceil(100) + 2 * MARGIN;
    let height = screen.len() * ROW_HEIGHT + BAR_HEIGHT + MARGIN;
    let mut svg = String::new();
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    ));
    line(format!(
        "<style>text{{font:{FONT_SIZE}px {FONT};white-space:pre;fill:{}}}.b{{font-weight:700}}.i{{font-style:italic}}.u{{text-decoration:underline}}</style>",
        FOREGROUND.hex()
    ));
    line(format!("<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>", BACKGROUND.hex()));
    for (index, colour) in ["#e06c75", "#e5c07b", "#98c379"].into_iter().enumerate() {
        let x = MARGIN + 5 + index * 18;
        line(format!("<circle cx=\"{x}\" cy=\"17\" r=\"5.5\" fill=\"{colour}\"/>"));
    }
    let middle = width / 2;
    line(format!(
        "<text x=\"{middle}\" y=\"21\" text-anchor=\"middle\" fill-opacity=\"0.6\">{}</text>",
        escaped(title)
    ));
    for (index, row) in screen.iter().enumerate() {
        for run in runs(row) {
            draw_run(&run, BAR_HEIGHT + index * ROW_HEIGHT, &mut line);
        }
    }
    line("</svg>".to_owned());
    svg
}

/// Neighbouring characters that are drawn alike.
struct Run {
    column: usize,
    text: String,
    style: Style,
}

/// Divides a row where the style changes, and at two blanks, so that a font of another width cannot shift columns far.
fn runs(row: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in row.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.style == cell.style && !run.text.ends_with("  ") => {
                run.text.push(cell.character)
            }
            Some(run) if run.style == cell.style && cell.character == ' ' => run.text.push(' '),
            _ => runs.push(Run { column, text: cell.character.into(), style: cell.style }),
        }
    }
    runs
}

fn draw_run(run: &Run, top: usize, line: &mut impl FnMut(String)) {
    let Run { column, text, style } = run;
    let (foreground, background) = match (style.reverse, style.foreground, style.background) {
        (false, foreground, background) => (foreground.unwrap_or(FOREGROUND), background),
        (true, foreground, background) => {
            (background.unwrap_or(BACKGROUND), Some(foreground.unwrap_or(FOREGROUND)))
        }
    };
    if let Some(background) = background {
        let (x, width) = (pixels(*column), pixels_wide(text.chars().count()));
        let fill = background.hex();
        line(format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{ROW_HEIGHT}\" fill=\"{fill}\"/>"
        ));
    }
    let shown = text.trim_end();
    let lead = shown.chars().take_while(|character| *character == ' ').count();
    let shown = shown.trim_start();
    if shown.is_empty() {
        return;
    }
    let foreground = if style.dim { foreground.dimmed() } else { foreground };
    let mut attributes = String::new();
    let classes = [(style.bold, "b"), (style.italic, "i"), (style.underline, "u")];
    let classes: Vec<&str> = classes.iter().filter(|(set, _)| *set).map(|(_, class)| *class).collect();
    if !classes.is_empty() {
        let _ = write!(attributes, " class=\"{}\"", classes.join(" "));
    }
    if foreground != FOREGROUND {
        // A style, because the sheet's rule for `text` is stronger than an attribute.
        let _ = write!(attributes, " style=\"fill:{}\"", foreground.hex());
    }
    let (x, y) = (pixels(column + lead), top + BASELINE);
    let width = pixels_wide(shown.chars().count());
    line(format!(
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"{attributes}>{}</text>",
        escaped(shown)
    ));
}

fn pixels(column: usize) -> String {
    hundredths(MARGIN * 100 + column * COLUMN_HUNDREDTHS)
}

fn pixels_wide(columns: usize) -> String {
    hundredths(columns * COLUMN_HUNDREDTHS)
}

/// Whole numbers, so that no rounding of floats differs between machines.
fn hundredths(number: usize) -> String {
    match number % 100 {
        0 => format!("{}", number / 100),
        rest => format!("{}.{rest:02}", number / 100).trim_end_matches('0').to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{draw, hundredths};
    use crate::screen::terminal::{Size, Terminal};

    fn drawn(text: &str) -> String {
        let mut terminal = Terminal::new(Size { columns: 20, rows: 3 });
        terminal.feed(text);
        draw(&terminal.screen(), "a <b>")
    }

    #[test]
    fn text_stands_at_its_column() {
        let svg = drawn("web  \x1b[1;31m97%\x1b[0m");
        assert!(
            svg.contains(
                "<text x=\"16\" y=\"48\" textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\">web</text>"
            ),
            "{svg}"
        );
        assert!(svg.contains("<text x=\"58\" y=\"48\" textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\" class=\"b\" style=\"fill:#e06c75\">97%</text>"), "{svg}");
    }

    #[test]
    fn a_reversed_text_has_a_rectangle_behind_it() {
        let svg = drawn("\x1b[7mNAME\x1b[0m");
        assert!(
            svg.contains("<rect x=\"16\" y=\"34\" width=\"33.6\" height=\"19\" fill=\"#d4d7dd\"/>"),
            "{svg}"
        );
        assert!(svg.contains("style=\"fill:#161a21\">NAME</text>"), "{svg}");
    }

    #[test]
    fn marks_of_svg_are_escaped_and_the_bytes_are_always_the_same() {
        let svg = drawn("a<b & \"c\"\r\n\x1b[2;4mdim\x1b[0m");
        assert!(
            svg.contains(">a&lt;b &amp; &quot;c&quot;</text>") && svg.contains(">a &lt;b&gt;</text>"),
            "{svg}"
        );
        assert_eq!(svg, drawn("a<b & \"c\"\r\n\x1b[2;4mdim\x1b[0m"));
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn pixels_are_written_short() {
        assert_eq!([hundredths(1600), hundredths(1605), hundredths(840)], ["16", "16.05", "8.4"]);
    }
}
