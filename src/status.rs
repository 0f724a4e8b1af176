//! The status document: the state of the app for other processes (docs/design.md,
//! section 10).
//!
//! [`document`] is its content and [`mod@file`] the file that holds it. [`writer`]
//! keeps it up to date; [`reader`] reads it and decides whether to trust it.

pub mod document;
pub mod file;
pub mod locations;
pub mod reader;
pub mod wall_clock;
pub mod writer;
