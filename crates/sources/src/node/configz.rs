//! The kubelet's configuration in force, from its read-only port where one is open.
//!
//! `/configz` needs a client certificate on port 10250, which a reader of files does not have; what `kubectl get --raw
//! /api/v1/nodes/NODE/proxy/configz` prints can be given as a file instead.

use crate::node::DEADLINE;
use crate::node::within::within;
use model::reading::Reading;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

/// A configuration is some KiB.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// Asks. A closed port or another answer than a configuration is no failure: the port is off by default.
#[must_use]
pub fn configz(port: u16) -> Reading<String> {
    match within(DEADLINE, move || ask(port)) {
        Some(Ok(Some(body))) => Reading::Value(body),
        Some(Ok(None) | Err(_)) => Reading::Absent,
        None => Reading::failed(format!("127.0.0.1:{port}/configz: no answer within {DEADLINE:?}")),
    }
}

fn ask(port: u16) -> io::Result<Option<String>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    stream.write_all(b"GET /configz HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return Ok(None) };
    let is_fine = head.lines().next().is_some_and(|status| status.split(' ').nth(1) == Some("200"));
    Ok((is_fine && body.contains("\"kubeletconfig\"")).then(|| body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Reading, configz};
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn answering(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 256];
            let _ = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn only_a_configuration_counts() {
        let told = answering("HTTP/1.0 200 OK\r\n\r\n{\"kubeletconfig\":{\"failSwapOn\":false}}");
        assert_eq!(configz(told), Reading::Value("{\"kubeletconfig\":{\"failSwapOn\":false}}".to_owned()));
        assert_eq!(configz(answering("HTTP/1.0 404 Not Found\r\n\r\n404 page not found")), Reading::Absent);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_eq!(configz(closed), Reading::Absent);
    }
}
