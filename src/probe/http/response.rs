//! An HTTP/1 answer, taken in as it arrives: pure, bounded, and the same
//! verdict however the bytes are cut into pieces.

use std::fmt;

/// So much of what is no HTTP is quoted.
const QUOTED: usize = 40;

/// How much of an answer is taken, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Headers, those of interim answers (1xx) included, end within this.
    pub(crate) head: usize,
    /// So much of a body is looked at; none for all of it.
    pub(crate) body: Option<usize>,
}

/// An answer whose headers are complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// 200 to 999, or 101. There is no class above 599, but there are servers that think so.
    pub(crate) status: u16,
    /// What stood behind the status; often empty.
    pub(crate) phrase: String,
    /// Status line and headers as they came, those of interim answers first.
    pub(crate) heads: Vec<u8>,
    /// Where in them the answer's own begin.
    pub(crate) head_start: usize,
    /// The body, up to the limit.
    pub(crate) body: Vec<u8>,
    /// There was more of it.
    pub(crate) is_cut: bool,
}

/// Why this is no answer in HTTP. Reads on from the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It begins with this.
    NotHttp(Vec<u8>),
    /// More than 8 KiB of them.
    LongHeaders,
    /// A header that says how long the body is makes no sense.
    BadLength,
    /// The chunks of the body are not well-formed.
    BadChunk,
}

/// What is known of an answer so far.
#[derive(Debug)]
pub(crate) struct Response {
    to_head: bool,
    limits: Limits,
    phase: Phase,
    head: Vec<u8>,
    interim: Vec<u8>,
    answer: Option<Answer>,
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Sized(u64),
    UntilClose,
    Chunk(Chunk),
    Done,
}

/// Where in a chunked body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the size; whether a digit has been seen.
    Size(u64, bool),
    /// Behind the size: an extension, up to the line's end.
    Extension(u64),
    Data(u64),
    /// The line end behind the data.
    DataEnd,
    /// The trailer; whether its current line is empty so far.
    Trailer(bool),
}

impl Answer {
    /// The first header of this name, if it is text.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let head = Head::parse(&self.heads[self.head_start..])?;
        head.all(name).next()
    }
}

impl Response {
    /// The answer to a request of this method.
    pub(crate) fn to(method: &str, limits: Limits) -> Self {
        Self {
            to_head: method == "HEAD",
            limits,
            phase: Phase::Head,
            head: Vec::new(),
            interim: Vec::new(),
            answer: None,
            fault: None,
        }
    }

    /// Whether nothing more is of interest.
    pub(crate) fn is_complete(&self) -> bool {
        self.phase == Phase::Done || self.fault.is_some()
    }

    /// Whether any byte has come.
    pub(crate) fn has_begun(&self) -> bool {
        !self.head.is_empty() || !self.interim.is_empty()
    }

    /// The server closed the connection, which ends some bodies.
    pub(crate) fn close(&mut self) {
        if self.phase == Phase::UntilClose {
            self.phase = Phase::Done;
        }
    }

    /// The answer so far, once its headers have come.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|_| self.fault.is_none())
    }

    /// How much of the body is still to come, if the headers say it.
    pub(crate) fn missing(&self) -> Option<u64> {
        match self.phase {
            Phase::Sized(left) => Some(left),
            _ => None,
        }
    }

    /// What came of the body since the last call.
    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        self.answer.as_mut().map(|answer| std::mem::take(&mut answer.body)).unwrap_or_default()
    }

    /// The answer, if its headers have come.
    pub(crate) fn into_answer(self) -> Result<Option<Answer>, Fault> {
        self.fault.map_or(Ok(self.answer), Err)
    }

    /// Takes in the next bytes.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_complete() {
            let taken = match self.phase {
                Phase::Head => self.feed_head(bytes),
                Phase::Sized(left) => self.feed_sized(left, bytes),
                Phase::UntilClose => self.keep(bytes),
                Phase::Chunk(chunk) => self.feed_chunk(chunk, bytes),
                Phase::Done => return,
            };
            bytes = &bytes[taken..];
        }
    }

    fn feed_head(&mut self, bytes: &[u8]) -> usize {
        let room = self.limits.head - self.interim.len();
        for (index, byte) in bytes.iter().enumerate() {
            self.head.push(*byte);
            if !begins_like_http(&self.head) {
                self.head.extend(&bytes[index + 1..]);
                return self.fail(self.not_http(), bytes);
            }
            if *byte == b'\n' && ends_head(&self.head) {
                self.finish_head();
                return index + 1;
            }
            if self.head.len() >= room {
                return self.fail(Fault::LongHeaders, bytes);
            }
        }
        bytes.len()
    }

    fn finish_head(&mut self) {
        let Some(head) = Head::parse(&self.head) else {
            self.fail(self.not_http(), &[]);
            return;
        };
        // 103 Early Hints and the like: the answer is still to come.
        if (100..200).contains(&head.status) && head.status != 101 {
            self.interim.append(&mut self.head);
            return;
        }
        match head.body(self.to_head) {
            Some(phase) => self.phase = phase,
            None => self.fault = Some(Fault::BadLength),
        }
        let phrase = head.phrase.to_owned();
        let (status, head_start) = (head.status, self.interim.len());
        let mut heads = std::mem::take(&mut self.interim);
        heads.extend_from_slice(&self.head);
        self.answer = Some(Answer { status, phrase, heads, head_start, body: Vec::new(), is_cut: false });
    }

    fn feed_sized(&mut self, left: u64, bytes: &[u8]) -> usize {
        let taken = self.keep(at_most(bytes, left));
        let left = left - taken as u64;
        if self.phase != Phase::Done {
            self.phase = if left == 0 { Phase::Done } else { Phase::Sized(left) };
        }
        taken
    }

    /// Keeps what is within the limit; beyond it the body is cut.
    fn keep(&mut self, bytes: &[u8]) -> usize {
        let Some(answer) = &mut self.answer else { return bytes.len() };
        let room = self.limits.body.map_or(usize::MAX, |limit| limit - answer.body.len());
        answer.body.extend(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            answer.is_cut = true;
            self.phase = Phase::Done;
        }
        bytes.len()
    }

    fn feed_chunk(&mut self, chunk: Chunk, bytes: &[u8]) -> usize {
        if let Chunk::Data(left) = chunk {
            let taken = self.keep(at_most(bytes, left));
            let left = left - taken as u64;
            if self.phase != Phase::Done {
                self.phase = Phase::Chunk(if left == 0 { Chunk::DataEnd } else { Chunk::Data(left) });
            }
            return taken;
        }
        match chunk.after(bytes[0]) {
            Some(phase) => self.phase = phase,
            None => return self.fail(Fault::BadChunk, bytes),
        }
        1
    }

    fn not_http(&self) -> Fault {
        Fault::NotHttp(self.head[..self.head.len().min(QUOTED)].to_vec())
    }

    fn fail(&mut self, fault: Fault, bytes: &[u8]) -> usize {
        self.fault = Some(fault);
        bytes.len()
    }
}

impl Chunk {
    /// Where the next byte is; none if this one is out of place.
    fn after(self, byte: u8) -> Option<Phase> {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        let next = match (self, byte) {
            (Self::Size(size, _), _) if digit.is_some() => {
                Self::Size(size.checked_mul(16)?.checked_add(digit?)?, true)
            }
            (Self::Size(size, true) | Self::Extension(size), b'\n') => match size {
                0 => Self::Trailer(true),
                _ => Self::Data(size),
            },
            (Self::Size(size, true), b'\r' | b';' | b' ' | b'\t') | (Self::Extension(size), _) => {
                Self::Extension(size)
            }
            (Self::DataEnd, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::Size(0, false),
            (Self::Trailer(true), b'\n') => return Some(Phase::Done),
            (Self::Trailer(empty), b'\r') => Self::Trailer(empty),
            (Self::Trailer(_), _) => Self::Trailer(byte == b'\n'),
            (Self::Size(..) | Self::DataEnd | Self::Data(_), _) => return None,
        };
        Some(Phase::Chunk(next))
    }
}

fn at_most(bytes: &[u8], length: u64) -> &[u8] {
    &bytes[..usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len())]
}

/// Says at once that this is not HTTP, instead of waiting for a line's end
/// that may never come.
fn begins_like_http(head: &[u8]) -> bool {
    const START: &[u8] = b"HTTP/1.";
    let length = head.len().min(START.len());
    head[..length] == START[..length] && !head.ends_with(&[0])
}

fn ends_head(head: &[u8]) -> bool {
    head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n")
}

/// Status line and headers.
struct Head<'a> {
    status: u16,
    phrase: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Head<'a> {
    fn parse(head: &'a [u8]) -> Option<Self> {
        let (line, rest) = split_line(head);
        let (status, phrase) = status_line(ascii_part(line)?)?;
        let mut fields = Vec::new();
        let mut rest = rest;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            // A folded line goes on with the header above it, whatever it looks like (RFC 9112, 5.2).
            let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
            // The few headers that matter are ASCII, and no server folds them.
            let text = str::from_utf8(line).ok().filter(|_| !is_folded);
            if let Some((name, value)) = text.and_then(|line| line.split_once(':')) {
                fields.push((name.trim(), value.trim()));
            }
            rest = after;
        }
        Some(Self { status, phrase, fields })
    }

    fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        let named = self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value)
    }

    /// How the body ends (RFC 9112, 6.3); none if that makes no sense.
    fn body(&self, to_head: bool) -> Option<Phase> {
        if to_head || matches!(self.status, 101 | 204 | 304) {
            return Some(Phase::Done);
        }
        let mut last_codings = self.all("transfer-encoding").filter_map(|value| value.rsplit(',').next());
        if last_codings.any(|coding| coding.trim().eq_ignore_ascii_case("chunked")) {
            return Some(Phase::Chunk(Chunk::Size(0, false)));
        }
        let mut lengths = self.all("content-length").map(parse_length);
        let Some(length) = lengths.next() else { return Some(Phase::UntilClose) };
        let length = length.filter(|length| lengths.all(|other| other == Some(*length)))?;
        Some(if length == 0 { Phase::Done } else { Phase::Sized(length) })
    }
}

fn parse_length(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// The first line without its end, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    (line, bytes.get(end + 1..).unwrap_or_default())
}

/// A phrase may be in any encoding; what is not UTF-8 of it is left out.
fn ascii_part(line: &[u8]) -> Option<&str> {
    match str::from_utf8(line) {
        Ok(text) => Some(text),
        Err(error) => str::from_utf8(&line[..error.valid_up_to()]).ok(),
    }
}

/// `HTTP/1.1 503 Service Unavailable`; the phrase may be missing.
fn status_line(line: &str) -> Option<(u16, &str)> {
    let mut words = line.splitn(3, ' ');
    let version = words.next()?.strip_prefix("HTTP/1.")?;
    let status = words.next()?;
    let is_right = version.len() == 1 && version.bytes().all(|b| b.is_ascii_digit());
    let digits = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
    let status = status.parse().ok().filter(|status| is_right && digits && (100..=999).contains(status))?;
    Some((status, words.next().unwrap_or_default().trim()))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A TLS alert or handshake record.
            Self::NotHttp(start) if matches!(start[..], [0x15 | 0x16, 3, ..]) => {
                f.write_str("answered in TLS, not in HTTP")
            }
            Self::NotHttp(start) => {
                write!(f, "did not answer in HTTP/1: '{}'", String::from_utf8_lossy(start))
            }
            Self::LongHeaders => f.write_str("sent more than 8 KiB of headers"),
            Self::BadLength => f.write_str("sent a Content-Length that makes no sense"),
            Self::BadChunk => f.write_str("sent a body whose chunks are broken"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { head: 8 * 1024, body: Some(10 * 1024) };

    /// Feeds all of it, then closes.
    fn read(bytes: &[u8]) -> (bool, Result<Option<Answer>, Fault>) {
        read_in(bytes, bytes.len().max(1), "GET")
    }

    fn read_in(bytes: &[u8], piece: usize, method: &str) -> (bool, Result<Option<Answer>, Fault>) {
        let mut response = Response::to(method, LIMITS);
        for piece in bytes.chunks(piece) {
            response.feed(piece);
        }
        response.close();
        (response.is_complete(), response.into_answer())
    }

    fn body_of(bytes: &[u8]) -> Vec<u8> {
        let (complete, answer) = read(bytes);
        assert!(complete, "{}", String::from_utf8_lossy(bytes));
        answer.unwrap().unwrap().body
    }

    #[test]
    fn reads_every_way_a_body_can_end() {
        let table: [&[u8]; 7] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOKmore",
            b"HTTP/1.0 200\n\nOK",
            b"HTTP/1.1 200 OK\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n1;x=y\r\nO\r\n1\r\nK\r\n0\r\nA: b\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nOK",
        ];
        for bytes in table {
            assert_eq!(body_of(bytes), b"OK", "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_folded_line_is_no_header_of_its_own() {
        let table: [&[u8]; 3] = [
            b"HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 5\r\nContent-Length: 2\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nX: a\r\n\tTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: unchunked\r\nContent-Length: 2\r\n\r\nOK",
        ];
        for bytes in table {
            assert_eq!(body_of(bytes), b"OK", "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_status_above_599_is_an_answer_too() {
        let answer = read(b"HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n").1.unwrap().unwrap();
        assert_eq!(answer.status_text(), "999 Request denied");
    }

    #[test]
    fn waits_for_no_body_where_there_is_none() {
        for status in ["204 No Content", "304 Not Modified", "101 Switching Protocols"] {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n");
            let mut response = Response::to("GET", LIMITS);
            response.feed(head.as_bytes());
            assert!(response.is_complete(), "{status}");
        }
        let (complete, _) = read_in(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1, "HEAD");
        assert!(complete);
    }

    #[test]
    fn sees_an_answer_that_is_cut_off() {
        let table: [&[u8]; 6] = [
            b"",
            b"HTTP/1.1 20",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n",
        ];
        for bytes in table {
            assert!(!read(bytes).0, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn says_why_it_is_no_http() {
        let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'a'; 9000]].concat();
        let hints = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
        let table: [(&[u8], &str); 14] = [
            (b"SSH-2.0-OpenSSH\r\n", "did not answer in HTTP/1: 'SSH-2.0-OpenSSH"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "answered in TLS"),
            (b"HTTP/2 200\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 99 x\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 2000 x\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 200 a\0b\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1\r\n\r\n", "did not answer in HTTP/1"),
            (b"\0", "did not answer in HTTP/1"),
            (&long, "more than 8 KiB"),
            (&hints, "more than 8 KiB"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunks"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "chunks"),
        ];
        for (bytes, why) in table {
            let fault = read(bytes).1.expect_err(&String::from_utf8_lossy(bytes)).to_string();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn looks_at_ten_kib_of_an_endless_body() {
        let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        bytes.resize(20_000, b'a');
        let mut response = Response::to("GET", LIMITS);
        response.feed(&bytes);
        assert!(response.is_complete());
        let answer = response.into_answer().unwrap().unwrap();
        assert_eq!((answer.body.len(), answer.is_cut), (10 * 1024, true));
    }

    #[test]
    fn a_phrase_in_another_encoding_does_no_harm() {
        let answer =
            read(b"HTTP/1.1 200 d\xe9j\xe0\r\nX: \xff\r\nContent-Length: 0\r\n\r\n").1.unwrap().unwrap();
        assert_eq!((answer.status, answer.phrase.as_str()), (200, "d"));
    }

    fn any_answer() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Just(b"HTTP/1.1 103 x\r\n\r\n".to_vec()),
            Just(b"Content-Length: 5\r\n".to_vec()),
            Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"3\r\nabc\r\n".to_vec()),
            Just(b"0\r\n\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..30),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn says_the_same_however_the_bytes_are_cut(bytes in any_answer(), piece in 1..40usize) {
            let (whole, cut) = (read(&bytes), read_in(&bytes, piece, "GET"));
            match (whole.1, cut.1) {
                // How much of a wrong beginning is quoted may differ.
                (Err(Fault::NotHttp(_)), Err(Fault::NotHttp(_))) => {}
                (whole_answer, cut_answer) => {
                    prop_assert_eq!(whole_answer, cut_answer);
                    prop_assert_eq!(whole.0, cut.0);
                }
            }
        }
    }
}
