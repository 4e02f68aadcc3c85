//! A question that may hang in the kernel, asked on a thread that is left behind when it does.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The answer, or nothing when it did not come in time: a dead network file system or disk answers never.
pub fn within<T: Send + 'static>(deadline: Duration, ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().spawn(move || sender.send(ask()));
    spawned.ok()?;
    receiver.recv_timeout(deadline).ok()
}

#[cfg(test)]
mod tests {
    use super::within;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_question_without_answer_is_given_up() {
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
        let (_kept, never) = mpsc::channel::<u8>();
        assert_eq!(within(Duration::from_millis(20), move || never.recv()), None);
    }
}
