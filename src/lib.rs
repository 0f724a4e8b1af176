//! hinit: health checks and init for containers, in one small static binary.
//!
//! docs/design.md says how it works and why. The modules lie on floors; a module
//! uses its own floor and the floors below it. From top to bottom:
//!
//! - [`cli`]: hinit's own command line; each verb builds a [`plan`].
//! - [`compat`]: the command lines of other programs, under their names. `lab`: the
//!   tools of a developer, such as `explain` (a cargo feature).
//! - [`supervisor`]: PID 1. `machine` is pure: an event and a time in, actions out.
//!   `runtime` is the one poll loop that feeds it and carries out its actions.
//! - [`status`]: the status document: written, found, read, trusted.
//! - [`health`]: `schedule` is Docker's state machine, pure; `monitor` runs the
//!   probe processes by it.
//! - [`setup`]: what is done before the app starts. [`probe`]: one file for each
//!   protocol; a target in, a verdict and a reason out. [`spawn`]: how a program is
//!   started.
//! - [`plan`]: what to run, as whom, how to stop it, what healthy means: plain data.
//! - [`options`]: option tables and their parser. [`limits`]: rlimit, umask and OOM
//!   score. [`identity`]: the user and the drop. [`logging`]: the logger.
//! - [`sys`]: system calls; the only unsafe code.
//! - [`error`], [`text`], [`time`], [`signal`], [`exit_code`], [`personality`],
//!   [`phase`]: shared by all floors.
//!
//! Invariants; the code that keeps one names its number:
//!
//! - H1: No signal is lost, from the first instruction on ([`sys::start`]).
//! - H2: PID 1 parses no byte from the network ([`health::probe_round`]).
//! - H3: A turn of the loop waits for nobody, except up to 5 s for the app's exec
//!   ([`supervisor::runtime`]).
//! - H4: Rounds of checks never overlap ([`health::schedule`]).
//! - H5: Nothing is started before the drop is verified ([`identity`]).
//! - 1 to 5, of the app's life: [`supervisor::machine`].

// Elsewhere this is empty, and main.rs says why.
#![cfg(target_os = "linux")]
// The library exists for the program; it is read with --document-private-items.
#![allow(rustdoc::private_intra_doc_links)]
#![warn(unreachable_pub)]

pub mod cli;
mod compat;
mod error;
mod exit_code;
mod health;
mod identity;
#[cfg(feature = "lab")]
mod lab;
mod limits;
mod logging;
mod options;
mod personality;
mod phase;
mod plan;
mod probe;
mod setup;
mod signal;
mod spawn;
mod status;
mod supervisor;
#[doc(hidden)]
pub mod sys;
#[doc(hidden)]
pub mod testing;
mod text;
mod time;

#[cfg(test)]
#[path = "../tests/common/skipped.rs"]
#[allow(unreachable_pub, reason = "the tests of the binary use it too")]
mod skipped;
