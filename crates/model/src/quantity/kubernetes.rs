//! Kubernetes' quantities, as `resource.ParseQuantity` of k8s.io/apimachinery reads them.

/// What one unit multiplies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Ten to the power of.
    Decimal(i32),
    /// Two to the power of; such amounts end at the largest 64-bit integer.
    Binary(u32),
}

/// Thousandths of a quantity, rounded away from zero; `None` when Kubernetes refuses the text. What lies beyond 128 bits is the end
/// of their range.
///
/// Some texts that look wrong are read by it: `-` and `.` are zero, `1.` and `.5` are numbers.
#[must_use]
pub fn milli(text: &str) -> Option<i128> {
    let (is_negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, rest) = digits(unsigned);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(after) => digits(after),
        None => ("", rest),
    };
    let magnitude = match unit(suffix)? {
        Unit::Decimal(exponent) => decimal(whole, fraction, i64::from(exponent) + 3),
        Unit::Binary(exponent) => binary(whole, fraction, exponent),
    };
    Some(if is_negative { -magnitude } else { magnitude })
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit(suffix: &str) -> Option<Unit> {
    Some(match suffix {
        "n" => Unit::Decimal(-9),
        "u" => Unit::Decimal(-6),
        "m" => Unit::Decimal(-3),
        "" => Unit::Decimal(0),
        "k" => Unit::Decimal(3),
        "M" => Unit::Decimal(6),
        "G" => Unit::Decimal(9),
        "T" => Unit::Decimal(12),
        "P" => Unit::Decimal(15),
        "E" => Unit::Decimal(18),
        "Ki" => Unit::Binary(10),
        "Mi" => Unit::Binary(20),
        "Gi" => Unit::Binary(30),
        "Ti" => Unit::Binary(40),
        "Pi" => Unit::Binary(50),
        "Ei" => Unit::Binary(60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            // Kubernetes parses 64 bits and keeps the lower 32.
            #[allow(clippy::cast_possible_truncation)]
            Unit::Decimal(exponent.parse::<i64>().ok()? as i32)
        }
    })
}

/// The digits with their point moved right by `places`, rounded up.
fn decimal(whole: &str, fraction: &str, places: i64) -> i128 {
    let digits = whole.bytes().chain(fraction.bytes()).map(|byte| i128::from(byte - b'0'));
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(places);
    let mut value = 0_i128;
    let mut rest = false;
    let mut at = 0_i64;
    for digit in digits {
        if at < point {
            value = value.saturating_mul(10).saturating_add(digit);
        } else {
            rest |= digit != 0;
        }
        at += 1;
    }
    while at < point && value != 0 && value != i128::MAX {
        value = value.saturating_mul(10);
        at += 1;
    }
    value.saturating_add(i128::from(rest))
}

/// The digits times a power of two and a thousand, rounded up, at most what a 64-bit integer holds.
fn binary(whole: &str, fraction: &str, exponent: u32) -> i128 {
    let most = i128::from(i64::MAX) * 1_000;
    let times = 1_000_i128 << exponent;
    let whole = decimal(whole, "", 0);
    // From the last digit to the first: (digit × times + what the later ones gave) / 10. Only whether anything was left over is
    // needed of the remainders.
    let (part, rest) = fraction.bytes().rev().fold((0, false), |(later, rest), byte| {
        let sum = i128::from(byte - b'0') * times + later;
        (sum / 10, rest || sum % 10 != 0)
    });
    whole.saturating_mul(times).saturating_add(part).saturating_add(i128::from(rest)).min(most)
}

#[cfg(test)]
mod tests {
    use super::milli;

    /// From apimachinery's `quantity_test.go` (`TestQuantityParse`, `TestQuantityParseEmpty`, `TestQuantityParseNonNumericPanic`) and
    /// from its reader's text.
    #[test]
    fn it_reads_what_kubernetes_reads() {
        for (text, expected) in [
            ("0", 0),
            ("0n", 0),
            ("0Mi", 0),
            ("512Mi", (512 << 20) * 1000),
            ("512M", 512_000_000_000),
            ("1k", 1_000_000),
            ("1Ki", 1_024_000),
            ("1e3", 1_000_000),
            ("1E3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("1e+3", 1_000_000),
            ("1e-3", 1),
            ("0.1", 100),
            ("100m", 100),
            ("128974848", 128_974_848_000),
            ("129e6", 129_000_000_000),
            ("123Mi", 128_974_848_000),
            ("1.5Gi", (3 << 29) * 1000),
            ("0.5Ki", 512_000),
            (".5Mi", 524_288_000),
            ("1.", 1000),
            ("1.G", 1_000_000_000_000),
            ("+5", 5000),
            ("-1", -1000),
            ("-0.5Ki", -512_000),
            ("1n", 1),
            ("-1n", -1),
            ("999999u", 1000),
            ("1.1n", 1),
            ("0.0001", 1),
            ("0.00000000000000000000000000000000000000000001", 1),
            ("0.3Ki", 307_200),
            ("0.0003Ki", 308),
            ("-", 0),
            (".", 0),
            ("00512Mi", (512 << 20) * 1000),
            ("1e1000000000", i128::MAX),
            ("1e-1000000000", 1),
            ("0e1000000000", 0),
            ("99999999999999999999Ki", i128::from(i64::MAX) * 1000),
            ("8Ei", i128::from(i64::MAX) * 1000),
            ("7Ei", (7_i128 << 60) * 1000),
        ] {
            assert_eq!(milli(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn it_refuses_what_kubernetes_refuses() {
        for text in [
            "",
            "K",
            "1K",
            "512MB",
            "512mb",
            "512MiB",
            "1 Gi",
            " 1Gi",
            "1Gi ",
            "1g",
            "512mi",
            "1.1.M",
            "1+1.0M",
            "0.1mi",
            "0.1am",
            "aoeu",
            ".5i",
            "1i",
            "-3.01i",
            "-3.01e-",
            "1e",
            "1e3Mi",
            "1ek3",
            "--1",
            "½",
            "1,5Gi",
            "50%",
            "max",
            "${MEMORY}",
            "1b",
            "0x10",
            "1_000",
            "1e99999999999999999999",
        ] {
            assert_eq!(milli(text), None, "{text}");
        }
    }
}
