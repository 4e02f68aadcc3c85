//! Docker's sizes, as go-units' `RAMInBytes` reads them: every unit is of 1024s, in either case.

/// Bytes of a size; `None` when Docker refuses the text. A fraction of a byte is cut off.
///
/// `-1` is refused here: only the options that know it as "unlimited" accept it.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let last = text.rfind(|symbol: char| symbol.is_ascii_digit() || matches!(symbol, '.' | ' '))?;
    let (number, suffix) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let size = go_float(number)? * multiplier(&suffix.to_ascii_lowercase())?;
    // Casting saturates, where Go's result is undefined.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (size >= 0.0).then_some((size as u64).min(i64::MAX.cast_unsigned()))
}

fn multiplier(suffix: &str) -> Option<f64> {
    let mut symbols = suffix.chars();
    let unit = match symbols.next() {
        None => return Some(1.0),
        Some('b') => return symbols.next().is_none().then_some(1.0),
        Some('k') => 1_u64 << 10,
        Some('m') => 1 << 20,
        Some('g') => 1 << 30,
        Some('t') => 1 << 40,
        Some('p') => 1 << 50,
        Some(_) => return None,
    };
    #[allow(clippy::cast_precision_loss)]
    matches!(symbols.as_str(), "" | "b" | "ib").then_some(unit as f64)
}

/// `strconv.ParseFloat`, without its hexadecimal numbers.
fn go_float(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    /// From go-units' `size_test.go` (`TestRAMInBytes`).
    #[test]
    fn it_reads_what_docker_reads() {
        for (text, expected) in [
            ("32", 32),
            ("32b", 32),
            ("32B", 32),
            ("32k", 32 << 10),
            ("32K", 32 << 10),
            ("32kb", 32 << 10),
            ("32Kb", 32 << 10),
            ("32KiB", 32 << 10),
            ("512m", 512 << 20),
            ("512MB", 512 << 20),
            ("512Mib", 512 << 20),
            ("32Gb", 32 << 30),
            ("32Tb", 32 << 40),
            ("32Pb", 32 << 50),
            ("32.5kB", 33280),
            ("32.5 kB", 33280),
            ("32.3", 32),
            ("1.5g", 3 << 29),
            (".5g", 1 << 29),
            ("1e3", 1000),
            ("0", 0),
            ("5 ", 5),
            ("+5", 5),
            ("99999999999999999999p", i64::MAX.unsigned_abs()),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn it_refuses_what_docker_refuses() {
        for text in [
            "", "hello", "-32", "-1", ".3kB ", " 32 ", "32m b", "32bm", "32mi", "512Mi", "1Gi", "32bb",
            "inf", "nan", "0x10", "1_000", "50%", "max", "1,5g", "${X}", "32kbb", "½g",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
