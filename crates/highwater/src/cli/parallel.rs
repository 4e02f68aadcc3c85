//! The same work on many values, on as many threads as there are processors.

use crate::cli::progress::Progress;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below so many values a thread costs more than it saves.
const VALUES_MIN: usize = 8;

/// What the work makes of each value, in the order of the values.
///
/// # Errors
/// When a thread ended early.
pub fn each<T: Sync, R: Send>(
    values: &[T],
    progress: &Progress,
    work: impl Fn(&T) -> R + Sync,
) -> anyhow::Result<Vec<R>> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(values.len() / VALUES_MIN);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(values.len()));
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(value) = values.get(number) else { return };
            let result = work(value);
            if let Ok(mut done) = done.lock() {
                done.push((number, result));
            }
            progress.step();
        }
    };
    if workers <= 1 {
        run();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(run);
            }
        });
    }
    progress.end();
    let mut done = done.into_inner().map_err(|_| anyhow::anyhow!("a thread ended early"))?;
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
