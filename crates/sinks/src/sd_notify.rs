//! Tells the service manager how the agent is: ready, alive, reloading, stopping (sd_notify(3)).
//!
//! The protocol is a datagram of `KEY=VALUE` lines to the socket that `NOTIFY_SOCKET` names; `@` begins an abstract one.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// What the service manager is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It has started, or has reloaded.
    Ready,
    /// It lives.
    Watchdog,
    /// It reads its configuration again, since this time of `CLOCK_MONOTONIC`.
    Reloading(Duration),
    /// It ends.
    Stopping,
    /// What it does, in one line for `systemctl status`.
    Status(String),
}

/// The service manager, where there is one that listens.
#[derive(Debug, Default)]
pub struct SdNotify {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl SdNotify {
    /// The one that `NOTIFY_SOCKET` and `WATCHDOG_USEC` tell of. One that cannot be reached is none.
    #[must_use]
    pub fn new(notify_socket: Option<&OsStr>, watchdog_usec: Option<&str>) -> Self {
        let address = notify_socket.and_then(|name| match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
            [b'/', ..] => SocketAddr::from_pathname(name).ok(),
            _ => None,
        });
        let socket = UnixDatagram::unbound().ok().filter(|socket| socket.set_nonblocking(true).is_ok());
        let micros = watchdog_usec.and_then(|text| text.parse().ok()).filter(|micros| *micros > 0);
        Self { socket: socket.zip(address), watchdog: micros.map(Duration::from_micros) }
    }

    /// How often it wants to hear that the agent lives: twice in the time after which it would end it.
    #[must_use]
    pub fn alive_every(&self) -> Option<Duration> {
        self.watchdog.map(|watchdog| watchdog / 2)
    }

    /// Tells it. One that does not listen any more is no reason to stop.
    pub fn tell(&self, state: &ServiceState) {
        let Some((socket, address)) = &self.socket else { return };
        let message = match state {
            ServiceState::Ready => "READY=1".to_owned(),
            ServiceState::Watchdog => "WATCHDOG=1".to_owned(),
            ServiceState::Reloading(since) => format!("RELOADING=1\nMONOTONIC_USEC={}", since.as_micros()),
            ServiceState::Stopping => "STOPPING=1".to_owned(),
            // A line break would begin another key.
            ServiceState::Status(status) => format!("STATUS={}", status.replace('\n', " ")),
        };
        let _ = socket.send_to_addr(message.as_bytes(), address);
    }
}

#[cfg(test)]
mod tests {
    use super::{SdNotify, ServiceState};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn both_kinds_of_socket_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let manager = SdNotify::new(Some(path.as_os_str()), Some("30000000"));
        assert_eq!(manager.alive_every(), Some(Duration::from_secs(15)));
        manager.tell(&ServiceState::Ready);
        manager.tell(&ServiceState::Reloading(Duration::from_micros(7)));
        manager.tell(&ServiceState::Status("a\nb".to_owned()));
        assert_eq!(heard(&listener), "READY=1");
        assert_eq!(heard(&listener), "RELOADING=1\nMONOTONIC_USEC=7");
        assert_eq!(heard(&listener), "STATUS=a b");
        let name = format!("highwater-test-{}", std::process::id());
        let listener = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        SdNotify::new(Some(format!("@{name}").as_ref()), None).tell(&ServiceState::Stopping);
        assert_eq!(heard(&listener), "STOPPING=1");
    }

    #[test]
    fn nobody_is_told_where_nobody_listens() {
        let gone = SdNotify::new(Some("/nowhere/notify".as_ref()), Some("0"));
        gone.tell(&ServiceState::Watchdog);
        assert_eq!(gone.alive_every(), None);
        SdNotify::new(Some("relative".as_ref()), Some("x")).tell(&ServiceState::Ready);
    }
}
