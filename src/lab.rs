//! What a developer uses at the desk and no container needs: built on the
//! other floors, never the other way round (cargo feature `lab`).

pub mod explain;
