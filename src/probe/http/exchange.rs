//! A request, and its answer as it arrives.

use super::fault::Fault;
use super::response::{Answer, Limits, Response};
use crate::plan::probe::Request;
use crate::probe::connection::{Connection, End};
use crate::probe::context::ProbeContext;
use crate::probe::deadline::Deadline;
use crate::probe::failure::Failure;
use std::net::SocketAddr;

/// One request and its answer.
pub(crate) struct Exchange {
    connection: Connection,
    response: Response,
    received: Vec<u8>,
    end: Option<End>,
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
        if self.response.is_complete() || self.end.is_some() {
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
        (self.response.into_answer(), self.end)
    }

    /// The same, or the reason why there is no answer.
    pub(super) fn into_answer(self) -> Result<(Answer, Option<End>), String> {
        let partial = self.response.has_begun().then_some("headers");
        match self.response.into_answer() {
            Err(fault) => Err(format!("{} {fault}", self.connection.peer())),
            Ok(None) => Err(self.connection.no_answer(partial, &self.end.unwrap_or(End::Closed))),
            Ok(Some(answer)) => Ok((answer, self.end)),
        }
    }
}
