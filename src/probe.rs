//! The probes that hinit makes itself: one file a protocol, each a plain
//! function from a target to a verdict, within one deadline.
//!
//! Under PID 1 they run in a short-lived child, so that PID 1 never parses
//! anything that a server sends.

mod connect;
mod connection;
mod context;
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
mod transport;
mod verdict;

pub(crate) use connect::look_up;
pub(crate) use connection::End;
pub(crate) use context::ProbeContext;
pub(crate) use context::Progress;
pub(crate) use deadline::Deadline;
pub(crate) use failure::{Failure, Kind};
pub use verdict::Verdict;
#[cfg(fuzzing)]
pub use {grpc::read_grpc, http::read_http, service::read_service};

use crate::plan::probe::Builtin;
use std::time::{Duration, SystemTime};

/// The default time limit of a single probe: a little less than the 30s that
/// Docker gives a check, so that hinit can still say why it failed.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(25);

/// Probes once. It ends when `timeout` has passed, however slow the server is.
/// Only resolving a name is done by the C library, and may take longer.
///
/// `progress` gets what the probe is waiting for: whoever kills it then knows
/// more than that it took too long.
pub fn run(target: &Builtin, timeout: Duration, progress: Progress<'_>) -> Verdict {
    let mut context = ProbeContext { deadline: Deadline::after(timeout), progress };
    let outcome = match target {
        Builtin::Http(http) => http::probe(http, &mut context),
        Builtin::Stream(stream) => stream::probe(stream, &mut context),
        Builtin::Service(service) => service::probe(service, &mut context),
        Builtin::Grpc(grpc) => grpc::probe(grpc, &mut context),
        Builtin::File(file) => {
            context.report(&[&file.path.to_string_lossy(), " has not been checked yet"]);
            file::probe(file, SystemTime::now())
        }
        Builtin::PidFile(path) => {
            context.report(&[&path.to_string_lossy(), " has not been read yet"]);
            pid::probe(path)
        }
    };
    outcome.into()
}
