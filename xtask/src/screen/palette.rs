//! The colours of the picture: the 16 of a dark terminal, the cube of 216, and the greys.

/// A colour as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// What text without a colour is drawn in.
pub const FOREGROUND: Rgb = Rgb(0xd4, 0xd7, 0xdd);

/// What lies behind it.
pub const BACKGROUND: Rgb = Rgb(0x16, 0x1a, 0x21);

const NAMED: [Rgb; 16] = [
    Rgb(0x2b, 0x30, 0x3b),
    Rgb(0xe0, 0x6c, 0x75),
    Rgb(0x98, 0xc3, 0x79),
    Rgb(0xe5, 0xc0, 0x7b),
    Rgb(0x61, 0xaf, 0xef),
    Rgb(0xc6, 0x78, 0xdd),
    Rgb(0x56, 0xb6, 0xc2),
    Rgb(0xc8, 0xcc, 0xd4),
    Rgb(0x6b, 0x73, 0x83),
    Rgb(0xf0, 0x8c, 0x94),
    Rgb(0xb5, 0xd8, 0x9a),
    Rgb(0xf2, 0xd3, 0x9b),
    Rgb(0x8c, 0xc6, 0xf5),
    Rgb(0xd9, 0x9c, 0xeb),
    Rgb(0x7f, 0xcd, 0xd6),
    Rgb(0xff, 0xff, 0xff),
];

/// The steps of the cube, as xterm has them.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Rgb {
    /// The colour with this number of the 256.
    pub fn indexed(number: u8) -> Self {
        if let Some(named) = NAMED.get(usize::from(number)) {
            return *named;
        }
        if number >= 232 {
            let grey = 8 + (number - 232) * 10;
            return Self(grey, grey, grey);
        }
        let cube = usize::from(number - 16);
        let step = |index: usize| STEPS.get(index % 6).copied().unwrap_or_default();
        Self(step(cube / 36), step(cube / 6), step(cube))
    }

    /// Half way to the background, which is how `dim` is drawn.
    pub fn dimmed(self) -> Self {
        let Self(red, green, blue) = self;
        let Self(back_red, back_green, back_blue) = BACKGROUND;
        let mix = |colour: u8, back: u8| u8::midpoint(colour, back);
        Self(mix(red, back_red), mix(green, back_green), mix(blue, back_blue))
    }

    /// As SVG writes it.
    pub fn hex(self) -> String {
        let Self(red, green, blue) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::Rgb;

    #[test]
    fn the_cube_and_the_greys_are_those_of_xterm() {
        assert_eq!(Rgb::indexed(16), Rgb(0, 0, 0));
        assert_eq!(Rgb::indexed(208), Rgb(255, 135, 0));
        assert_eq!(Rgb::indexed(231), Rgb(255, 255, 255));
        assert_eq!(Rgb::indexed(232), Rgb(8, 8, 8));
        assert_eq!(Rgb::indexed(255), Rgb(238, 238, 238));
        assert_eq!(Rgb(1, 171, 255).hex(), "#01abff");
    }
}
