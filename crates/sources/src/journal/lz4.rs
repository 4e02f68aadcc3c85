//! Decoding one LZ4 block, as older journals keep long messages.

/// Decodes a block (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>) of at most `bytes_max`; `None` when it is damaged.
pub fn decode(block: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    let mut input = block;
    let mut output: Vec<u8> = Vec::new();
    loop {
        let (token, rest) = input.split_first()?;
        input = rest;
        let literals = length(usize::from(token >> 4), &mut input)?;
        if output.len().checked_add(literals)? > bytes_max {
            return None;
        }
        output.extend_from_slice(input.get(..literals)?);
        input = input.get(literals..)?;
        if input.is_empty() {
            return Some(output);
        }
        let (offset, rest) = input.split_at_checked(2)?;
        input = rest;
        let offset = usize::from(u16::from_le_bytes(offset.try_into().ok()?));
        let copied = length(usize::from(token & 15), &mut input)?.checked_add(4)?;
        if offset == 0 || output.len().checked_add(copied)? > bytes_max {
            return None;
        }
        let start = output.len().checked_sub(offset)?;
        // The copy may reach into what it writes.
        for at in start..start.checked_add(copied)? {
            output.push(*output.get(at)?);
        }
    }
}

/// A length of four bits, and further bytes while they are full.
fn length(nibble: usize, input: &mut &[u8]) -> Option<usize> {
    let mut length = nibble;
    if nibble < 15 {
        return Some(length);
    }
    loop {
        let (more, rest) = input.split_first()?;
        *input = rest;
        length = length.checked_add(usize::from(*more))?;
        if *more < 255 {
            return Some(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn literals_and_overlapping_copies_are_decoded() {
        // "ab", then 4 + 2 bytes from 2 back, then "c".
        let block = [0x22, b'a', b'b', 2, 0, 0x10, b'c'];
        assert_eq!(decode(&block, 64).as_deref(), Some(b"ababababc".as_slice()));
        assert_eq!(decode(&block, 8), None);
    }

    #[test]
    fn damage_is_refused() {
        let damaged: [&[u8]; 5] =
            [&[], &[0xf0], &[0x10], &[0x22, b'a', b'b', 3, 0, 0x10, b'c'], &[0x12, b'a', 0, 0]];
        for block in damaged {
            assert_eq!(decode(block, 64), None, "{block:?}");
        }
    }
}
