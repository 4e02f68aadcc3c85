//! A column of whole numbers as differences: small ones take a byte, equal ones next to nothing.
//!
//! Memory is counted in pages, so the differences often share low bits that are zero; those are written once.

/// Appends a number of seven bits a byte (LEB128).
pub fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Takes a number of seven bits a byte.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?.first().copied()?;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            return None;
        }
        number |= low << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Takes so many bytes.
pub fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A signed number as one that is small when it is near zero.
pub const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// The signed number again.
pub const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// Appends a column. An equal neighbour is counted, not written.
pub fn put(values: &[u64], out: &mut Vec<u8>) {
    let Some(first) = values.first().copied() else { return };
    let steps = || values.iter().zip(values.iter().skip(1)).map(|(one, next)| next.wrapping_sub(*one));
    let shift = steps().fold(0, |bits, step| bits | step).trailing_zeros().min(63);
    put_varint(u64::from(shift), out);
    put_varint(first, out);
    let mut equal: u64 = 0;
    for step in steps() {
        if step == 0 {
            equal += 1;
            continue;
        }
        put_equal(&mut equal, out);
        put_varint(zigzag(step.cast_signed() >> shift), out);
    }
    put_equal(&mut equal, out);
}

fn put_equal(equal: &mut u64, out: &mut Vec<u8>) {
    if *equal > 0 {
        out.push(0);
        put_varint(*equal - 1, out);
        *equal = 0;
    }
}

/// Takes a column of so many values, all of `bytes`.
pub fn take_column(mut bytes: &[u8], count: usize) -> Option<Vec<u64>> {
    let mut values = Vec::with_capacity(count);
    if count == 0 {
        return Some(values);
    }
    let shift = u32::try_from(take_varint(&mut bytes)?).ok().filter(|shift| *shift < 64)?;
    let mut value = take_varint(&mut bytes)?;
    values.push(value);
    while values.len() < count {
        match take_varint(&mut bytes)? {
            0 => {
                let equal = usize::try_from(take_varint(&mut bytes)?).ok()?.checked_add(values.len() + 1)?;
                if equal > count {
                    return None;
                }
                values.resize(equal, value);
            }
            step => {
                value = value.wrapping_add((unzigzag(step) << shift).cast_unsigned());
                values.push(value);
            }
        }
    }
    bytes.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::{put, take_column, unzigzag, zigzag};
    use proptest::prelude::{Just, any, prop, prop_oneof, proptest};

    #[test]
    fn pages_that_move_little_take_a_byte_each() {
        let mut bytes = Vec::new();
        let values: Vec<u64> = (0..60).map(|step| (1000 + step % 7) * 4096).collect();
        put(&values, &mut bytes);
        assert!(bytes.len() <= 65, "{}", bytes.len());
        assert_eq!(take_column(&bytes, 60), Some(values));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_put(
            values in prop::collection::vec(prop_oneof![any::<u64>(), 0_u64..3, Just(u64::MAX)], 0..100)
        ) {
            let mut bytes = Vec::new();
            put(&values, &mut bytes);
            assert_eq!(take_column(&bytes, values.len()), Some(values));
        }

        #[test]
        fn bytes_of_any_kind_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), count in 0_usize..100) {
            if let Some(values) = take_column(&bytes, count) {
                assert_eq!(values.len(), count);
            }
        }

        #[test]
        fn signs_come_back(number in any::<i64>()) {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
    }
}
