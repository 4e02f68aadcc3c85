//! How much swap a node needs: what its containers have in swap at the same time, not the sum of what each may have.
//!
//! On 20-machine nodes of a public trace (Bitbrains GWA-T-12) the swap limits summed up to 0.93 of the memory limits, while at most 0.19
//! of them was in use at once: peaks do not meet.

use kernel::bytes::Bytes;

/// Of all moments so many must fit.
const SHARE: f64 = 0.999;

/// And some more, because the future is not the past.
const MARGIN: f64 = 1.3;

/// The swap for overflow that was added up over the containers, moment by moment, and what the system keeps for itself.
#[must_use]
pub fn size(overflow_sums: Vec<f64>, system_reserved: Bytes) -> Option<Bytes> {
    let need = share_of(overflow_sums)? * MARGIN;
    Some(Bytes(need.ceil() as u64).saturating_add(system_reserved))
}

/// What all but a thousandth of the values stay at or below.
#[must_use]
pub fn share_of(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let index = (SHARE * last as f64).ceil() as usize;
    values.get(index.min(last)).copied()
}

/// What is promised against what there is: 1 is no overcommit.
#[must_use]
pub fn overcommit(swap_limits: impl IntoIterator<Item = Bytes>, node_swap: Bytes) -> Option<f64> {
    swap_limits.into_iter().sum::<Bytes>().ratio_of(node_swap)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, overcommit, size};

    #[test]
    fn peaks_that_do_not_meet_need_no_sum() {
        let mut sums = vec![10.0; 9_995];
        sums.extend([1e6; 5]);
        assert_eq!(size(sums, Bytes(7)), Some(Bytes(20)));
        assert_eq!(size(Vec::new(), Bytes(7)), None);
        assert_eq!(overcommit([Bytes(30), Bytes(60)], Bytes(30)), Some(3.0));
    }
}
