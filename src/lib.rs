//! hinit: health and init in one small static binary.
//!
//! The map of the house, from what a user types down to the kernel:
//!
//! - [`cli`]: hinit's own command line; each verb yields a [`plan`].
//! - [`compat`]: the command lines of other programs, under their names; the same
//!   plans.
//! - [`plan`]: what to run, as whom, how to stop, what healthy means: plain data.
//! - [`supervisor`]: PID 1. `machine` is pure (event, now) to actions; `runtime`
//!   is the one poll loop that feeds and obeys it.
//! - [`before`]: what happens before the drop and between fork and exec: owners,
//!   limits, inherited descriptors.
//! - [`health`]: `schedule` is Docker's state machine, pure; the probe
//!   processes; the status document.
//! - [`probe`]: one file a protocol; a target in, a verdict and a reason out.
//! - [`identity`]: the user spec, the passwd and group files, the drop.
//! - `lab`: what a developer uses at the desk, such as `explain`; a cargo feature.
//! - [`sys`]: the only unsafe code.
//!
//! What always holds, by the number that its keeper names:
//!
//! - H1: no signal is lost, from the first instruction on ([`sys::start`]).
//! - H2: PID 1 parses no byte that comes from the network ([`health::process`]).
//! - H3: a turn of the loop waits for nobody, but 5 s at most for the app to be
//!   executed ([`supervisor::runtime`]).
//! - H4: rounds of checks never overlap ([`health::schedule`]).
//! - H5: nothing is started before the drop is verified ([`identity`]).
//! - Those of the app's life, 1 to 5, are in [`supervisor::machine`].
//!
//! Words all floors share: [`error`], [`options`], [`signal`], [`text`], [`time`].

pub mod cli;
pub mod compat;
pub mod error;
pub mod exit_code;
pub mod health;
pub mod identity;
#[cfg(feature = "lab")]
pub mod lab;
pub mod limits;
pub mod logging;
pub mod options;
pub mod personality;
pub mod phase;
pub mod plan;
pub mod probe;
pub mod setup;
pub mod signal;
pub mod spawn;
pub mod status;
pub mod supervisor;
pub mod sys;
pub mod text;
pub mod time;

#[cfg(test)]
#[path = "../tests/common/skipped.rs"]
mod skipped;
