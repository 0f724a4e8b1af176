//! The status document: what other processes are told about the app.
//!
//! [`document`] is its content, [`mod@file`] the file that holds it, [`writer`]
//! keeps it up to date, and [`reader`] reads it and checks who wrote it.

pub mod document;
pub mod file;
pub mod locations;
pub mod reader;
pub mod wall_clock;
pub mod writer;
