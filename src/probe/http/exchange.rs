//! A request, and its answer as it arrives.

use super::fault::Fault;
use super::response::{Answer, Limits, Response};
use crate::plan::probe::Request;
use crate::probe::connection::{Connection, End};
use crate::probe::context::ProbeContext;
use crate::probe::deadline::Deadline;
use crate::probe::failure::Failure;
use std::net::SocketAddr;
use std::time::Duration;

/// How long, and how many bytes, the rest of an answer is read for that nobody
/// needs. A server whose client closes earlier may log a broken pipe.
const DRAIN_TIME: Duration = Duration::from_millis(500);
const DRAIN_SIZE: usize = 1024 * 1024;

/// One request and its answer.
pub(crate) struct Exchange {
    connection: Connection,
    response: Response,
    received: Vec<u8>,
    end: Option<End>,
}

/// Why a body is not complete.
pub(super) enum BodyError {
    End(End),
    Fault(Fault),
}

impl Exchange {
    /// Connects and sends the request.
    pub(crate) fn start(
        request: &Request,
        limits: Limits,
        context: &mut ProbeContext<'_>,
    ) -> Result<Self, Failure> {
        let mut connection = Connection::open(&request.endpoint, context)?;
        connection.set_peer(request.url_at(connection.remote()));
        if request.secure {
            connection = connection.secure(&request.tls, &request.host, &[b"http/1.1"], context)?;
        }
        connection.send(&request.to_bytes(), context);
        let response = Response::to(&request.method, limits);
        Ok(Self { connection, response, received: Vec::new(), end: None })
    }

    /// Sets the deadline from here on.
    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.connection.set_deadline(deadline);
    }

    /// Receives more of the answer; false if there is no more.
    pub(crate) fn receive(&mut self, context: &mut ProbeContext<'_>) -> bool {
        if self.response.is_enough() || self.end.is_some() {
            return false;
        }
        self.received.clear();
        match self.connection.receive(&mut self.received, context) {
            Ok(()) => self.feed(),
            Err(end) => self.finish(end),
        }
        true
    }

    fn feed(&mut self) {
        let had_headers = self.response.answer().is_some();
        self.response.feed(&self.received);
        let waits_for_body = !had_headers && !self.response.is_complete();
        if let (Some(answer), true) = (self.response.answer(), waits_for_body) {
            let progress = format!("answered {}, but its body has not ended", answer.status_text());
            self.connection.set_progress(progress);
        }
    }

    fn finish(&mut self, end: End) {
        if matches!(end, End::Closed) {
            self.response.close();
        }
        if !self.response.is_complete() {
            self.end = Some(end);
        }
    }

    /// Reads and drops the rest of the answer. What comes, and how it ends,
    /// makes no difference any more.
    pub(super) fn drain(&mut self, context: &mut ProbeContext<'_>) {
        self.connection.set_deadline(context.deadline.for_courtesy(DRAIN_TIME));
        let mut left = DRAIN_SIZE;
        while left > 0 && self.end.is_none() && !self.response.is_complete() {
            self.received.clear();
            if self.connection.receive(&mut self.received, context).is_err() {
                return;
            }
            left = left.saturating_sub(self.received.len());
            self.response.feed(&self.received);
        }
    }

    /// The URL, with the address that accepted the connection.
    pub(crate) fn url(&self) -> &str {
        self.connection.peer()
    }

    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.connection.remote()
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.response.has_begun()
    }

    /// What has come of the answer; none until its headers are complete.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.response.answer()
    }

    /// What came of the body since the last call, so that a body of any length
    /// needs little memory.
    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        self.response.take_body()
    }

    /// How much of the body is still to come, if the headers say it.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.response.missing()
    }

    /// The answer, and why there is no more of it; none if it is complete.
    pub(crate) fn into_parts(self) -> (Result<Option<Answer>, Fault>, Option<End>) {
        let (answer, fault) = self.response.into_parts();
        (fault.map_or(Ok(answer), Err), self.end)
    }

    /// The same, or the reason why there is no answer.
    pub(super) fn into_answer(self) -> Result<(Answer, Option<BodyError>), String> {
        let partial = self.response.has_begun().then_some("headers");
        match (self.response.into_parts(), self.end) {
            ((Some(answer), Some(fault)), _) => Ok((answer, Some(BodyError::Fault(fault)))),
            ((Some(answer), None), end) => Ok((answer, end.map(BodyError::End))),
            ((None, Some(fault)), _) => Err(format!("{} {fault}", self.connection.peer())),
            ((None, None), end) => Err(self.connection.no_answer(partial, &end.unwrap_or(End::Closed))),
        }
    }
}
