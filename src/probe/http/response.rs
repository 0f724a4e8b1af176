//! An HTTP/1 answer as it arrives: pure, bounded, and the same however the
//! bytes are cut into pieces.

use super::body::Body;
use super::fault::Fault;
use super::header_buffer::HeaderBuffer;
use super::headers::{Head, starts_like_http};
use std::fmt::Write as _;

/// In bytes: how much is quoted of what is not HTTP.
const QUOTED: usize = 40;

/// How much of an answer is read, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How much of the headers is kept, whatever they are.
    pub(crate) kept_headers: usize,
    /// For the headers, those of interim answers (1xx) included.
    pub(crate) headers: usize,
    /// For the body; none for no limit.
    pub(crate) body: Option<usize>,
}

/// An answer whose headers are complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// 200 to 999, or 101. HTTP defines none above 599, but some servers send them.
    pub(crate) status: u16,
    /// The text after the status; often empty.
    pub(crate) phrase: String,
    /// Status line and headers as they came, those of interim answers first.
    pub(crate) heads: Vec<u8>,
    /// Where in `heads` the answer's own begin.
    pub(crate) head_start: usize,
    pub(super) body: Body,
}

/// What has come of an answer.
#[derive(Debug)]
pub(crate) struct Response {
    to_head: bool,
    limits: Limits,
    head: HeaderBuffer,
    /// The length of all headers so far.
    head_length: usize,
    interim: Vec<u8>,
    answer: Option<Answer>,
    /// What is wrong with the headers, or with the body after them.
    fault: Option<Fault>,
}

impl Answer {
    /// The first header of this name, if it is text.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|value| str::from_utf8(value).ok())
    }

    /// The `Location` in ASCII. It may contain what a URL may not; curl does the same.
    pub(crate) fn location(&self) -> Option<String> {
        let mut location = String::new();
        for byte in self.first("location")? {
            match byte {
                b' ' | 0x80.. => _ = write!(location, "%{byte:02X}"),
                _ => location.push((*byte).into()),
            }
        }
        Some(location)
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        let head = Head::parse(&self.heads[self.head_start..])?;
        head.all(name).next()
    }

    /// `503 Service Unavailable`
    pub(crate) fn status_text(&self) -> String {
        format!("{} {}", self.status, self.phrase).trim_end().to_owned()
    }
}

impl Response {
    /// The answer to a request of this method.
    pub(crate) fn to(method: &str, limits: Limits) -> Self {
        Self {
            to_head: method == "HEAD",
            limits,
            head: HeaderBuffer::default(),
            head_length: 0,
            interim: Vec::new(),
            answer: None,
            fault: None,
        }
    }

    /// Whether nothing more of it can come.
    pub(crate) fn is_complete(&self) -> bool {
        self.fault.is_some() || self.answer.as_ref().is_some_and(|answer| answer.body.is_complete())
    }

    /// Whether nothing more of it will be kept.
    pub(crate) fn is_enough(&self) -> bool {
        self.is_complete() || self.answer.as_ref().is_some_and(|answer| answer.body.is_cut())
    }

    /// Whether any byte has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.head_length > 0
    }

    /// The server closed the connection, which ends some bodies.
    pub(crate) fn close(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.body.close();
        }
    }

    /// The answer so far, once its headers have come.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// How much of the body is still to come, if the headers say it.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.answer.as_ref().and_then(|answer| answer.body.missing())
    }

    /// What came of the body since the last call.
    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        self.answer.as_mut().map(|answer| answer.body.take()).unwrap_or_default()
    }

    /// The answer, if its headers have come, and what is wrong with it.
    pub(crate) fn into_parts(self) -> (Option<Answer>, Option<Fault>) {
        (self.answer, self.fault)
    }

    /// Takes in the next bytes.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_complete() {
            let count = match &mut self.answer {
                None => self.feed_head(bytes),
                Some(answer) => answer.body.feed(bytes),
            };
            match count {
                Ok(count) => bytes = &bytes[count..],
                Err(fault) => return self.fail(fault),
            }
        }
    }

    /// A body is of no interest beyond its limit.
    fn fail(&mut self, fault: Fault) {
        match &mut self.answer {
            Some(answer) if answer.body.is_cut() => answer.body.finish(),
            _ => self.fault = Some(fault),
        }
    }

    fn feed_head(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        for (index, byte) in bytes.iter().enumerate() {
            self.head_length += 1;
            let ends = self.head.push(*byte, self.limits.kept_headers);
            if *byte == 0 || !starts_like_http(self.head.bytes()) {
                return Err(self.not_http(&bytes[index + 1..]));
            }
            if ends {
                self.finish_head()?;
                return Ok(index + 1);
            }
            let is_full = self.head.bytes().len() > 2 * self.limits.kept_headers;
            if is_full || self.head_length >= self.limits.headers {
                return Err(Fault::LongHeaders);
            }
        }
        Ok(bytes.len())
    }

    fn finish_head(&mut self) -> Result<(), Fault> {
        let head = Head::parse(self.head.bytes()).ok_or_else(|| self.not_http(&[]))?;
        // 103 Early Hints and the like: the answer is still to come.
        if (100..200).contains(&head.status) && head.status != 101 {
            let interim = self.head.take();
            if self.interim.len() + interim.len() <= self.limits.kept_headers {
                self.interim.extend(interim);
            }
            return Ok(());
        }
        let length = head.body_length(self.to_head).ok_or(Fault::BadLength)?;
        let (status, phrase, head_start) = (head.status, head.phrase.to_owned(), self.interim.len());
        let mut heads = std::mem::take(&mut self.interim);
        heads.extend(self.head.take());
        let body = Body::new(length, self.limits.body);
        self.answer = Some(Answer { status, phrase, heads, head_start, body });
        Ok(())
    }

    /// `rest` is what has come after the headers so far.
    fn not_http(&self, rest: &[u8]) -> Fault {
        let start = self.head.bytes().iter().chain(rest);
        Fault::NotHttp(start.take(QUOTED).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { kept_headers: 200, headers: 20 * 1024, body: Some(10 * 1024) };

    impl Answer {
        /// One with this `Location`.
        pub(in crate::probe::http) fn to_redirect(status: u16, location: &[u8]) -> Self {
            let line = format!("HTTP/1.1 {status} Moved\r\nContent-Length: 0\r\nLocation: ");
            read(&[line.as_bytes(), location, b"\r\n\r\n"].concat()).1.unwrap().unwrap()
        }
    }

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
        let is_complete = response.is_complete();
        let (answer, fault) = response.into_parts();
        (is_complete, fault.map_or(Ok(answer), Err))
    }

    fn body_of(bytes: &[u8]) -> Vec<u8> {
        let (complete, answer) = read(bytes);
        assert!(complete, "{}", String::from_utf8_lossy(bytes));
        answer.unwrap().unwrap().body.bytes().to_vec()
    }

    #[test]
    fn reads_every_way_a_body_can_end() {
        let table: [&[u8]; 8] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOKmore",
            b"HTTP/1.0 200\n\nOK",
            b"HTTP/1.1 200 OK\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n1;x=y\r\nO\r\n1\r\nK\r\n0\r\nA: b\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2 ,2\r\n\r\nOK",
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
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: unchunked\r\nContent-Length: 1\r\n\r\nOK",
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
    fn an_answer_that_is_cut_off_is_not_complete() {
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
    fn explains_what_is_not_http() {
        let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'a'; 21_000]].concat();
        let location = [b"HTTP/1.1 200 OK\r\nLocation: ".as_slice(), &[b'a'; 1000], b"\r\n\r\n"].concat();
        let hints = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
        let table: [(&[u8], &str); 17] = [
            (b"SSH-2.0-OpenSSH\r\n", "did not answer in HTTP/1: 'SSH-2.0-OpenSSH"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "answered in TLS"),
            (b"HTTP/2 200\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 99 x\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 2000 x\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1 200 a\0b\r\n\r\n", "did not answer in HTTP/1"),
            (b"HTTP/1.1\r\n\r\n", "did not answer in HTTP/1"),
            (b"\0", "did not answer in HTTP/1"),
            (&long, "more headers than hinit reads"),
            (&hints, "more headers than hinit reads"),
            (&location, "more headers than hinit reads"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\xff\r\n\r\nhello", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", "Content-Length"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunks"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "chunks"),
        ];
        for (bytes, why) in table {
            let fault = read(bytes).1.expect_err(&String::from_utf8_lossy(bytes)).to_string();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn keeps_ten_kib_of_an_endless_body() {
        let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        bytes.resize(20_000, b'a');
        let mut response = Response::to("GET", LIMITS);
        response.feed(&bytes);
        assert!(response.is_enough() && !response.is_complete());
        let answer = response.into_parts().0.unwrap();
        assert_eq!((answer.body.bytes().len(), answer.body.is_cut()), (10 * 1024, true));
    }

    #[test]
    fn a_body_is_of_no_interest_beyond_its_limit() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n";
        let bytes = [head, &vec![b'a'; 0x5000][..], b"\r\nno chunk"].concat();
        assert!(read(&bytes).1.unwrap().unwrap().body.is_cut());
    }

    #[test]
    fn of_long_headers_those_that_matter_are_kept_wherever_they_are() {
        let tags = format!("X-Cache-Tags: {}\r\n", "tag ".repeat(500));
        let ends = [
            "Content-Length: 2\r\n\r\nOK more",
            "transfer-encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            "\r\nOK",
        ];
        for end in ends {
            for tags in [tags.clone(), tags.repeat(3), "X: y\r\n".repeat(100), tags.replace("\r\n", "\n")] {
                let text = format!("HTTP/1.1 200 OK\r\n{tags}Location: /x\r\nCookie: {tags}{end}");
                assert_eq!(body_of(text.as_bytes()), b"OK", "{text}");
                let answer = read(text.as_bytes()).1.unwrap().unwrap();
                assert_eq!((answer.location().as_deref(), answer.field("x-cache-tags")), (Some("/x"), None));
                assert!(answer.heads.len() <= 2 * LIMITS.kept_headers, "{}", answer.heads.len());
            }
        }
    }

    #[test]
    fn a_long_status_line_is_cut() {
        let text = format!("HTTP/1.1 503 {}\r\nContent-Length: 2\r\n\r\nNO", "p".repeat(3000));
        let answer = read(text.as_bytes()).1.unwrap().unwrap();
        assert_eq!((answer.status, answer.body.bytes()), (503, &b"NO"[..]));
        assert!(answer.phrase.len() < LIMITS.kept_headers);
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
        fn pieces_make_no_difference(bytes in any_answer(), piece in 1..40usize) {
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
