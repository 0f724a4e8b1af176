//! curl's exit codes, by the names that libcurl-errors(3) gives them.

pub(super) const OK: i32 = 0;
pub(super) const UNSUPPORTED_PROTOCOL: i32 = 1;
/// Also a usage error of the command line.
pub(super) const FAILED_INIT: i32 = 2;
pub(super) const URL_MALFORMAT: i32 = 3;
pub(super) const COULDNT_RESOLVE_HOST: i32 = 6;
pub(super) const COULDNT_CONNECT: i32 = 7;
pub(super) const WEIRD_SERVER_REPLY: i32 = 8;
pub(super) const PARTIAL_FILE: i32 = 18;
/// With `--fail`: a status of 400 or above.
pub(super) const HTTP_RETURNED_ERROR: i32 = 22;
pub(super) const WRITE_ERROR: i32 = 23;
pub(super) const OPERATION_TIMEDOUT: i32 = 28;
pub(super) const SSL_CONNECT_ERROR: i32 = 35;
pub(super) const TOO_MANY_REDIRECTS: i32 = 47;
pub(super) const GOT_NOTHING: i32 = 52;
pub(super) const RECV_ERROR: i32 = 56;
pub(super) const SSL_CERTPROBLEM: i32 = 58;
pub(super) const PEER_FAILED_VERIFICATION: i32 = 60;
pub(super) const BAD_CONTENT_ENCODING: i32 = 61;
pub(super) const SSL_CACERT_BADFILE: i32 = 77;

/// An exit code and its message, without `curl: (CODE)`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CurlError {
    pub(super) code: i32,
    pub(super) message: String,
}

impl CurlError {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
