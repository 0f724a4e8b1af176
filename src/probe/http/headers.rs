//! The status line and the headers of an answer.

/// Status line and headers.
pub(super) struct Head<'a> {
    pub(super) status: u16,
    pub(super) phrase: &'a str,
    /// By name and value, in whatever encoding.
    fields: Vec<(&'a [u8], &'a [u8])>,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    /// After so many bytes.
    Sized(u64),
    /// With the last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// Whether these bytes can be the beginning of an answer. Anything else is
/// rejected at once, instead of waiting for a line end that may never come.
pub(super) fn starts_like_http(head: &[u8]) -> bool {
    const START: &[u8] = b"HTTP/1.";
    let length = head.len().min(START.len());
    head[..length] == START[..length]
}

impl<'a> Head<'a> {
    pub(super) fn parse(head: &'a [u8]) -> Option<Self> {
        let (line, mut rest) = split_line(head);
        let (status, phrase) = status_line(utf8_part(line)?)?;
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            fields.extend(field(line));
            rest = after;
        }
        Some(Self { status, phrase, fields })
    }

    /// The values of all headers of this name.
    pub(super) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a [u8]> + 'b {
        let named = self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| *value)
    }

    /// How the body ends (RFC 9112, 6.3); none if the headers contradict each other.
    pub(super) fn body_length(&self, to_head: bool) -> Option<BodyLength> {
        if to_head || matches!(self.status, 101 | 204 | 304) {
            return Some(BodyLength::Sized(0));
        }
        let codings = || {
            let lists = self.all("transfer-encoding").map(|list| list.rsplit(|byte| *byte == b','));
            lists.filter_map(|mut list| list.next()).map(<[u8]>::trim_ascii)
        };
        if codings().any(|last| last.eq_ignore_ascii_case(b"chunked")) {
            return Some(BodyLength::Chunked);
        }
        // A length is not that of a body in another coding.
        if codings().any(|last| !last.eq_ignore_ascii_case(b"identity")) {
            return Some(BodyLength::UntilClose);
        }
        // The same length twice may be two headers or a list (RFC 9110, 8.6).
        let values = self.all("content-length");
        let mut lengths = values.flat_map(|value| value.split(|byte| *byte == b',')).map(parse_length);
        let Some(length) = lengths.next() else { return Some(BodyLength::UntilClose) };
        length.filter(|length| lengths.all(|other| other == Some(*length))).map(BodyLength::Sized)
    }
}

/// A header by its name and value.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    // A folded line belongs to the header before it, whatever it looks like (RFC 9112, 5.2).
    let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
    let colon = line.iter().position(|byte| *byte == b':').filter(|_| !is_folded)?;
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

fn parse_length(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    str::from_utf8(text).ok()?.parse().ok().filter(|_| text.iter().all(u8::is_ascii_digit))
}

/// The first line without its end, and the rest.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    (line, bytes.get(end + 1..).unwrap_or_default())
}

/// The beginning that is UTF-8: a phrase may be in any encoding.
fn utf8_part(line: &[u8]) -> Option<&str> {
    match str::from_utf8(line) {
        Ok(text) => Some(text),
        Err(error) => str::from_utf8(&line[..error.valid_up_to()]).ok(),
    }
}

/// `HTTP/1.1 503 Service Unavailable`; the phrase may be missing.
fn status_line(line: &str) -> Option<(u16, &str)> {
    let mut parts = line.splitn(3, ' ');
    let version = parts.next()?.strip_prefix("HTTP/1.")?;
    let status = parts.next()?;
    let is_version = version.len() == 1 && version.bytes().all(|b| b.is_ascii_digit());
    let digits = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
    let status = status.parse().ok().filter(|status| is_version && digits && (100..=999).contains(status))?;
    Some((status, parts.next().unwrap_or_default().trim()))
}
