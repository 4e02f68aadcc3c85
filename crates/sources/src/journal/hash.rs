//! The two hashes by which a journal file finds a value: SipHash 2-4 and Jenkins' lookup3.

use super::header::HashKind;
use super::object::{bytes, number};

/// The hash of a value in a file of this kind.
pub fn hash(kind: HashKind, value: &[u8]) -> u64 {
    match kind {
        HashKind::Jenkins => lookup3(value),
        HashKind::Keyed(key) => siphash24(key, value),
    }
}

/// <https://www.aumasson.jp/siphash/siphash.pdf>, as `siphash24` in systemd's src/basic/siphash24.c.
fn siphash24(key: [u8; 16], value: &[u8]) -> u64 {
    let (k0, k1) = (number(&key, 0).unwrap_or(0), number(&key, 8).unwrap_or(0));
    let mut state = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut words = value.chunks_exact(8);
    for word in &mut words {
        absorb(&mut state, number(word, 0).unwrap_or(0));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(words.remainder()) {
        *to = *from;
    }
    last[7] = value.len().to_le_bytes()[0];
    absorb(&mut state, u64::from_le_bytes(last));
    state[2] ^= 0xff;
    for _ in 0..4 {
        sip_round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

const fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    sip_round(state);
    sip_round(state);
    state[0] ^= word;
}

const fn sip_round(state: &mut [u64; 4]) {
    state[0] = state[0].wrapping_add(state[1]);
    state[1] = state[1].rotate_left(13) ^ state[0];
    state[0] = state[0].rotate_left(32);
    state[2] = state[2].wrapping_add(state[3]);
    state[3] = state[3].rotate_left(16) ^ state[2];
    state[0] = state[0].wrapping_add(state[3]);
    state[3] = state[3].rotate_left(21) ^ state[0];
    state[2] = state[2].wrapping_add(state[1]);
    state[1] = state[1].rotate_left(17) ^ state[2];
    state[2] = state[2].rotate_left(32);
}

/// `hashlittle2` of <https://burtleburtle.net/bob/c/lookup3.c>, both halves, as `jenkins_hash64` in systemd's lookup3.h.
fn lookup3(value: &[u8]) -> u64 {
    // The length wraps at 32 bits there as here.
    let length = value.len().to_le_bytes();
    let start =
        0xdead_beef_u32.wrapping_add(u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
    let mut state = [start; 3];
    let mut rest = value;
    while rest.len() > 12 {
        let (block, behind) = rest.split_at(12);
        add(&mut state, block);
        mix(&mut state);
        rest = behind;
    }
    if !rest.is_empty() {
        let mut last = [0; 12];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        add(&mut state, &last);
        finish(&mut state);
    }
    u64::from(state[2]) << 32 | u64::from(state[1])
}

fn add(state: &mut [u32; 3], block: &[u8]) {
    for (index, word) in state.iter_mut().enumerate() {
        *word = word.wrapping_add(bytes(block, index * 4).map_or(0, u32::from_le_bytes));
    }
}

const fn mix([a, b, c]: &mut [u32; 3]) {
    *a = a.wrapping_sub(*c) ^ c.rotate_left(4);
    *c = c.wrapping_add(*b);
    *b = b.wrapping_sub(*a) ^ a.rotate_left(6);
    *a = a.wrapping_add(*c);
    *c = c.wrapping_sub(*b) ^ b.rotate_left(8);
    *b = b.wrapping_add(*a);
    *a = a.wrapping_sub(*c) ^ c.rotate_left(16);
    *c = c.wrapping_add(*b);
    *b = b.wrapping_sub(*a) ^ a.rotate_left(19);
    *a = a.wrapping_add(*c);
    *c = c.wrapping_sub(*b) ^ b.rotate_left(4);
    *b = b.wrapping_add(*a);
}

const fn finish([a, b, c]: &mut [u32; 3]) {
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(14));
    *a = (*a ^ *c).wrapping_sub(c.rotate_left(11));
    *b = (*b ^ *a).wrapping_sub(a.rotate_left(25));
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(16));
    *a = (*a ^ *c).wrapping_sub(c.rotate_left(4));
    *b = (*b ^ *a).wrapping_sub(a.rotate_left(14));
    *c = (*c ^ *b).wrapping_sub(b.rotate_left(24));
}

#[cfg(test)]
mod tests {
    use super::{lookup3, siphash24};

    #[test]
    fn siphash_is_that_of_its_paper() {
        let key = std::array::from_fn(|index| u8::try_from(index).unwrap());
        let value: Vec<u8> = (0..15).collect();
        assert_eq!(siphash24(key, &value), 0xa129_ca61_49be_45e5);
        assert_eq!(siphash24(key, b""), 0x726f_db47_dd0e_0e31);
    }

    #[test]
    fn lookup3_is_that_of_its_author() {
        // From driver5 in lookup3.c; `c` is the first half.
        assert_eq!(lookup3(b""), 0xdead_beef_dead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago") >> 32, 0x1777_0551);
    }
}
