//! Asking again and again until something is as wanted.

use crate::subprocess::interrupted;
use anyhow::bail;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks until it is as wanted, so long; what was found last. The clock is one that nobody sets.
pub fn until<T>(
    longest: Duration,
    mut read: impl FnMut() -> anyhow::Result<T>,
    is_so: impl Fn(&T) -> bool,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        let found = read()?;
        if is_so(&found) || begun.elapsed() > longest {
            return Ok(found);
        }
        if interrupted() {
            bail!("interrupted");
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::until;
    use std::time::Duration;

    #[test]
    fn it_ends_when_it_is_so_when_it_takes_too_long_and_when_nothing_can_be_read() {
        let mut asked = 0;
        let mut count = || {
            asked += 1;
            Ok(asked)
        };
        assert_eq!(until(Duration::from_secs(60), &mut count, |found| *found == 2).unwrap(), 2);
        assert_eq!(until(Duration::ZERO, &mut count, |_| false).unwrap(), 3);
        assert!(until(Duration::from_secs(60), || anyhow::bail!("gone"), |(): &()| false).is_err());
    }
}
