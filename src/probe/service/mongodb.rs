//! MongoDB: `hello`, which needs no login. Ready is a primary, a secondary or
//! a mongos; a member that starts, recovers or was removed is none of these,
//! and an arbiter has no data.
//!
//! <https://www.mongodb.com/docs/manual/reference/command/hello/>

use super::Answer;
use super::bytes::{Bytes, text};
use crate::plan::probe::Service;

const OP_MSG: i32 = 2013;
const HEADER: usize = 16;
/// In bytes, of a message; a large replica set's has less than 4 KiB.
const LONGEST: usize = 16 * 1024;
const REQUEST_ID: i32 = 1;
/// Of a server that knows `isMaster` alone.
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

pub(super) fn read(_: &Service, heard: &[u8]) -> Option<Answer> {
    let mut bytes = Bytes(heard);
    let length = u32::from_le_bytes(bytes.array()?) as usize;
    if !(HEADER..=LONGEST).contains(&length) {
        return Some(Answer::Foreign);
    }
    let mut message = Bytes(bytes.take(length - 4)?);
    Some(body(&mut message).map_or(Answer::Foreign, |document| judge(&Hello::read(document))))
}

/// The document of an OP_MSG of one section.
fn body<'a>(message: &mut Bytes<'a>) -> Option<Bytes<'a>> {
    let (_id, to, code) = (message.array::<4>()?, message.array()?, message.array()?);
    let (_flags, section) = (message.array::<4>()?, message.byte()?);
    let is_ours = i32::from_le_bytes(to) == REQUEST_ID && i32::from_le_bytes(code) == OP_MSG;
    let length = u32::from_le_bytes(message.array()?) as usize;
    let fields = message.take(length.checked_sub(5)?)?;
    (is_ours && section == 0).then_some(Bytes(fields))
}

/// The fields of an answer that say whether it is ready.
#[derive(Debug, Default)]
struct Hello {
    ok: bool,
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
    /// It starts, recovers, was removed, or has not said.
    #[default]
    None,
}

impl Hello {
    /// Reads as far as it is understood.
    fn read(mut fields: Bytes<'_>) -> Self {
        let mut hello = Self::default();
        while let Some((name, value)) = field(&mut fields) {
            match (name.as_str(), value) {
                ("ok", Value::Number(number)) => hello.ok = number > 0.5,
                ("code", Value::Number(number)) => hello.code = number,
                ("errmsg", Value::Text(text)) => hello.message = text,
                ("isWritablePrimary" | "ismaster", Value::Bool(true)) => hello.role = Role::Primary,
                ("secondary", Value::Bool(true)) => hello.role = Role::Secondary,
                ("arbiterOnly", Value::Bool(true)) => hello.role = Role::Arbiter,
                ("setName" | "info", Value::Text(text)) => hello.set = text,
                _ => {}
            }
        }
        hello
    }
}

fn judge(hello: &Hello) -> Answer {
    let set = if hello.set.is_empty() { String::new() } else { format!(" of {}", hello.set) };
    match hello.role {
        Role::Primary => Answer::Ready(String::new()),
        Role::Secondary => Answer::Ready(format!("a secondary{set}")),
        _ if !hello.ok && hello.code.to_bits() == COMMAND_NOT_FOUND.to_bits() => {
            Answer::Ready("it is older than 4.4 and cannot say whether it is a primary".into())
        }
        _ if !hello.ok => Answer::NotReady(format!("{} ({})", hello.message, hello.code)),
        Role::Arbiter => Answer::NotReady(format!("it is an arbiter{set}, which has no data")),
        Role::None => Answer::NotReady(format!("it is neither a primary nor a secondary{set}")),
    }
}

enum Value {
    Number(f64),
    Bool(bool),
    Text(String),
    Other,
}

/// The next field of a BSON document; none at its end and where it is broken.
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
        // A document or an array counts its own length too.
        0x03 | 0x04 => skipped(sized(bytes, 4))?,
        // Binary data has a byte that says of which kind.
        0x05 => {
            let length = u32::from_le_bytes(bytes.array()?) as usize;
            skipped(bytes.take(length.checked_add(1)?))?
        }
        0x07 => skipped(bytes.take(12))?,
        0x09 | 0x11 | 0x12 => skipped(bytes.take(8))?,
        0x06 | 0x0a => Value::Other,
        _ => return None,
    };
    Some((name, value))
}

fn skipped(bytes: Option<&[u8]>) -> Option<Value> {
    bytes.map(|_| Value::Other)
}

/// What follows a length, of which `counted` bytes are the length itself.
/// The NUL at a text's end is trimmed.
fn sized<'a>(bytes: &mut Bytes<'a>, counted: usize) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(bytes.array()?) as usize;
    let taken = bytes.take(length.checked_sub(counted)?)?;
    Some(taken.strip_suffix(&[0]).unwrap_or(taken))
}
