//! For laptops and CI, in no container: built on the other floors, never the
//! other way round (cargo feature `lab`).

pub(crate) mod command;
pub(crate) mod explain;
pub(crate) mod man;
