//! `tcp://HOST:PORT`: healthy if the connection is accepted.

use super::Outcome;
use super::connect::connect;
use super::deadline::Deadline;
use crate::plan::probe::Address;

pub(super) fn probe(address: &Address, deadline: Deadline) -> Outcome {
    let (_, peer) = connect(address, deadline)?;
    Ok(format!("{peer} accepts connections"))
}
