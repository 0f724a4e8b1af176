//! The probes that hinit makes by itself: one file a protocol, each a plain
//! function from a target to a verdict, inside one deadline.
//!
//! Under PID 1 they run in a short-lived child, so that nothing a server
//! sends is ever parsed by PID 1.

mod connect;
mod deadline;
mod failure;
mod file;
mod grpc;
pub(crate) mod http;
mod pid;
mod service;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod wire;

pub(crate) use connect::look_up;
pub(crate) use deadline::Deadline;
pub(crate) use failure::{Failure, Kind};
pub(crate) use wire::End;
#[cfg(fuzzing)]
pub use {grpc::heard as heard_by_grpc, service::heard as heard_by_service};

use crate::plan::probe::Builtin;
use crate::text::one_line;
use std::time::{Duration, SystemTime};

/// In bytes; what a server said is quoted in a reason, and may be long.
const REASON_LENGTH: usize = 1000;

/// How long a look may take that nobody gives a limit: a little less than the 30s
/// that Docker gives a check, so that it is hinit that says why.
pub const OWN_LIMIT: Duration = Duration::from_secs(25);

/// What one look at the app came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it passed.
    pub healthy: bool,
    /// Why, in one printable line of at most about 1000 bytes.
    pub reason: String,
}

/// Looks once. The verdict is there when `limit` has passed, however slow the
/// other side is; only looking up a name is beyond hinit's control, and may
/// take longer.
///
/// `note` is told what the probe waits for, whenever that changes, in parts of one
/// sentence: whoever kills it then knows more than that it took too long.
pub fn run(target: &Builtin, limit: Duration, note: Note<'_>) -> Verdict {
    let mut look = Look { deadline: Deadline::after(limit), note };
    let result = match target {
        Builtin::Http(http) => http::probe(http, &mut look),
        Builtin::Stream(stream) => stream::probe(stream, &mut look),
        Builtin::Service(service) => service::probe(service, &mut look),
        Builtin::Grpc(grpc) => grpc::probe(grpc, &mut look),
        Builtin::File(file) => {
            look.note(&[&file.path.to_string_lossy(), " has not been looked at yet"]);
            file::probe(file, SystemTime::now())
        }
        Builtin::PidFile(path) => {
            look.note(&[&path.to_string_lossy(), " has not been read yet"]);
            pid::probe(path)
        }
    };
    let healthy = result.is_ok();
    let (Ok(reason) | Err(reason)) = result;
    Verdict { healthy, reason: one_line(&reason, REASON_LENGTH) }
}

/// Who is told what a probe waits for.
pub type Note<'a> = &'a mut dyn FnMut(&[&str]);

/// The reason of a verdict: why it is healthy, or why not.
type Outcome = Result<String, String>;

/// When one look has to be over, and who is told what it waits for.
pub(crate) struct Look<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) note: Note<'a>,
}

impl Look<'_> {
    fn note(&mut self, parts: &[&str]) {
        (self.note)(parts);
    }
}
