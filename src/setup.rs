//! What hinit does for the app before the drop, while it may still be root: it
//! changes the owner of volumes, and reads files that only root may read.

pub(crate) mod chown;
pub(crate) mod env_file;
mod input_file;
