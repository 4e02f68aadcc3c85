//! How fast what is left gets less: a line through the last looks, where it is a line and not a tremble.

use super::line::{falls, with_look};
use kernel::bytes::Bytes;
use model::alert::Moment;
use model::alert::book::{FittedLine, Trend};
use model::alert::rules::AlertRules;
use model::cgroup::CgroupId;
use std::collections::BTreeMap;
use std::time::Duration;

/// Each look counts for so much of the one after it: about the last ten tell the pace.
const RECENT_KEPT: f64 = 0.8;

/// About the last forty tell whether it is a growth: a heap that fills and is emptied in fewer has none.
const LASTING_KEPT: f64 = 0.95;

/// Looks that follow more closely than this tell nothing of a pace.
const LOOKS_APART_MIN: Duration = Duration::from_millis(500);

/// Those who have less than this share left are followed, so that their pace is known when it decides.
const FOLLOWED_RATIO_MIN: f64 = 0.25;

/// Where the rule tells of more than most, followed from so much above it.
const FOLLOWED_OF_FIRES: f64 = 1.5;

/// What is left now.
pub struct Left {
    /// Whose.
    pub cgroup: CgroupId,
    /// What is left.
    pub headroom: Bytes,
    /// Whether that is little enough for its pace to decide something.
    pub is_followed: bool,
}

/// Only those who have less than this share left are followed: the others' pace decides nothing.
pub const fn ratio_followed(rules: &AlertRules) -> f64 {
    FOLLOWED_RATIO_MIN.max(rules.headroom.fires * FOLLOWED_OF_FIRES)
}

/// How much less is left each second; zero where that is not known, or nothing but noise.
pub fn shrinking(trends: &mut BTreeMap<String, Trend>, name: &str, left: &Left, now: &Moment) -> f64 {
    if !left.is_followed {
        trends.remove(name);
        return 0.0;
    }
    let before = trends.get(name).filter(|trend| trend.cgroup == left.cgroup);
    let since = before.map_or(Duration::ZERO, |trend| now.since(&trend.at));
    if let Some(before) = before.filter(|_| since < LOOKS_APART_MIN) {
        return pace(before);
    }
    let seconds = since.as_secs_f64();
    let grown = before.map_or(0.0, |trend| left.headroom.0 as f64 - trend.headroom.0 as f64);
    let (recent, lasting) =
        before.map_or((FittedLine::default(), FittedLine::default()), |trend| (trend.recent, trend.lasting));
    let trend = Trend {
        cgroup: left.cgroup,
        at: *now,
        headroom: left.headroom,
        recent: with_look(&recent, seconds, grown, RECENT_KEPT),
        lasting: with_look(&lasting, seconds, grown, LASTING_KEPT),
    };
    trends.insert(name.to_owned(), trend);
    pace(&trend)
}

/// The pace of the last looks where it is sure, if the many looks fall as well.
fn pace(trend: &Trend) -> f64 {
    let Some(lasting) = falls(&trend.lasting) else { return 0.0 };
    falls(&trend.recent).map_or(lasting, |recent| recent.max(lasting))
}

#[cfg(test)]
mod tests;
