//! How large swap is on a given machine.

use kernel::bytes::Bytes;
use model::node_swap::SwapSize;

/// A mebibyte: sizes are rounded down to it, so that they read well and fit every page size.
const ROUNDING: u64 = 1 << 20;

/// The size in bytes, rounded down to a mebibyte; nothing when the share is of something unknown.
#[must_use]
pub fn bytes(size: SwapSize, memory: Option<Bytes>, disk: Option<Bytes>) -> Option<Bytes> {
    let exact = match size {
        SwapSize::Fixed(bytes) => bytes,
        SwapSize::OfMemory(share) => share_of(memory?, share),
        SwapSize::OfDisk(share) => share_of(disk?, share),
    };
    Some(Bytes(exact.0 - exact.0 % ROUNDING))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a size below 2^53 bytes; a negative share is none"
)]
fn share_of(whole: Bytes, share: f64) -> Bytes {
    Bytes((whole.0 as f64 * share) as u64)
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use kernel::bytes::Bytes;
    use model::node_swap::SwapSize;

    #[test]
    fn a_share_of_what_is_unknown_is_unknown() {
        let (memory, disk) = (Some(Bytes(16 << 30)), Some(Bytes(100 << 30)));
        assert_eq!(bytes(SwapSize::OfMemory(0.5), memory, None), Some(Bytes(8 << 30)));
        assert_eq!(bytes(SwapSize::OfDisk(0.25), None, disk), Some(Bytes(25 << 30)));
        assert_eq!(bytes(SwapSize::OfDisk(0.25), memory, None), None);
        assert_eq!(bytes(SwapSize::OfMemory(-1.0), memory, None), Some(Bytes(0)));
    }

    #[test]
    fn sizes_are_whole_mebibytes() {
        assert_eq!(bytes(SwapSize::Fixed(Bytes((3 << 20) + 5)), None, None), Some(Bytes(3 << 20)));
        assert_eq!(bytes(SwapSize::OfMemory(1.0), Some(Bytes(6_219_558_912)), None), Some(Bytes(5931 << 20)));
    }
}
