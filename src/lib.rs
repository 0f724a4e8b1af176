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
//! Words all floors share: [`error`], [`options`], [`signal`], [`text`], [`time`].

pub mod before;
pub mod cli;
pub mod compat;
pub mod error;
pub mod health;
pub mod identity;
#[cfg(feature = "lab")]
pub mod lab;
pub mod logging;
pub mod options;
pub mod plan;
pub mod probe;
pub mod signal;
pub mod supervisor;
pub mod sys;
pub mod text;
pub mod time;
