//! The D-Bus wire format, as far as a reader of systemd's properties needs it (D-Bus Specification, "Message Protocol").

/// The largest message that is read. The list of ten thousand units is about 2 MiB.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The part of a message whose length is fixed; it tells the length of the rest.
pub const PREFIX_BYTES: usize = 16;

const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;
const PROTOCOL_VERSION: u8 = 1;

/// A reader starts nobody: a bus may start a program to have a call answered.
const NO_AUTO_START: u8 = 2;

const FIELD_PATH: u8 = 1;
const FIELD_INTERFACE: u8 = 2;
const FIELD_MEMBER: u8 = 3;
const FIELD_ERROR_NAME: u8 = 4;
const FIELD_REPLY_SERIAL: u8 = 5;
const FIELD_DESTINATION: u8 = 6;
const FIELD_SIGNATURE: u8 = 8;

/// Bytes that are not what the format, or the asked method, says.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends before its end.
    #[error("a D-Bus message ends too early")]
    Short,
    /// Its length is beyond any that systemd sends.
    #[error("expected a D-Bus message of at most {MESSAGE_BYTES_MAX} bytes, found one of {found}")]
    TooLong {
        /// Its length.
        found: u64,
    },
    /// A byte of the fixed part has no meaning.
    #[error("expected a D-Bus message, found other bytes")]
    NotDbus,
    /// A string is not UTF-8.
    #[error("expected UTF-8 in a D-Bus string")]
    NotUtf8,
    /// A value of another type.
    #[error("expected the D-Bus type `{expected}`, found `{found}`")]
    OtherType {
        /// The signature that was expected.
        expected: &'static str,
        /// The signature that was found.
        found: String,
    },
}

/// A method call whose arguments are strings.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whom to ask.
    pub destination: &'a str,
    /// The object.
    pub path: &'a str,
    /// The interface that has the method.
    pub interface: &'a str,
    /// The method.
    pub member: &'a str,
    /// Its arguments.
    pub arguments: &'a [&'a str],
}

impl Call<'_> {
    /// Appends the call's bytes, in little-endian, to those of other calls.
    pub fn encode(&self, serial: u32, into: &mut Vec<u8>) {
        let mut body = Vec::new();
        for argument in self.arguments {
            put_string(&mut body, argument);
        }
        let mut message = vec![b'l', METHOD_CALL, NO_AUTO_START, PROTOCOL_VERSION];
        put_u32(&mut message, length(&body));
        put_u32(&mut message, serial);
        // The array's length, known below.
        put_u32(&mut message, 0);
        put_field(&mut message, FIELD_PATH, "o", self.path);
        put_field(&mut message, FIELD_INTERFACE, "s", self.interface);
        put_field(&mut message, FIELD_MEMBER, "s", self.member);
        put_field(&mut message, FIELD_DESTINATION, "s", self.destination);
        if !self.arguments.is_empty() {
            pad(&mut message, 8);
            message.push(FIELD_SIGNATURE);
            put_signature(&mut message, "g");
            put_signature(&mut message, &"s".repeat(self.arguments.len()));
        }
        let fields = length(&message[PREFIX_BYTES..]);
        message[PREFIX_BYTES - 4..PREFIX_BYTES].copy_from_slice(&fields.to_le_bytes());
        pad(&mut message, 8);
        into.extend_from_slice(&message);
        into.extend_from_slice(&body);
    }
}

fn put_field(message: &mut Vec<u8>, code: u8, signature: &str, value: &str) {
    pad(message, 8);
    message.push(code);
    put_signature(message, signature);
    put_string(message, value);
}

fn put_string(message: &mut Vec<u8>, value: &str) {
    pad(message, 4);
    put_u32(message, length(value.as_bytes()));
    message.extend_from_slice(value.as_bytes());
    message.push(0);
}

fn put_signature(message: &mut Vec<u8>, signature: &str) {
    message.push(u8::try_from(signature.len()).unwrap_or(u8::MAX));
    message.extend_from_slice(signature.as_bytes());
    message.push(0);
}

fn put_u32(message: &mut Vec<u8>, value: u32) {
    message.extend_from_slice(&value.to_le_bytes());
}

fn pad(message: &mut Vec<u8>, alignment: usize) {
    message.resize(message.len().next_multiple_of(alignment), 0);
}

/// A path or a name is never near 4 GiB: a caller that tries is refused by the other side.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// The length of the whole message that begins with these bytes.
///
/// # Errors
/// When these are not the first bytes of a message, or of one that is too long.
pub fn message_length(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, Malformed> {
    let mut reader = Reader::of_message(prefix)?;
    reader.at = 4;
    let body = u64::from(reader.u32()?);
    reader.at = 12;
    let fields = u64::from(reader.u32()?);
    let found = (PREFIX_BYTES as u64 + fields).next_multiple_of(8) + body;
    match usize::try_from(found) {
        Ok(length) if length <= MESSAGE_BYTES_MAX => Ok(length),
        Ok(_) | Err(_) => Err(Malformed::TooLong { found }),
    }
}

/// What a message is, to somebody who only asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The answer to a call.
    Return,
    /// The refusal of a call: the error's name.
    Error(String),
    /// A signal, or a call to us.
    Other,
}

/// A message that came.
#[derive(Debug)]
pub struct Message<'a> {
    /// What it is.
    pub meaning: Meaning,
    /// The serial of the call that it answers.
    pub reply_serial: Option<u32>,
    /// The types in the body.
    signature: &'a str,
    body: Reader<'a>,
}

impl<'a> Message<'a> {
    /// Reads the header of a whole message.
    ///
    /// # Errors
    /// When it is not one.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::of_message(bytes)?;
        let kind = *bytes.get(1).ok_or(Malformed::Short)?;
        reader.at = 12;
        let fields_end = reader.u32()? as usize + PREFIX_BYTES;
        let (mut reply_serial, mut error_name, mut signature) = (None, "", "");
        while reader.at < fields_end {
            reader.align(8)?;
            let code = reader.u8()?;
            match (code, reader.signature()?) {
                (FIELD_REPLY_SERIAL, "u") => reply_serial = Some(reader.u32()?),
                (FIELD_ERROR_NAME, "s") => error_name = reader.string()?,
                (FIELD_SIGNATURE, "g") => signature = reader.signature()?,
                (_, "u") => drop(reader.u32()?),
                (_, "g") => drop(reader.signature()?),
                (_, "s" | "o") => drop(reader.string()?),
                (_, found) => {
                    return Err(Malformed::OtherType { expected: "s", found: found.to_owned() });
                }
            }
        }
        reader.align(8)?;
        let meaning = match kind {
            METHOD_RETURN => Meaning::Return,
            ERROR => Meaning::Error(error_name.to_owned()),
            _ => Meaning::Other,
        };
        Ok(Self { meaning, reply_serial, signature, body: reader })
    }

    /// The body, when its types are these.
    ///
    /// # Errors
    /// When they are others.
    pub fn body(self, expected: &'static str) -> Result<Reader<'a>, Malformed> {
        if self.signature == expected {
            return Ok(self.body);
        }
        Err(Malformed::OtherType { expected, found: self.signature.to_owned() })
    }

    /// The words of an error, when it has any.
    pub fn words(self) -> Option<&'a str> {
        let mut body = self.body("s").ok()?;
        body.string().ok()
    }
}

/// Reads values one after another.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_little_endian: bool,
}

impl<'a> Reader<'a> {
    /// At the start of a message, whose first byte tells the order of all numbers in it.
    fn of_message(bytes: &'a [u8]) -> Result<Self, Malformed> {
        match (bytes.first(), bytes.get(3)) {
            (Some(b'l'), Some(&PROTOCOL_VERSION)) => Ok(Self { bytes, at: 0, is_little_endian: true }),
            (Some(b'B'), Some(&PROTOCOL_VERSION)) => Ok(Self { bytes, at: 0, is_little_endian: false }),
            (Some(_), Some(_)) => Err(Malformed::NotDbus),
            (None, _) | (_, None) => Err(Malformed::Short),
        }
    }

    /// The readers of the elements of an array of structures, one after another: call while [`Reader::has_more`].
    ///
    /// # Errors
    /// When the array ends after the message.
    pub fn array(&mut self) -> Result<Self, Malformed> {
        let length = self.u32()? as usize;
        self.align(8)?;
        let start = self.at;
        self.take(length)?;
        Ok(Self { bytes: &self.bytes[..self.at], at: start, is_little_endian: self.is_little_endian })
    }

    /// Whether bytes are left.
    pub const fn has_more(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// Skips the padding before a value of this alignment.
    pub fn align(&mut self, alignment: usize) -> Result<(), Malformed> {
        let aligned = self.at.next_multiple_of(alignment);
        self.take(aligned - self.at).map(drop)
    }

    /// A 32-bit number.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.align(4)?;
        let bytes = self.take_exactly()?;
        Ok(if self.is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// A 64-bit number.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.align(8)?;
        let bytes = self.take_exactly()?;
        Ok(if self.is_little_endian { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    /// A string or an object path.
    pub fn string(&mut self) -> Result<&'a str, Malformed> {
        let length = self.u32()? as usize;
        self.text(length)
    }

    /// A signature: also the start of a variant.
    pub fn signature(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::from(self.u8()?);
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Result<&'a str, Malformed> {
        let text = str::from_utf8(self.take(length)?).map_err(|_| Malformed::NotUtf8)?;
        // Its end is marked by a zero byte.
        self.u8()?;
        Ok(text)
    }

    fn u8(&mut self) -> Result<u8, Malformed> {
        self.take_exactly().map(|[byte]| byte)
    }

    fn take_exactly<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Malformed> {
        self.take(COUNT)?.try_into().map_err(|_| Malformed::Short)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed::Short)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed::Short)?;
        self.at = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Malformed, Meaning, Message, PREFIX_BYTES, message_length};

    const SWAP_MAX: &[u8] = include_bytes!("../../../../fixtures/systemd/257/MemorySwapMax");
    const UNKNOWN: &[u8] = include_bytes!("../../../../fixtures/systemd/257/UnknownProperty");

    fn prefix(bytes: &[u8]) -> [u8; PREFIX_BYTES] {
        bytes[..PREFIX_BYTES].try_into().unwrap()
    }

    #[test]
    fn a_call_is_laid_out_as_the_specification_says() {
        let call =
            Call { destination: "d.d", path: "/p", interface: "i.i", member: "M", arguments: &["a", "bc"] };
        let mut bytes = Vec::new();
        call.encode(7, &mut bytes);
        let expected: [&[u8]; 7] = [
            b"l\x01\x02\x01\x0f\0\0\0\x07\0\0\0\x48\0\0\0",
            b"\x01\x01o\0\x02\0\0\0/p\0\0\0\0\0\0",
            b"\x02\x01s\0\x03\0\0\0i.i\0\0\0\0\0",
            b"\x03\x01s\0\x01\0\0\0M\0\0\0\0\0\0\0",
            b"\x06\x01s\0\x03\0\0\0d.d\0\0\0\0\0",
            b"\x08\x01g\0\x02ss\0",
            b"\x01\0\0\0a\0\0\0\x02\0\0\0bc\0",
        ];
        assert_eq!(bytes, expected.concat());
        assert_eq!(message_length(&prefix(&bytes)), Ok(bytes.len()));
    }

    #[test]
    fn an_answer_of_systemd_is_read() {
        assert_eq!(message_length(&prefix(SWAP_MAX)), Ok(SWAP_MAX.len()));
        let message = Message::decode(SWAP_MAX).unwrap();
        assert_eq!((&message.meaning, message.reply_serial), (&Meaning::Return, Some(6)));
        let mut body = message.body("v").unwrap();
        assert_eq!((body.signature(), body.u64()), (Ok("t"), Ok(u64::MAX)));
        assert!(!body.has_more());
    }

    #[test]
    fn a_refusal_has_a_name_and_words() {
        let message = Message::decode(UNKNOWN).unwrap();
        let name = "org.freedesktop.DBus.Error.UnknownProperty".to_owned();
        assert_eq!(message.meaning, Meaning::Error(name));
        let words = "Unknown interface org.freedesktop.systemd1.Scope or property Nonsense.";
        assert_eq!(message.words(), Some(words));
    }

    #[test]
    fn numbers_are_read_in_the_order_that_the_first_byte_tells() {
        let bytes = b"B\x02\0\x01\0\0\0\x04\0\0\0\x09\0\0\0\x0f\
                      \x05\x01u\0\0\0\0\x03\x08\x01g\0\x01u\0\0\0\0\x01\x02";
        let message = Message::decode(bytes).unwrap();
        assert_eq!(message.reply_serial, Some(3));
        assert_eq!(message.body("u").unwrap().u32(), Ok(258));
    }

    #[test]
    fn a_body_of_another_type_is_refused() {
        let found = Message::decode(SWAP_MAX).unwrap().body("s").unwrap_err();
        assert_eq!(found, Malformed::OtherType { expected: "s", found: "v".to_owned() });
    }

    #[test]
    fn other_bytes_and_a_length_beyond_measure_are_refused() {
        assert_eq!(message_length(b"HTTP/1.1 400 Bad"), Err(Malformed::NotDbus));
        let mut beyond = prefix(SWAP_MAX);
        beyond[4..8].fill(0xff);
        assert_eq!(message_length(&beyond), Err(Malformed::TooLong { found: 0xffff_ffff + 72 }));
        beyond[12..].fill(0xff);
        assert!(matches!(message_length(&beyond), Err(Malformed::TooLong { .. })));
    }
}
