//! MongoDB: `hello`, which needs no login. A primary, a secondary and a mongos
//! are ready. A member that is starting, recovering or removed is none of these,
//! and an arbiter has no data.
//!
//! Over TLS it is not supported; `mongodb+srv://` is rejected when it is parsed.
//!
//! <https://www.mongodb.com/docs/manual/reference/command/hello/>

use super::bytes::{Bytes, text};
use super::readiness::Readiness;
use crate::plan::probe::Service;

const OP_MSG: i32 = 2013;
const HEADER: usize = 16;
/// In bytes, of a message; that of a large replica set has less than 4 KiB.
const LONGEST: usize = 16 * 1024;
const REQUEST_ID: i32 = 1;
/// What ends a document.
const END: u8 = 0;
/// The error of a server that only knows `isMaster`.
const COMMAND_NOT_FOUND: f64 = 59.0;

/// `{ hello: 1, $db: "admin" }` as OP_MSG.
pub(super) fn hello() -> Vec<u8> {
    let fields: &[u8] = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";
    let mut document = length(fields.len() + 4).to_vec();
    document.extend_from_slice(fields);
    let mut message = length(HEADER + 4 + 1 + document.len()).to_vec();
    for number in [REQUEST_ID, 0, OP_MSG, 0] {
        message.extend_from_slice(&number.to_le_bytes());
    }
    message.push(0);
    message.extend(document);
    message
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

pub(super) fn read_reply(_: &Service, received: &[u8]) -> Option<Readiness> {
    let mut bytes = Bytes(received);
    let length = u32::from_le_bytes(bytes.array()?) as usize;
    if !(HEADER..=LONGEST).contains(&length) {
        return Some(Readiness::OtherProtocol);
    }
    let mut message = Bytes(bytes.take(length - 4)?);
    let hello = body(&mut message).and_then(Hello::read);
    Some(hello.map_or(Readiness::OtherProtocol, |hello| judge(&hello)))
}

/// The document of an OP_MSG with one section.
fn body<'a>(message: &mut Bytes<'a>) -> Option<Bytes<'a>> {
    let (_id, to, code) = (message.array::<4>()?, message.array()?, message.array()?);
    let (_flags, section) = (message.array::<4>()?, message.byte()?);
    let is_reply = i32::from_le_bytes(to) == REQUEST_ID && i32::from_le_bytes(code) == OP_MSG;
    let length = u32::from_le_bytes(message.array()?) as usize;
    // Its length includes itself.
    let document = message.take(length.checked_sub(4)?)?;
    (is_reply && section == 0).then_some(Bytes(document))
}

/// The fields of a reply that say whether the server is ready.
#[derive(Debug, Default)]
struct Hello {
    /// Every reply has it.
    ok: Option<bool>,
    code: f64,
    message: String,
    role: Role,
    set: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Role {
    Primary,
    Secondary,
    Arbiter,
    /// It is starting, recovering or removed, or does not say.
    #[default]
    None,
}

impl Hello {
    /// Reads all fields; none if the document is not valid.
    fn read(mut document: Bytes<'_>) -> Option<Self> {
        let mut hello = Self::default();
        while document.0 != [END] {
            let (name, value) = field(&mut document)?;
            match (name.as_str(), value) {
                ("ok", Value::Number(number)) => hello.ok = Some(number > 0.5),
                ("ok", Value::Bool(ok)) => hello.ok = Some(ok),
                ("code", Value::Number(number)) => hello.code = number,
                ("errmsg", Value::Text(text)) => hello.message = text,
                ("isWritablePrimary" | "ismaster", Value::Bool(true)) => hello.role = Role::Primary,
                ("secondary", Value::Bool(true)) => hello.role = Role::Secondary,
                ("arbiterOnly", Value::Bool(true)) => hello.role = Role::Arbiter,
                ("setName" | "info", Value::Text(text)) => hello.set = text,
                _ => {}
            }
        }
        Some(hello)
    }
}

fn judge(hello: &Hello) -> Readiness {
    let set = if hello.set.is_empty() { String::new() } else { format!(" of {}", hello.set) };
    match (hello.ok, hello.role) {
        (None, _) => Readiness::OtherProtocol,
        (Some(false), _) if hello.code.to_bits() == COMMAND_NOT_FOUND.to_bits() => {
            Readiness::Ready("it is older than 4.4 and cannot say whether it is a primary".into())
        }
        (Some(false), _) => Readiness::NotReady(format!("{} ({})", hello.message, hello.code)),
        (_, Role::Primary) => Readiness::Ready(String::new()),
        (_, Role::Secondary) => Readiness::Ready(format!("a secondary{set}")),
        (_, Role::Arbiter) => Readiness::NotReady(format!("it is an arbiter{set}, which has no data")),
        (_, Role::None) => Readiness::NotReady(format!("it is neither a primary nor a secondary{set}")),
    }
}

enum Value {
    Number(f64),
    Bool(bool),
    Text(String),
    Other,
}

/// The next field of a BSON document; none if it is invalid.
///
/// <https://bsonspec.org/spec.html>
fn field(bytes: &mut Bytes<'_>) -> Option<(String, Value)> {
    let kind = bytes.byte()?;
    let name = bytes.c_string()?;
    let value = match kind {
        0x01 => Value::Number(f64::from_le_bytes(bytes.array()?)),
        0x02 => Value::Text(text(sized(bytes, 0)?)),
        0x08 => Value::Bool(bytes.byte()? != 0),
        0x10 => Value::Number(i32::from_le_bytes(bytes.array()?).into()),
        // The length of a document or an array includes the length itself.
        0x03 | 0x04 => skipped(sized(bytes, 4))?,
        // Binary data has one more byte, for its type.
        0x05 => {
            let length = u32::from_le_bytes(bytes.array()?) as usize;
            skipped(bytes.take(length.checked_add(1)?))?
        }
        0x07 => skipped(bytes.take(12))?,
        0x09 | 0x11 => skipped(bytes.take(8))?,
        0x12 => integer(i64::from_le_bytes(bytes.array()?)),
        0x13 => skipped(bytes.take(16))?,
        0x06 | 0x0a | 0x7f | 0xff => Value::Other,
        _ => return None,
    };
    Some((name, value))
}

fn integer(number: i64) -> Value {
    i32::try_from(number).map_or(Value::Other, |number| Value::Number(number.into()))
}

fn skipped(bytes: Option<&[u8]>) -> Option<Value> {
    bytes.map(|_| Value::Other)
}

/// What follows a length that includes `counted` bytes of its own. The NUL at
/// the end of a text is trimmed.
fn sized<'a>(bytes: &mut Bytes<'a>, counted: usize) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(bytes.array()?) as usize;
    let taken = bytes.take(length.checked_sub(counted)?)?;
    Some(taken.strip_suffix(&[0]).unwrap_or(taken))
}
