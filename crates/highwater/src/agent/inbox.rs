//! What others want of the agent: signals, and questions from its sockets. A bell ends the wait for the machine.

use super::{Agent, Event};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::Duration;

/// Whoever asks waits no longer for the loop.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A question to the loop, and who waits for the answer.
pub struct Question {
    answer: fn(&Agent) -> String,
    asker: SyncSender<String>,
}

/// What waits for the loop.
pub struct Inbox {
    events: Receiver<Event>,
    post: Post,
}

/// Puts events into the inbox, from any thread.
#[derive(Clone)]
pub struct Post {
    events: Sender<Event>,
    bell: Arc<UnixStream>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Question")
    }
}

impl Question {
    /// Answers it.
    pub fn answer(self, agent: &Agent) {
        // Who asked may have gone.
        let _ = self.asker.try_send((self.answer)(agent));
    }
}

impl Inbox {
    /// An inbox, and what can be read when something is in it.
    ///
    /// # Errors
    /// When no socket can be made.
    pub fn new() -> io::Result<(Self, OwnedFd)> {
        let (heard, bell) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        bell.set_nonblocking(true)?;
        let (sender, events) = mpsc::channel();
        Ok((Self { events, post: Post { events: sender, bell: Arc::new(bell) } }, heard.into()))
    }

    /// The next event, without waiting.
    pub fn next(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// For whoever wants something of the loop.
    pub fn post(&self) -> Post {
        self.post.clone()
    }

    /// Turns signals into events: `SIGHUP` reloads, `SIGTERM` and `SIGINT` end.
    ///
    /// # Errors
    /// When they cannot be heard.
    pub fn hear_signals(&self) -> io::Result<()> {
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let post = self.post();
        let listen = move || {
            for signal in signals.forever() {
                post.put(if signal == SIGHUP { Event::Reload } else { Event::Stop });
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
    }
}

impl Post {
    fn put(&self, event: Event) {
        // The loop may have ended; a bell that is full rings already.
        let _ = self.events.send(event);
        let _ = (&*self.bell).write(&[1]);
    }

    /// Asks the loop and waits for its answer; nothing when it does not come in time.
    pub fn ask(&self, answer: fn(&Agent) -> String) -> Option<String> {
        let (asker, answered) = mpsc::sync_channel(1);
        self.put(Event::Asked(Question { answer, asker }));
        answered.recv_timeout(ANSWER_MAX).ok()
    }
}
