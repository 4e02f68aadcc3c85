//! Histories written for `advise`: three days at a sample in five minutes.

use super::Folder;
use crate::real::product::Product;
use crate::subprocess::Outcome;
use std::fmt::Write;

const STEP_SECONDS: u64 = 300;
const STEPS: u64 = 3 * 24 * 3600 / STEP_SECONDS;
/// A peak so seldom is for swap where there is some.
const PEAK_EVERY: u64 = 100;

/// A history and what is set, as files.
pub struct Files {
    history: String,
    limits: String,
}

impl Files {
    /// Writes them; each series has a name, its usual use and its peak in MiB.
    pub fn write(folder: &Folder, series: &[(String, [u64; 2])], limits: &str) -> anyhow::Result<Self> {
        let mut text = "seconds".to_owned();
        for (name, _) in series {
            write!(text, ",{name}")?;
        }
        text.push('\n');
        for step in 0..STEPS {
            write!(text, "{}", step * STEP_SECONDS)?;
            for (_, [usual, peak]) in series {
                let is_peak = step % PEAK_EVERY == PEAK_EVERY / 2;
                // A little below the usual, as nothing stands still.
                write!(text, ",{}", if is_peak { *peak } else { usual - step % 5 })?;
            }
            text.push('\n');
        }
        let (history, limits) = (folder.write("history.csv", &text)?, folder.write("limits.csv", limits)?);
        Ok(Self { history, limits })
    }

    /// Asks for advice on them.
    pub fn advise(&self, product: &Product, more: &[&str]) -> anyhow::Result<Outcome> {
        let fixed = ["advise", "--csv", &self.history, "--unit", "MiB", "--limits-today", &self.limits];
        product.run(&[&fixed, more].concat())
    }
}
