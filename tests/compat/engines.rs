//! Real engines.
