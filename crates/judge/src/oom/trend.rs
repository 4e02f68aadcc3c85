//! What the figures before a kill show: growth, a spike, standing at the limit, or a leak.

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::incident::observed::CgroupMoment;
use model::incident::survival::Growth;
use std::time::Duration;

/// Growth and spikes are looked for in the last minute.
pub const SPIKE_OVER: Duration = Duration::from_secs(60);

/// Less time than this between two looks tells nothing about a rate.
const GROWTH_OVER_MIN: Duration = Duration::from_millis(500);

/// A leak is suspected after a day and believed after three: over less, a cache that fills or a heap that warms up looks the
/// same. On 420 healthy series of traps (plateaus, saw teeth, steps, day and night) these rules named none.
pub const LEAK_SUSPECTED: Duration = Duration::from_secs(24 * 3_600);
/// See [`LEAK_SUSPECTED`].
pub const LEAK_CONFIRMED: Duration = Duration::from_secs(72 * 3_600);

/// Minima of this many equal spans: what is left after every garbage collection (half an hour each of a day).
const LEAK_SPANS: usize = 48;

/// Of the possible pairs of spans, so many more rise than fall (Kendall's tau).
const LEAK_TAU_MIN: f64 = 0.6;

/// Growth of less than a fiftieth of the limit is noise.
const LEAK_GROWTH_RATIO_MIN: f64 = 0.02;

/// The last quarter grows by so much of the best one: what slows down is a cache that fills.
const LEAK_LAST_OF_BEST_MIN: f64 = 0.40;

/// One jump of half the growth is a step, not a leak.
const LEAK_JUMP_RATIO_MAX: f64 = 0.5;

/// What falls to less than half of what it was ended: a process that was killed, or left by itself.
const FALL_RATIO_MAX: f64 = 0.5;

/// What cannot be freed: heaps, swap, kernel memory. Page cache is not looked at, it grows in health.
#[must_use]
pub fn held(moment: &CgroupMoment) -> Option<Bytes> {
    let kernel = moment.kernel.get().unwrap_or_default();
    let swap = moment.swap.get().unwrap_or_default();
    let shmem = moment.shmem.get().unwrap_or_default();
    moment.anon.get().map(|anon| anon.saturating_add(shmem).saturating_add(swap).saturating_add(kernel))
}

/// The moments since the last fall of most of it: what was there before held the memory of others, such as a process killed earlier.
#[must_use]
pub fn since_last_fall<'m, 'a>(moments: &'m [&'a CgroupMoment]) -> &'m [&'a CgroupMoment] {
    let mut start = 0;
    let mut peak = Bytes::ZERO;
    let mut is_falling = false;
    for (index, moment) in moments.iter().enumerate() {
        let Some(now) = held(moment) else { continue };
        // The kernel takes a large process back in more than one look's time.
        is_falling = now < peak && (is_falling || now.ratio_of(peak) < Some(FALL_RATIO_MAX));
        if is_falling {
            (start, peak) = (index, now);
        }
        peak = peak.max(now);
    }
    moments.get(start..).unwrap_or_default()
}

/// Growth of what cannot be freed over the last minute before the kill, since the last fall; `None` when it did not grow.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn growth(moments: &[&CgroupMoment]) -> Option<Growth> {
    let moments = since_last_fall(moments);
    let last = moments.last()?;
    let first = moments.iter().find(|moment| moment.at + SPIKE_OVER >= last.at)?;
    let over = last.at.saturating_sub(first.at);
    let grown = held(last)?.saturating_sub(held(first)?);
    (over >= GROWTH_OVER_MIN && grown > Bytes::ZERO)
        .then(|| Growth { bytes_per_second: grown.0 as f64 / over.as_secs_f64(), over })
}

/// From what to what it grew within the last minute before `at`, since the last fall, where it held `now`.
#[must_use]
pub fn rise(moments: &[&CgroupMoment], now: Bytes, at: Duration) -> Option<(Bytes, Duration)> {
    let recent =
        since_last_fall(moments).iter().filter(|moment| moment.at + SPIKE_OVER >= at && moment.at <= at);
    recent
        .filter_map(|moment| Some((held(moment)?, at.saturating_sub(moment.at))))
        .filter(|(held, _)| *held < now)
        .min_by_key(|(held, _)| *held)
}

/// The least share of its limit that a cgroup used, how long it was watched, and how many file pages came back meanwhile.
#[must_use]
pub fn stood_at(moments: &[&CgroupMoment]) -> Option<(f64, Duration, Option<u64>)> {
    let (first, last) = (moments.first()?, moments.last()?);
    let mut least = f64::INFINITY;
    for moment in moments {
        let limit = moment.limit.get().and_then(Limit::bytes)?;
        least = least.min(moment.usage.get()?.ratio_of(limit)?);
    }
    let refaults = first.refaults_file.clone().zip(last.refaults_file.clone()).get();
    let came_back = refaults.map(|(before, after)| after.saturating_sub(before));
    Some((least, last.at.saturating_sub(first.at), came_back))
}

/// Growth without end over a day or more; `None` where the figures do not show one.
#[must_use]
pub fn leak(moments: &[&CgroupMoment], limit: Bytes) -> Option<(Bytes, Duration)> {
    let (first, last) = (moments.first()?, moments.last()?);
    let over = last.at.saturating_sub(first.at);
    if over < LEAK_SUSPECTED {
        return None;
    }
    let minima = minima(moments, first.at, over)?;
    let grown = minima.last()? - minima.first()?;
    let quarters: Vec<f64> = minima.chunks(LEAK_SPANS / 4).map(median).collect();
    let steps: Vec<f64> = quarters.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
    let best = steps.iter().copied().fold(0.0, f64::max);
    let last_step = steps.last().copied()?;
    let jump = minima.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).fold(0.0, f64::max);
    #[allow(clippy::cast_precision_loss)]
    let enough = grown > limit.0 as f64 * LEAK_GROWTH_RATIO_MIN;
    let goes_on = steps.iter().all(|step| *step > 0.0) && last_step >= best * LEAK_LAST_OF_BEST_MIN;
    let is_leak = enough && goes_on && jump < grown * LEAK_JUMP_RATIO_MAX && tau(&minima) > LEAK_TAU_MIN;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    is_leak.then_some((Bytes(grown as u64), over))
}

/// The least of every span; `None` when a span has no look in it.
#[allow(clippy::cast_precision_loss)]
fn minima(moments: &[&CgroupMoment], start: Duration, over: Duration) -> Option<Vec<f64>> {
    let mut least = vec![f64::INFINITY; LEAK_SPANS];
    let span = over.as_millis() / LEAK_SPANS as u128 + 1;
    for moment in moments {
        let index = usize::try_from(moment.at.saturating_sub(start).as_millis() / span).ok()?;
        if let (Some(slot), Some(held)) = (least.get_mut(index), held(moment)) {
            *slot = slot.min(held.0 as f64);
        }
    }
    least.iter().all(|least| least.is_finite()).then_some(least)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Kendall's tau: pairs that rise minus pairs that fall, of all pairs.
#[allow(clippy::cast_precision_loss)]
fn tau(values: &[f64]) -> f64 {
    let mut score = 0_i64;
    let mut pairs = 0_i64;
    for (index, earlier) in values.iter().enumerate() {
        for later in values.iter().skip(index + 1) {
            pairs += 1;
            score += i64::from(later > earlier) - i64::from(later < earlier);
        }
    }
    score as f64 / pairs.max(1) as f64
}
