//! GNU wget's exit codes, as its manual lists them.

pub(super) const SUCCESS: i32 = 0;
pub(super) const GENERIC_ERROR: i32 = 1;
pub(super) const PARSE_ERROR: i32 = 2;
pub(super) const FILE_IO_ERROR: i32 = 3;
pub(super) const NETWORK_FAILURE: i32 = 4;
pub(super) const SSL_FAILURE: i32 = 5;
pub(super) const AUTHENTICATION_FAILURE: i32 = 6;
pub(super) const PROTOCOL_ERROR: i32 = 7;
/// The server answered with an error.
pub(super) const SERVER_ERROR: i32 = 8;
