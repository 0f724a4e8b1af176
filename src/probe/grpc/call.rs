//! One call over HTTP/2 (RFC 9113): what to send, and how to read what comes, in
//! whatever pieces.

use super::hpack::{self, Name};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// SETTINGS: no dynamic table, no push, a header list of at most 8 KiB.
const SETTINGS: &[u8] = b"\0\x01\0\0\0\0\0\x02\0\0\0\0\0\x06\0\0\x20\0";
const STREAM: u32 = 1;
const FRAME_HEADER: usize = 9;
/// In bytes: the default of HTTP/2, which hinit does not raise.
const LONGEST_FRAME: usize = 16 * 1024;
/// In bytes, of a header block and of a message: a health status needs less.
const LONGEST_BLOCK: usize = 8 * 1024;
const LONGEST_MESSAGE: usize = 1024;
/// In bytes, of everything.
const ANSWER_LIMIT: usize = 256 * 1024;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS_FRAME: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
/// Of SETTINGS and PING.
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// What is sent first: the preface of the connection and the call.
pub(super) fn request(scheme: &str, authority: &str, path: &str, message: &[u8]) -> Vec<u8> {
    const METHOD_POST: u8 = 0x83;
    const SCHEME_HTTP: u8 = 0x86;
    const SCHEME_HTTPS: u8 = 0x87;
    const AUTHORITY: Name<'_> = Name::Static(1);
    const PATH: Name<'_> = Name::Static(4);
    const CONTENT_TYPE: Name<'_> = Name::Static(31);
    const USER_AGENT: Name<'_> = Name::Static(58);
    let mut block = vec![METHOD_POST, if scheme == "https" { SCHEME_HTTPS } else { SCHEME_HTTP }];
    hpack::encode(&mut block, PATH, path);
    hpack::encode(&mut block, AUTHORITY, authority);
    hpack::encode(&mut block, Name::Text("te"), "trailers");
    hpack::encode(&mut block, CONTENT_TYPE, "application/grpc");
    hpack::encode(&mut block, USER_AGENT, concat!("hinit/", env!("CARGO_PKG_VERSION")));
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let data = [&[0][..], &length.to_be_bytes(), message].concat();
    [
        PREFACE,
        &encode_frame(SETTINGS_FRAME, 0, 0, SETTINGS),
        &encode_frame(HEADERS, END_HEADERS, STREAM, &block),
        &encode_frame(DATA, END_STREAM, STREAM, &data),
    ]
    .concat()
}

fn encode_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    [&[high, middle, low, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// An answer, from its first byte to its trailers.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// What has come of an incomplete frame.
    unread: Vec<u8>,
    total: usize,
    has_settings: bool,
    /// An incomplete header block, and whether it ends the stream.
    block: Option<(Vec<u8>, bool)>,
    answer: Answer,
}

/// What the server answered.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// `:status`.
    pub(super) http_status: String,
    /// `grpc-status`.
    pub(super) grpc_status: Option<String>,
    /// `grpc-message`, percent-encoded.
    pub(super) grpc_message: String,
    /// All of the body: a prefix of five bytes and the message.
    pub(super) body: Vec<u8>,
}

/// What is wrong with an answer, in words that follow the server's name.
pub(super) type Fault = String;

/// Whether the answer has come to its end.
type Ended = bool;

impl Call {
    /// Takes in what came; `reply` is what has to be sent back.
    ///
    /// # Errors
    /// This is not HTTP/2, or not an answer to this call.
    pub(super) fn feed(&mut self, bytes: &[u8], reply: &mut Vec<u8>) -> Result<Option<Answer>, Fault> {
        self.unread.extend_from_slice(bytes);
        self.total += bytes.len();
        while let Some(frame) = self.next_frame()? {
            if self.take(&frame, reply)? {
                return Ok(Some(std::mem::take(&mut self.answer)));
            }
        }
        if self.total > ANSWER_LIMIT {
            return Err(format!("sent more than {} KiB without an end of its answer", ANSWER_LIMIT / 1024));
        }
        Ok(None)
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, Fault> {
        if !self.has_settings {
            self.expect_http2()?;
        }
        let Some((header, rest)) = self.unread.split_first_chunk::<FRAME_HEADER>() else { return Ok(None) };
        let [high, middle, low, kind, flags, stream @ ..] = *header;
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        if length > LONGEST_FRAME {
            return Err(format!("sent a frame of {length} bytes, which is too long"));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let payload = payload.to_vec();
        self.unread.drain(..FRAME_HEADER + length);
        Ok(Some(Frame { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload }))
    }

    /// The first frame must be SETTINGS; anything else is quoted.
    fn expect_http2(&self) -> Result<(), Fault> {
        const QUOTED: usize = 60;
        let is_settings = match self.unread.get(3) {
            Some(kind) => *kind == SETTINGS_FRAME && self.unread[0] == 0,
            None => self.unread.first().is_none_or(|byte| *byte == 0),
        };
        if is_settings {
            return Ok(());
        }
        if self.unread.starts_with(b"\x15\x03") {
            return Err("answered in TLS; write grpcs://".into());
        }
        let quoted = String::from_utf8_lossy(&self.unread[..self.unread.len().min(QUOTED)]);
        Err(format!("does not speak HTTP/2: '{}'", quoted.trim_end()))
    }

    fn take(&mut self, frame: &Frame, reply: &mut Vec<u8>) -> Result<Ended, Fault> {
        let Frame { kind, flags, stream, payload } = frame;
        let (kind, flags) = (*kind, *flags);
        let is_call = *stream == STREAM;
        if self.block.is_some() && !(kind == CONTINUATION && is_call) {
            return Err("sent another frame in the middle of its headers".into());
        }
        match kind {
            SETTINGS_FRAME => {
                self.has_settings = true;
                if flags & ACK == 0 {
                    reply.extend(encode_frame(SETTINGS_FRAME, ACK, 0, &[]));
                }
            }
            PING if flags & ACK == 0 => reply.extend(encode_frame(PING, ACK, 0, payload)),
            GOAWAY => return goaway(payload),
            PUSH_PROMISE => return Err("sent PUSH_PROMISE, which hinit disables".into()),
            RST_STREAM if is_call => return Err(format!("reset the call: {}", error_code(payload))),
            HEADERS if is_call => {
                let block = without_padding(flags, payload, PADDED | PRIORITY)?;
                return self.headers(block.to_vec(), flags & END_HEADERS != 0, flags & END_STREAM != 0);
            }
            CONTINUATION if is_call => {
                let Some((mut block, ends)) = self.block.take() else {
                    return Err("sent CONTINUATION without HEADERS".into());
                };
                block.extend_from_slice(payload);
                return self.headers(block, flags & END_HEADERS != 0, ends);
            }
            DATA if is_call => return self.data(flags, payload),
            // Flow control, priorities, other streams and later extensions.
            _ => {}
        }
        Ok(false)
    }

    fn headers(&mut self, block: Vec<u8>, is_whole: bool, ends: bool) -> Result<Ended, Fault> {
        if block.len() > LONGEST_BLOCK {
            return Err(format!("sent more than {} KiB of headers", LONGEST_BLOCK / 1024));
        }
        if !is_whole {
            self.block = Some((block, ends));
            return Ok(false);
        }
        let headers = hpack::decode(&block).ok_or("sent headers that cannot be decoded")?;
        for (name, value) in headers {
            let value = String::from_utf8_lossy(&value).into_owned();
            match name.as_slice() {
                b":status" => self.answer.http_status = value,
                b"grpc-status" => self.answer.grpc_status = Some(value),
                b"grpc-message" => self.answer.grpc_message = value,
                _ => {}
            }
        }
        Ok(ends)
    }

    fn data(&mut self, flags: u8, payload: &[u8]) -> Result<Ended, Fault> {
        self.answer.body.extend_from_slice(without_padding(flags, payload, PADDED)?);
        if self.answer.body.len() > LONGEST_MESSAGE {
            return Err(format!("sent more than {} KiB for a health status", LONGEST_MESSAGE / 1024));
        }
        Ok(flags & END_STREAM != 0)
    }
}

/// A payload without its padding and priority, of which it may have `possible`.
fn without_padding(flags: u8, payload: &[u8], possible: u8) -> Result<&[u8], Fault> {
    const PRIORITY_LENGTH: usize = 5;
    let flags = flags & possible;
    let broken = || "sent a frame shorter than its padding".to_owned();
    let (padding, mut rest) = match payload.split_first() {
        Some((length, rest)) if flags & PADDED != 0 => (usize::from(*length), rest),
        None if flags & PADDED != 0 => return Err(broken()),
        _ => (0, payload),
    };
    if flags & PRIORITY != 0 {
        rest = rest.get(PRIORITY_LENGTH..).ok_or_else(broken)?;
    }
    rest.len().checked_sub(padding).map(|length| &rest[..length]).ok_or_else(broken)
}

/// A server that stops gracefully still answers the calls up to the one it names.
fn goaway(payload: &[u8]) -> Result<Ended, Fault> {
    let Some((head, message)) = payload.split_first_chunk::<8>() else {
        return Err("sent an invalid GOAWAY".into());
    };
    let [last @ .., _, _, _, _] = *head;
    let is_graceful = head[4..] == [0; 4] && u32::from_be_bytes(last) & 0x7fff_ffff >= STREAM;
    if is_graceful {
        return Ok(false);
    }
    Err(format!("sent GOAWAY: {} {}", error_code(&head[4..]), String::from_utf8_lossy(message))
        .trim_end()
        .to_owned())
}

/// An error code by its name (RFC 9113, 7).
fn error_code(payload: &[u8]) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let number = payload.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    NAMES.get(number as usize).map_or_else(|| format!("code {number}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests;
