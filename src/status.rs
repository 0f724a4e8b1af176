//! The status document: the state of the app for other processes (docs/design.md,
//! section 10).
//!
//! [`document`] is its content and [`mod@file`] the file that holds it. [`writer`]
//! keeps it up to date; [`reader`] finds it, and [`examine`] decides whether to trust
//! it.

pub(crate) mod document;
pub(crate) mod examine;
pub(crate) mod file;
pub(crate) mod locations;
mod namespace;
pub(crate) mod reader;
pub(crate) mod wall_clock;
pub(crate) mod writer;
