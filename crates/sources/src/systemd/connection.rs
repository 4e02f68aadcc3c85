//! A D-Bus connection that asks: the greeting, calls, and their answers in order.

use crate::systemd::wire::{Call, Malformed, Meaning, Message, PREFIX_BYTES, message_length};
use std::io;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// A line of the greeting is never longer.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// Why a conversation brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbusError {
    /// The connection broke.
    #[error("the D-Bus connection broke")]
    Broken(#[from] io::Error),
    /// The other side does not let us in.
    #[error("expected the D-Bus greeting `OK`, found `{found}`")]
    NotGreeted {
        /// What it said.
        found: String,
    },
    /// What came is not what was asked for.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The other side refused one call.
    #[error("{words} ({name})")]
    Refused {
        /// The error's name: `org.freedesktop.DBus.Error.UnknownProperty`.
        name: String,
        /// Its own words.
        words: String,
    },
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<UnixStream>,
    serial: u32,
}

/// The bytes of the answer to one call.
#[derive(Debug)]
pub struct Answer(Vec<u8>);

impl Answer {
    /// The answer's message.
    ///
    /// # Errors
    /// When the call was refused.
    pub fn message(&self) -> Result<Message<'_>, DbusError> {
        let message = Message::decode(&self.0)?;
        match &message.meaning {
            Meaning::Return | Meaning::Other => Ok(message),
            Meaning::Error(name) => {
                let name = name.clone();
                Err(DbusError::Refused { name, words: message.words().unwrap_or("refused").to_owned() })
            }
        }
    }
}

impl Connection {
    /// Connects as this process's user.
    ///
    /// # Errors
    /// What `connect(2)` says.
    pub async fn open(socket: &Path) -> io::Result<Self> {
        Ok(Self { stream: BufReader::new(UnixStream::connect(socket).await?), serial: 0 })
    }

    /// Says who we are, which the other side checks by the socket's credentials (D-Bus Specification, "EXTERNAL").
    ///
    /// `BEGIN` goes along with the first line, as `systemctl` sends it. When systemd 257 receives it together with the
    /// first call, that call lies in its buffer until more bytes come: one conversation in six hung.
    ///
    /// # Errors
    /// When the other side does not accept that.
    pub async fn greet(&mut self) -> Result<(), DbusError> {
        let user = rustix::process::geteuid().as_raw().to_string();
        let user: String = user.bytes().map(|digit| format!("{digit:02x}")).collect();
        self.stream.write_all(format!("\0AUTH EXTERNAL {user}\r\nBEGIN\r\n").as_bytes()).await?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") && line.len() < LINE_BYTES_MAX {
            line.push(self.stream.read_u8().await?);
        }
        if !line.starts_with(b"OK ") {
            let found = String::from_utf8_lossy(&line).trim().to_owned();
            return Err(DbusError::NotGreeted { found });
        }
        Ok(())
    }

    /// Makes all calls at once; the answers are in the order of the calls.
    ///
    /// # Errors
    /// When the connection breaks before the last answer.
    pub async fn call(&mut self, calls: &[Call<'_>]) -> Result<Vec<Answer>, DbusError> {
        let first = self.serial + 1;
        let mut bytes = Vec::new();
        for call in calls {
            self.serial += 1;
            call.encode(self.serial, &mut bytes);
        }
        self.stream.write_all(&bytes).await?;
        let mut answers: Vec<Option<Answer>> = calls.iter().map(|_| None).collect();
        let mut unanswered = calls.len();
        while unanswered > 0 {
            let bytes = self.next_message().await?;
            let reply_serial = Message::decode(&bytes)?.reply_serial;
            let index = reply_serial.and_then(|serial| serial.checked_sub(first)).map(|index| index as usize);
            if let Some(slot @ None) = index.and_then(|index| answers.get_mut(index)) {
                *slot = Some(Answer(bytes));
                unanswered -= 1;
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn next_message(&mut self) -> Result<Vec<u8>, DbusError> {
        let mut prefix = [0; PREFIX_BYTES];
        self.stream.read_exact(&mut prefix).await?;
        let mut bytes = prefix.to_vec();
        bytes.resize(message_length(&prefix)?, 0);
        self.stream.read_exact(&mut bytes[PREFIX_BYTES..]).await?;
        Ok(bytes)
    }
}
