//! How a tone looks: the only place that knows colours.

use ratatui::style::{Color, Modifier, Style};
use view::text::Tone;

/// Whether the screen has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The terminal's own sixteen, so that its theme decides.
    Colours,
    /// Bold, dim, underlined and reversed only.
    Monochrome,
}

impl Paint {
    /// How a tone looks.
    #[must_use]
    pub const fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        match (self, tone) {
            (_, Tone::Plain) | (Self::Monochrome, Tone::Good) => style,
            (_, Tone::Strong) | (Self::Monochrome, Tone::Warning) => style.add_modifier(Modifier::BOLD),
            // Bright black is the background of some themes; dim never is.
            (_, Tone::Quiet) => style.add_modifier(Modifier::DIM),
            (Self::Colours, Tone::Good) => style.fg(Color::Green),
            (Self::Colours, Tone::Warning) => style.fg(Color::Yellow),
            (Self::Colours, Tone::Critical) => style.fg(Color::Red).add_modifier(Modifier::BOLD),
            (Self::Monochrome, Tone::Critical) => {
                style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED))
            }
        }
    }

    /// How the cell under the cursor looks.
    #[must_use]
    pub const fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::{Color, Paint, Tone};

    #[test]
    fn without_colour_no_tone_has_one() {
        for tone in [Tone::Plain, Tone::Strong, Tone::Quiet, Tone::Good, Tone::Warning, Tone::Critical] {
            let style = Paint::Monochrome.style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
        assert_eq!(Paint::Colours.style(Tone::Critical).fg, Some(Color::Red));
    }
}
