//! Each class of disagreement, and why it stays.

use crate::clients::Client::{self, Curl, Ureq};
use std::fmt;

/// What hinit makes of an answer, and what an oracle does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disagreement {
    pub oracle: Client,
    pub own: String,
    pub theirs: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} | hinit: {} | oracle: {}", self.oracle, self.own, self.theirs)
    }
}

/// A class of them.
pub struct Decided {
    oracle: Client,
    own: &'static str,
    theirs: &'static str,
    pub why: &'static str,
}

impl Decided {
    pub fn covers(&self, disagreement: &Disagreement) -> bool {
        (self.oracle, self.own, self.theirs)
            == (disagreement.oracle, disagreement.own.as_str(), disagreement.theirs.as_str())
    }
}

/// hinit accepts what the oracle rejects.
const fn laxer(oracle: Client, theirs: &'static str, why: &'static str) -> Decided {
    Decided { oracle, own: "accepted", theirs, why }
}

/// hinit rejects, or reads in another way, what the oracle accepts.
const fn stricter(oracle: Client, own: &'static str, why: &'static str) -> Decided {
    Decided { oracle, own, theirs: "accepted", why }
}

/// Status, length and end of the body decide about health. What is wrong elsewhere
/// does not, and a wrong one of these is never guessed. With curl 7.88 and ureq 3.
pub const DECIDED: &[Decided] = &[
    // Headers that are none.
    laxer(Ureq, "protocol: http parse fail: invalid header name", OTHER_LINES),
    laxer(Ureq, "protocol: http parse fail: invalid header value", OTHER_LINES),
    laxer(Ureq, "protocol: http parse fail: invalid new line", OTHER_LINES),
    laxer(Ureq, "protocol: http parse fail: invalid response status", PHRASE),
    laxer(Curl, "(8) Header without colon", OTHER_LINES),
    laxer(Curl, "(43) A libcurl function was given a bad argument", CURL_HEADERS),
    stricter(Curl, "another body", CURL_CR),
    // The status line, and the end of the headers.
    stricter(
        Ureq,
        "did not answer in HTTP/1",
        "ureq skips empty lines before the status; no server sends them",
    ),
    stricter(
        Curl,
        "did not answer in HTTP/1",
        "curl takes HTTP/ in any case with any version, a status with something behind it, and NULs",
    ),
    stricter(
        Curl,
        "closed the connection in the middle of its headers",
        "curl takes headers that are cut for an answer; a server that died in them is not healthy",
    ),
    laxer(Ureq, "protocol: http parse fail: invalid HTTP version", VERSION),
    laxer(Curl, "(1) Unsupported HTTP version (.) in response", VERSION),
    laxer(Ureq, "protocol: received headers with -continue response", "an interim answer may have headers"),
    // The length of the body.
    laxer(Ureq, "protocol: content-length header not a number", LENGTH_UNUSED),
    laxer(Ureq, "protocol: conflicting content-length headers", LENGTH_UNUSED),
    laxer(Curl, "(8) Invalid Content-Length: value", LENGTH_UNUSED),
    stricter(Ureq, "sent an invalid Content-Length", LENGTH),
    stricter(Curl, "sent an invalid Content-Length", LENGTH),
    // Chunks.
    laxer(Ureq, "body data reading stalled", TRAILER),
    laxer(Ureq, "protocol: chunk expected crlf as next character", LINE_FEED),
    laxer(Ureq, "protocol: chunk length cannot be read as a number", LINE_FEED),
    laxer(Ureq, "io: Peer disconnected", LINE_FEED),
    laxer(Curl, "(43) Failed reading the chunked-encoded stream", TRAILER),
    laxer(Curl, "(56) Malformed encoding found in chunked-encoding", TRAILER),
    stricter(Ureq, "closed the connection in the middle of its body", TRAILER_CUT),
    stricter(Curl, "closed the connection in the middle of its body", CURL_CR),
    stricter(Ureq, "another body", CHUNKS_IN_1_0),
    stricter(Ureq, "sent a body with invalid chunks", CHUNKS_IN_1_0),
    stricter(Curl, "sent a body with invalid chunks", "curl takes anything behind the size of a chunk"),
    // Codings.
    laxer(Curl, "(18) transfer closed with outstanding read data remaining", LAST_CODING),
    laxer(Curl, "(56) Illegal or missing hexadecimal sequence in chunked-encoding", LAST_CODING),
    laxer(Curl, "(61) Error while processing content unencoding: incorrect header check", CODING),
    laxer(
        Curl,
        "(61) Unrecognized content encoding type. libcurl understands deflate, gzip, br, zstd content encodings.",
        CODING,
    ),
];

const OTHER_LINES: &str = "a line that is no header says nothing about the status or the body";
const PHRASE: &str = "the text after the status may be anything";
const CURL_HEADERS: &str = "curl's own list of headers cannot hold it; it says nothing about the body";
const CURL_CR: &str = "a line that begins with CR ends curl's headers or trailer; here an empty line does";
const VERSION: &str = "a later HTTP/1 is read as 1.1 (RFC 9110, 2.5)";
const LINE_FEED: &str = "a line may end in LF alone, as for curl";
const LENGTH: &str = "a length that is no number, or two that differ, are never guessed";
const LENGTH_UNUSED: &str =
    "this length is that of no body: of an interim answer, of a 304, or beside chunks";
const TRAILER: &str = "what comes with or after the last chunk is of no use to anybody here";
const TRAILER_CUT: &str = "the last chunk came, but its end did not; curl rejects it too";
const CHUNKS_IN_1_0: &str = "chunks in an answer of HTTP/1.0 are read as such, as curl does";
const LAST_CODING: &str =
    "a body is in chunks if that is the last coding, else it ends with the connection (RFC 9112, 6.3)";
const CODING: &str = "a coding that is not known only matters to checks of the body, which then fail";
